"""Clients and engines of one process that take turns with the router between them.

Nothing is under way but what was asked for: a request leaves when the answer before it has come
whole, an event when the client has read the one before it. So the router does the same things in
the same order in every run, however busy the machine is. Answers are fixed. Standard library only.
"""
import itertools
import json
import re
import socket
import threading

import hold_frames as http2

PATIENCE = 120  # Seconds; valgrind takes its time to start a program.
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
WORDS = "The sea was calm that day, and nobody on board had any thought of storms. "


def padded(value, fill, size):
    """JSON of `value` with so many bytes, by writing words into the place that `fill` gives."""
    missing = size - len(json.dumps(value))
    fill((WORDS * (missing // len(WORDS) + 1))[:max(0, missing)])
    return json.dumps(value).encode()


def chat(size, **more):
    """A chat request's body of `size` bytes."""
    message = {"role": "user", "content": ""}
    value = {"model": "tiny", "messages": [message], "max_tokens": 64, **more}
    return padded(value, lambda text: message.update(content=text), size)


def choice(size, **more):
    """An answer's body of `size` bytes."""
    message = {"role": "assistant", "content": ""}
    value = {
        "id": "chatcmpl-0123456789abcdef", "object": "chat.completion", "created": 1700000000,
        "model": "tiny", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "total_tokens": 164, "completion_tokens": 64}, **more}
    return padded(value, lambda text: message.update(content=text), size)


def answer(body, status="200 OK"):
    """A whole answer with the fields that uvicorn sends."""
    return (b"HTTP/1.1 %s\r\ndate: Sat, 01 Jan 2022 00:00:00 GMT\r\nserver: uvicorn\r\n"
            b"content-length: %d\r\ncontent-type: application/json\r\n\r\n"
            % (status.encode(), len(body)) + body)


def chunk(text):
    return b"%x\r\n%s\r\n" % (len(text), text)


HEALTHY = answer(b"")
MODELS = answer(json.dumps({"object": "list", "data": [
    {"id": "tiny", "object": "model", "owned_by": "vllm", "max_model_len": 131072}]}).encode())
UNKNOWN = answer(b'{"detail":"Not Found"}', "404 Not Found")
WHOLE = answer(choice(512))
PREFILL = answer(choice(512, kv_transfer_params={
    "do_remote_prefill": True, "do_remote_decode": False,
    "remote_block_ids": [[1, 2, 3, 4, 5, 6, 7]],
    "remote_engine_id": "00000000-0000-4000-8000-000000000001",
    "remote_request_id": "chatcmpl-0123", "remote_host": "127.0.0.1", "remote_port": 5600,
    "tp_size": 1}))
STREAM_HEAD = (b"HTTP/1.1 200 OK\r\ndate: Sat, 01 Jan 2022 00:00:00 GMT\r\nserver: uvicorn\r\n"
               b"content-type: text/event-stream; charset=utf-8\r\n"
               b"transfer-encoding: chunked\r\n\r\n")
EVENT = chunk(
    b'data: {"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk",'
    b'"created":1700000000,"model":"tiny","choices":[{"index":0,"delta":{"content":" sea sea sea'
    b' sea sea"},"logprobs":null,"finish_reason":null}]}\n\n')
STREAM_END = chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"


class Messages:
    """The messages that come over one socket."""

    def __init__(self, end):
        self.socket, self.inbox = end, b""
        end.settimeout(PATIENCE)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read_more(self):
        piece = self.socket.recv(1 << 20)
        if not piece:
            raise EOFError
        self.inbox += piece

    def next(self):
        """Head and body of a message that says its length, or has none."""
        while (place := self.inbox.find(b"\r\n\r\n") + 4) < 4:
            self.read_more()
        head = self.inbox[:place]
        found = LENGTH.search(head)
        end = place + (int(found[1]) if found else 0)
        while len(self.inbox) < end:
            self.read_more()
        body, self.inbox = self.inbox[place:end], self.inbox[end:]
        return head, body


class Engine:
    """Answers at once, but for events: one each time that `turn` is released."""

    def __init__(self):
        self.turn = threading.Semaphore(0)
        self.is_probed = threading.Event()
        # POSTs of each kind, to see that the router did what is to be counted.
        self.served = {"whole": 0, "prefill": 0, "stream": 0}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                end, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(end,), daemon=True).start()

    def serve(self, end):
        messages = Messages(end)
        try:
            while True:
                self.answer(end, *messages.next())
        except (EOFError, OSError):
            end.close()

    def answer(self, end, head, body):
        if not head.startswith(b"POST "):
            path = head.split()[1]
            end.sendall({b"/health": HEALTHY, b"/v1/models": MODELS}.get(path, UNKNOWN))
            if path == b"/health":
                self.is_probed.set()
        elif b'"do_remote_decode":true' in body.replace(b" ", b""):
            self.served["prefill"] += 1
            end.sendall(PREFILL)
        elif b'"stream": true' in body:
            self.served["stream"] += 1
            self.stream(end, json.loads(body)["max_tokens"])
        else:
            self.served["whole"] += 1
            end.sendall(WHOLE)

    def stream(self, end, events):
        for place in range(events):
            self.turn.acquire()
            end.sendall(EVENT if place else STREAM_HEAD + EVENT)
        self.turn.acquire()
        end.sendall(STREAM_END)

    def close(self):
        self.listener.close()


class HTTP1Client:
    """One connection, one request at a time."""

    FEW = ("Content-Type: application/json", "Accept: */*", "User-Agent: lockstep/1")
    # What the OpenAI client for Python sends.
    OPENAI = (
        "Accept: application/json", "Accept-Encoding: gzip, deflate", "Connection: keep-alive",
        "Content-Type: application/json", "User-Agent: OpenAI/Python 2.14.0",
        "X-Stainless-Lang: python", "X-Stainless-Package-Version: 2.14.0",
        "X-Stainless-OS: Linux", "X-Stainless-Arch: x64", "X-Stainless-Runtime: CPython",
        "X-Stainless-Runtime-Version: 3.11.7", "X-Stainless-Async: async:asyncio",
        "X-Stainless-Retry-Count: 0", "X-Stainless-Read-Timeout: 600",
        "Authorization: Bearer sk-0123456789abcdef0123456789abcdef")

    def __init__(self, port, fields, body, sessions=0):
        """`fields`: all but Host and Content-Length, which come with every request, and the session
        by turns where there are any."""
        self.messages = Messages(socket.create_connection(("127.0.0.1", port)))
        lines = ["POST /v1/chat/completions HTTP/1.1", f"Host: 127.0.0.1:{port}",
                 f"Content-Length: {len(body)}", *fields]
        self.request = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        # Ids of one length: a longer one would cost more by itself.
        self.requests = itertools.cycle([
            self.request.replace(b"\r\n\r\n", b"\r\nX-Session-Id: session-%04d\r\n\r\n" % number, 1)
            for number in range(sessions)] or [self.request])

    def ask(self):
        self.messages.socket.sendall(next(self.requests))
        head, body = self.messages.next()
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"the router answered {head + body}")

    def ask_for_stream(self, turn, events):
        """One stream; the engine gives an event when the one before it is here."""
        messages = self.messages
        messages.socket.sendall(self.request)
        for read in range(1, events + 2):
            turn.release()
            while messages.inbox.count(b"\n\n") < read:
                messages.read_more()
        while not messages.inbox.endswith(b"0\r\n\r\n"):
            messages.read_more()
        if messages.inbox.count(b"data: {") != events:
            raise RuntimeError(f"the router answered {messages.inbox}")
        messages.inbox = b""

    def close(self):
        self.messages.socket.close()


class HTTP2Client:
    """One connection, one stream at a time, one after the other."""

    WINDOW = 1 << 30

    def __init__(self, port, body):
        self.connection = http2.Connection(port)
        self.connection.socket.settimeout(PATIENCE)
        self.connection.send(
            http2.frame(http2.WINDOW_UPDATE, 0, 0, self.WINDOW.to_bytes(4, "big")))
        self.body, self.stream = body, -1

    def ask(self):
        self.stream += 2
        head = http2.post_head(b"/v1/chat/completions", len(self.body))
        self.connection.send(
            http2.frame(http2.HEADERS, http2.END_HEADERS, self.stream, head),
            http2.frame(http2.DATA, http2.END_STREAM, self.stream, self.body))
        size = 0
        while True:
            frames = self.connection.frames()
            if frames is None:
                raise EOFError("the router closed the connection")
            for kind, flags, stream, payload in frames:
                if kind == http2.SETTINGS and not flags & http2.ACK:
                    self.connection.send(http2.frame(http2.SETTINGS, http2.ACK, 0))
                if kind in (http2.RST_STREAM, http2.GOAWAY):
                    raise RuntimeError(f"the router ended stream {stream}: {payload}")
                if stream == self.stream and kind == http2.DATA:
                    size += len(payload)
                if stream == self.stream and flags & http2.END_STREAM:
                    if size < 500:
                        raise RuntimeError(f"an answer of {size} bytes")
                    return

    def close(self):
        self.connection.close()

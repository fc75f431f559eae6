"""An engine that keeps the exact bytes of every request and answers as it is told.

Used by compare-bytes. It looks like vLLM: whole answers and streams of events, embeddings, models,
NIXL's `kv_transfer_params` for what a router asks of a prefill engine. A `Behaviour` says
otherwise: an error, a broken connection, a compressed answer. One thread a connection; standard
library only.
"""
import gzip
import json
import socket
import threading

# What routers ask on their own behalf; told apart from what a client asked by method and path.
OWN_QUESTIONS = {"/health", "/v1/models", "/version", "/metrics", "/load", "/get_load",
                 "/get_server_info", "/server_info"}
HANDLE = {
    "do_remote_prefill": True, "do_remote_decode": False, "remote_engine_id": "e0",
    "remote_request_id": "r0", "remote_block_ids": [[1, 2]], "remote_host": "127.0.0.1",
    "remote_port": 5600, "tp_size": 1, "remote_num_tokens": 9, "transfer_mode": "pull"}
REASONS = {200: "OK", 204: "No Content", 206: "Partial Content", 302: "Found", 400: "Bad Request",
           401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
           422: "Unprocessable Entity", 429: "Too Many Requests", 500: "Internal Server Error",
           501: "Not Implemented", 503: "Service Unavailable"}
# What is told of decode goes for an engine of a single pool too: its answer is the client's.
TOLD_AS = {"whole": "decode"}
JSON_TYPE = ("content-type", "application/json")
EVENT_TYPE = ("content-type", "text/event-stream; charset=utf-8")


class Behaviour:
    """How engines answer one case: `times` requests of `role` (any if None) so, the rest as usual.

    `kind` is `answer` (status, fields, body), `close` (no answer), `cut` (a stream that breaks),
    `gzip`, `plain` (the usual answer, until the connection's end, with `fields`), or `usual`.
    """

    def __init__(self, kind="usual", status=200, fields=(), body=b"", role=None, times=99):
        self.kind, self.status, self.fields, self.body = kind, status, list(fields), body
        self.role, self.times = role, times


class Leg:
    """One request as an engine received it; `answer` is what it sent, as far as it came."""

    def __init__(self, role, method, target, fields, body, framing):
        self.role, self.method, self.target = role, method, target
        self.fields, self.body, self.framing = fields, body, framing
        self.answer = None

    @property
    def path(self):
        return self.target.split("?")[0]

    def values(self, name):
        return [value for field, value in self.fields if field.lower() == name]


class Sent:
    """An engine's answer: its own fields, and the body that was sent."""

    def __init__(self, status, fields, body, is_cut):
        self.status, self.fields, self.is_cut = status, fields, is_cut
        self.body = body if isinstance(body, bytes) else b"".join(body[:2] if is_cut else body)


class Fleet:
    """The engines before one router, and what they got since `begin`."""

    def __init__(self, roles):
        self.lock = threading.Lock()
        self.legs, self.behaviour, self.left = [], Behaviour(), 0
        self.engines = [Engine(self, role) for role in roles]

    def urls(self, role):
        return [engine.url for engine in self.engines if engine.role == role]

    def begin(self, behaviour):
        with self.lock:
            self.legs, self.behaviour, self.left = [], behaviour, behaviour.times

    def record(self, leg):
        """Keeps a request and says how to answer it."""
        with self.lock:
            self.legs.append(leg)
            mine = self.behaviour.role in (None, leg.role, TOLD_AS.get(leg.role))
            if leg.method == "GET" and leg.path in OWN_QUESTIONS or not mine or self.left <= 0:
                return Behaviour()
            self.left -= 1
            return self.behaviour

    def taken(self):
        with self.lock:
            return list(self.legs)


class Engine:
    def __init__(self, fleet, role):
        self.fleet, self.role = fleet, role
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with connection, connection.makefile("rb") as stream:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while (leg := read_request(stream, connection, self.role)) is not None:
                    if not answer(connection, leg, self.fleet.record(leg)):
                        return
        except OSError:
            return  # The router closed it: what was read is recorded.


def read_request(stream, connection, role):
    """The next request of a connection; None at its end."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    fields = read_fields(stream)
    find = {name.lower(): value for name, value in fields}
    if find.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if "chunked" in find.get("transfer-encoding", ""):
        return Leg(role, method, target, fields, read_chunks(stream), "chunked")
    if "content-length" in find:
        body = stream.read(int(find["content-length"]))
        return Leg(role, method, target, fields, body, "length")
    return Leg(role, method, target, fields, b"", "none")


def read_fields(stream):
    fields = []
    while (line := stream.readline()) not in (b"\r\n", b"\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        fields.append((name, value.strip()))
    return fields


def read_chunks(stream):
    body = b""
    while (size := int(stream.readline().split(b";")[0] or b"0", 16)) > 0:
        body += stream.read(size)
        stream.readline()
    read_fields(stream)
    return body


def answer(connection, leg, behaviour):
    """Answers one request; False when the connection is over."""
    if behaviour.kind == "close":
        return False
    status, fields, body = usual(leg)
    if behaviour.kind == "answer":
        status, fields, body = behaviour.status, list(behaviour.fields), behaviour.body
    elif behaviour.kind == "gzip":
        body = gzip.compress(body if isinstance(body, bytes) else b"".join(body), mtime=0)
        fields = [*fields, ("content-encoding", "gzip")]
    else:
        fields = [*fields, *behaviour.fields]
    head = f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\n"
    for name, value in [("date", "Thu, 01 Jan 2026 00:00:00 GMT"), ("server", "uvicorn"), *fields]:
        head += f"{name}: {value}\r\n"
    if behaviour.kind == "plain":
        leg.answer = Sent(status, fields, body, False)
        whole = body if isinstance(body, bytes) else b"".join(body)
        connection.sendall(f"{head}connection: close\r\n\r\n".encode() + whole)
        return False
    leg.answer = Sent(status, fields, body, behaviour.kind == "cut")
    if isinstance(body, list):
        return stream_out(connection, head, body, behaviour.kind == "cut")
    if status not in (204, 304):
        head += f"content-length: {len(body)}\r\n"
    connection.sendall(head.encode() + b"\r\n" + (b"" if leg.method == "HEAD" else body))
    return True


def stream_out(connection, head, events, is_cut):
    connection.sendall(head.encode() + b"transfer-encoding: chunked\r\n\r\n")
    for event in events[:2] if is_cut else events:
        connection.sendall(b"%x\r\n%s\r\n" % (len(event), event))
    if not is_cut:
        connection.sendall(b"0\r\n\r\n")
    return not is_cut


def usual(leg):
    """What vLLM would answer: status, fields, and a body, or its events."""
    path = leg.path
    try:
        asked = json.loads(leg.body) if leg.body else {}
    except ValueError:
        asked = {}
    if not isinstance(asked, dict):
        asked = {}
    if leg.method in ("GET", "HEAD"):
        return got(path)
    if str(asked.get("model")).startswith("__"):
        return whole({"error": {"message": "The model does not exist.", "code": 404}}, 404)
    if path in ("/v1/chat/completions", "/v1/completions", "/v1/responses", "/generate",
                "/inference/v1/generate"):
        return generated(path, asked)
    if path == "/v1/embeddings":
        return whole({"object": "list", "model": asked.get("model"), "data": [
            {"object": "embedding", "index": 0, "embedding": [0.1, -0.25]}],
            "usage": {"prompt_tokens": 3, "total_tokens": 3}})
    if path in ("/rerank", "/v1/rerank"):
        return whole({"id": "rerank-1", "model": asked.get("model"), "results": [
            {"index": 0, "document": {"text": "a"}, "relevance_score": 0.5}]})
    if path in ("/pooling", "/score", "/v1/custom", "/v1/audio/transcriptions"):
        return whole({"path": path, "bytes": len(leg.body)})
    if path == "/flush_cache" or path == "/reset_prefix_cache":
        return 200, [], b""
    return whole({"detail": "Not Found"}, 404)


def got(path):
    if path == "/v1/models":
        return whole({"object": "list", "data": [
            {"id": "m", "object": "model", "created": 1, "owned_by": "vllm"}]})
    if path == "/health":
        return 200, [], b""
    if path == "/version":
        return whole({"version": "0.32.0"})
    if path == "/v1/custom":
        return whole({"path": path})
    return whole({"detail": "Not Found"}, 404)


def whole(value, status=200):
    return status, [JSON_TYPE], json.dumps(value, separators=(",", ":")).encode()


def generated(path, asked):
    is_chat, is_prefill = "chat" in path, is_prefill_leg(asked)
    usage = {"prompt_tokens": 9, "completion_tokens": 1 if is_prefill else 2,
             "total_tokens": 10 if is_prefill else 11,
             "prompt_tokens_details": {"cached_tokens": 4 if is_prefill else 8}}
    value = {"id": "x-1", "object": "chat.completion" if is_chat else "text_completion",
             "created": 1, "model": "m", "choices": [], "usage": usage}
    for index in range(int(asked.get("n") or 1)):
        choice = {"index": index, "finish_reason": "stop", "logprobs": None}
        choice |= ({"message": {"role": "assistant", "content": "a b", "refusal": None}}
                   if is_chat else {"text": "a b"})
        value["choices"].append(choice)
    if path == "/v1/responses":
        value = {"id": "resp_1", "object": "response", "status": "completed", "output": [
            {"type": "message", "content": [{"type": "output_text", "text": "a b"}]}],
            "usage": {"input_tokens": 9, "output_tokens": 2, "total_tokens": 11}}
    if is_prefill:
        value["kv_transfer_params"] = HANDLE
    if asked.get("return_token_ids"):
        value["prompt_token_ids"] = [1, 2, 3]
    if not asked.get("stream"):
        return whole(value)
    if path == "/v1/responses":
        return 200, [EVENT_TYPE], [
            typed_event({"type": "response.output_text.delta", "delta": "a"}),
            typed_event({"type": "response.completed", "response": value})]
    return 200, [EVENT_TYPE], list(events(is_chat, asked, usage))


def is_prefill_leg(asked):
    parameters = asked.get("kv_transfer_params")
    return isinstance(parameters, dict) and parameters.get("do_remote_decode") is True


def events(is_chat, asked, usage):
    base = {"id": "x-1", "object": "chat.completion.chunk" if is_chat else "text_completion",
            "created": 1, "model": "m"}
    options = asked.get("stream_options") or {}
    if is_chat:
        yield event({**base, "choices": [
            {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]})
    for place, text in enumerate(["a", " b"]):
        choice = {"index": 0, "finish_reason": "stop" if place else None}
        choice |= {"delta": {"content": text}} if is_chat else {"text": text}
        running = {"usage": usage} if options.get("continuous_usage_stats") else {}
        yield event({**base, "choices": [choice], **running})
    if options.get("include_usage"):
        yield event({**base, "choices": [], "usage": usage})
    yield b"data: [DONE]\n\n"


def event(value):
    return b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"


def typed_event(value):
    return b"event: " + value["type"].encode() + b"\n" + event(value)

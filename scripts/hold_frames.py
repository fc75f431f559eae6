"""HTTP/2 clients of `hold`, frame by frame: ones that flood, and one that reads a stream slowly.

Heads are written as literals (RFC 7541 §6.2.2), of answers' heads nothing is read but that they came.
Each client is one connection, blocking, for a thread of its own. Standard library only.
"""
import json
import select
import socket
import struct
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    0, 1, 2, 3, 4, 6, 7, 8, 9)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INITIAL_WINDOW = 4
CANCEL, ENHANCE_YOUR_CALM = 8, 11


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(
        ">I", stream) + payload


def literal(name, value, first=b"\x00"):
    return first + b"".join(length(word) + word for word in (name, value))


def length(word):
    """A string's length as an integer with a prefix of seven bits (RFC 7541 §5.1)."""
    if len(word) < 127:
        return bytes([len(word)])
    rest, found = len(word) - 127, b"\x7f"
    while rest >= 128:
        found += bytes([rest % 128 + 128])
        rest //= 128
    return found + bytes([rest])


def post_head(path, size):
    return b"".join(literal(name, value) for name, value in (
        (b":method", b"POST"), (b":scheme", b"http"), (b":path", path), (b":authority", b"hold"),
        (b"content-type", b"application/json"), (b"content-length", b"%d" % size)))


def request(stream, body):
    """The frames of a whole request for completions."""
    text = json.dumps(body).encode()
    return (frame(HEADERS, END_HEADERS, stream, post_head(b"/v1/completions", len(text)))
            + frame(DATA, END_STREAM, stream, text))


class Connection:
    """A socket with the preface sent, and what has come in frames."""

    def __init__(self, port, window=65_535):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.inbox = b""
        self.socket.sendall(PREFACE + frame(
            SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW, window)))

    def send(self, *frames):
        self.socket.sendall(b"".join(frames))

    def frames(self):
        """The frames of one read: kind, flags, stream, payload; `None` at the end."""
        piece = self.socket.recv(1 << 20)
        if not piece:
            return None
        self.inbox += piece
        place, found = 0, []
        while len(self.inbox) - place >= 9:
            size = int.from_bytes(self.inbox[place:place + 3], "big")
            if len(self.inbox) - place < 9 + size:
                break
            stream = int.from_bytes(self.inbox[place + 5:place + 9], "big")
            found.append((self.inbox[place + 3], self.inbox[place + 4], stream,
                          self.inbox[place + 9:place + 9 + size]))
            place += 9 + size
        self.inbox = self.inbox[place:]
        return found

    def close(self):
        self.socket.close()


class Flood:
    """One connection after the other that does the same thing until it is ended."""

    ASKING = {"prompt": "x", "max_tokens": 200, "stream": True}

    def __init__(self, port, kind):
        self.port, self.kind = port, kind
        self.connections, self.codes, self.broken = 0, {}, 0

    def run(self, seconds):
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self.connections += 1
            try:
                code = self.one(max(ends, time.monotonic() + 10))
            except OSError:
                code = None
            if code is None:
                self.broken += 1
            else:
                self.codes[code] = self.codes.get(code, 0) + 1

    def one(self, ends):
        """Floods until GOAWAY or the end; gives GOAWAY's code."""
        connection = Connection(self.port, 0 if self.kind == "zero windows" else 65_535)
        connection.socket.setblocking(False)
        outbox, pieces = b"", KINDS[self.kind]()
        try:
            while time.monotonic() < ends:
                outbox = outbox or next(pieces, b"")
                readable, writable, _ = select.select(
                    [connection.socket], [connection.socket] if outbox else [], [], 1)
                if readable:
                    found = connection.frames()
                    codes = [int.from_bytes(payload[4:8], "big")
                             for kind, _, _, payload in found or [] if kind == GOAWAY]
                    if codes or found is None:
                        return codes[0] if codes else None
                if writable:
                    try:
                        outbox = outbox[connection.socket.send(outbox):]
                    except (BrokenPipeError, ConnectionResetError):
                        outbox = b""  # What the router said before it closed is still to be read.
                        pieces = iter(())
        finally:
            connection.close()
        return None


def streams():
    return range(1, 1 << 30, 2)


def resets():
    for stream in streams():
        yield request(stream, Flood.ASKING) + frame(RST_STREAM, 0, stream, struct.pack(
            ">I", CANCEL))


def continuations():
    yield frame(HEADERS, 0, 1, post_head(b"/v1/completions", 1))
    while True:
        yield frame(CONTINUATION, 0, 1, literal(b"x-more", b"y" * 100)) * 20


def repeated(one):
    while True:
        yield one * 50


def bomb():
    """A field of 3,900 bytes that is told once and named, by one byte each time, ever again."""
    start = post_head(b"/v1/completions", 0) + literal(b"x", b"y" * 3900, b"\x40")
    for stream in streams():
        yield frame(HEADERS, END_HEADERS | END_STREAM, stream,
                    (start if stream == 1 else post_head(b"/v1/completions", 0)) + b"\xbe" * 8000)


def empty_data():
    yield frame(HEADERS, END_HEADERS, 1, post_head(b"/v1/completions", 5))
    yield from repeated(frame(DATA, 0, 1))


def zero_windows():
    """Asks for as many streams as are allowed and never lets a byte of them come."""
    for stream in range(1, 200, 2):
        yield request(stream, {**Flood.ASKING, "max_tokens": 4000})


KINDS = {
    "rapid resets": resets,
    "CONTINUATION": continuations,
    "PING": lambda: repeated(frame(PING, 0, 0, bytes(8))),
    "SETTINGS": lambda: repeated(frame(SETTINGS, 0, 0)),
    "PRIORITY": lambda: repeated(frame(PRIORITY, 0, 3, bytes([0, 0, 0, 0, 15]))),
    "WINDOW_UPDATE": lambda: repeated(frame(WINDOW_UPDATE, 0, 0, b"\x00\x00\x00\x01")),
    "HPACK bombs": bomb,
    "empty DATA": empty_data,
    "zero windows": zero_windows,
}


class Sharers:
    """Streams of one connection, each read as it comes, but for one that perhaps is not."""

    WINDOW = 256 * 1024

    def __init__(self, port, count, events, is_one_slow):
        self.count, self.left, self.bytes_read = count, set(), 0
        self.slow = 1 if is_one_slow else None
        self.connection = Connection(port, self.WINDOW)
        self.connection.send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", (1 << 30))))
        self.events, self.unacknowledged = events, {}

    def read(self, figures):
        """Bytes a second of the others, from the first request to the end of the last."""
        begun = time.monotonic()
        for place in range(self.count):
            stream = 2 * place + 1
            count = 1_000_000 if stream == self.slow else self.events
            self.connection.send(request(
                stream, {"prompt": "fast", "stream": True, "max_tokens": count, "temperature": 0}))
            self.left.add(stream)
        self.left.discard(self.slow)
        while self.left:
            for kind, flags, stream, payload in self.connection.frames() or []:
                self.take(kind, flags, stream, payload)
            figures.look()
        seconds = time.monotonic() - begun
        self.connection.close()
        return self.bytes_read / seconds

    def take(self, kind, flags, stream, payload):
        if kind == SETTINGS and not flags & ACK:
            self.connection.send(frame(SETTINGS, ACK, 0))
        if kind in (GOAWAY, RST_STREAM):
            raise ConnectionError(f"the router ended stream {stream}")
        if kind == DATA and stream != self.slow:
            self.bytes_read += len(payload)
            due = self.unacknowledged.get(stream, 0) + len(payload)
            if due >= self.WINDOW // 2:
                self.connection.send(frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", due)))
                due = 0
            self.unacknowledged[stream] = due
        if kind in (DATA, HEADERS) and flags & END_STREAM:
            self.left.discard(stream)

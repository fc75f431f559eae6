"""Peers of `hold` that behave badly: half requests, slow readers, and an engine that is very fast.

Simulated engines think about each token; the fast engine here says kilobytes as quickly as they are
taken, so that only back-pressure bounds what waits in between. Standard library only.
"""
import asyncio
import http.client
import os
import signal
import socket
import subprocess
import sys
import time

from hold_clients import completion

EVENT = (b'data: {"id":"cmpl-fast","object":"text_completion","model":"tiny","choices":[{"index":0,'
         b'"text":"' + b"x" * 4000 + b'","finish_reason":%s}]}\n\n')


class HalfRequests:
    """Connections that send half of something, and see when they are closed."""

    KINDS = ["half a head", "a head that trickles", "half a body"]

    def __init__(self, port, count, kind):
        self.port, self.count, self.kind = port, count, kind
        self.closed, self.told, self.times, self.tasks = 0, 0, [], []

    @property
    def earliest(self):
        return min(self.times, default=0)

    @property
    def latest(self):
        return max(self.times, default=0)

    async def opened(self, figures):
        """Opens them all; descriptors of the router with them."""
        self.tasks = [asyncio.create_task(self.one()) for _ in range(self.count)]
        await asyncio.sleep(1.5)
        return figures.look()[2]

    async def awaited(self, figures, seconds):
        deadline = time.monotonic() + seconds
        while self.closed < self.count and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
            figures.look()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def one(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        started = time.monotonic()
        writer.write(self.beginning())
        trickle = asyncio.create_task(self.trickle(writer))
        try:
            answer = await reader.read()
        except ConnectionError:
            answer = b""
        trickle.cancel()
        self.closed += 1
        self.told += answer.startswith(b"HTTP/1.1 408 ")
        self.times.append(time.monotonic() - started)
        writer.close()

    def beginning(self):
        if self.kind == "half a body":
            whole = completion("x" * 64_000, 1, True)
            return whole[:len(whole) // 2]
        return b"POST /v1/completions HTTP/1.1\r\nHost: hold\r\nX-Half: "

    async def trickle(self, writer):
        while self.kind == "a head that trickles":
            await asyncio.sleep(0.5)
            writer.write(b"y")


class SlowReaders:
    """Streams of which each reader takes some bytes a second."""

    PIECE = 64

    def __init__(self, port, count):
        self.port, self.count = port, count
        self.sockets, self.live, self.bytes_read = [], 0, 0

    def read(self, figures, seconds):
        message = completion("slow", 1_000_000, True)
        for place in range(self.count):
            self.sockets.append(self.connected(message))
            if place % 100 == 0:
                figures.look()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            begun = time.monotonic()
            self.live = sum(self.take(peer) for peer in self.sockets)
            figures.look()
            time.sleep(max(0, begun + 1 - time.monotonic()))

    def connected(self, message):
        peer = socket.socket()
        # A small window, and segments as on Ethernet: what waits, waits in the router.
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
        peer.settimeout(20)
        peer.connect(("127.0.0.1", self.port))
        peer.sendall(message)
        peer.setblocking(False)
        return peer

    def take(self, peer):
        """Reads a little; whether the stream is still there."""
        try:
            piece = peer.recv(self.PIECE)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.bytes_read += len(piece)
        return bool(piece)

    def leave(self):
        for peer in self.sockets:
            peer.close()


class Witness:
    """Another process that asks the router for a sign of life, so that nothing here delays it."""

    def __init__(self, script, router):
        words = [sys.executable, script, "--be-a-witness", str(router.port),
                 str(router.process.pid)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)

    def told(self):
        """Ends it; the slowest answer's seconds, and the most CPU seconds the router took in one."""
        self.process.terminate()
        return [float(word) for word in self.process.communicate(timeout=30)[0].split()]


def watch_life(port, pid):
    """Asks for /liveness ten times a second until SIGTERM, then says how long that took.

    CPU seconds that the router spends until it answers are its own doing; what an answer takes
    beyond them is the machine's other work.
    """
    is_wanted, slowest, busiest = [True], 0.0, 0.0
    signal.signal(signal.SIGTERM, lambda *_: is_wanted.clear())
    while is_wanted:
        begun, spent = time.monotonic(), processor_seconds(pid)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/liveness")
        connection.getresponse().read()
        connection.close()
        slowest = max(slowest, time.monotonic() - begun)
        busiest = max(busiest, processor_seconds(pid) - spent)
        time.sleep(0.1)
    print(slowest, busiest)
    return 0


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class FastEngine(asyncio.Protocol):
    """One connection to an engine that answers every POST with a stream, as fast as it is taken."""

    def connection_made(self, transport):
        self.transport, self.text, self.left, self.is_paused = transport, b"", 0, False

    def data_received(self, data):
        self.text += data
        head, found, body = self.text.partition(b"\r\n\r\n")
        if not found or self.left:
            return
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
        if len(body) < length:
            return
        self.text = b""
        if not head.startswith(b"POST"):
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            return
        self.left = int(body.partition(b'"max_tokens": ')[2].split(b",")[0])
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                             b"Transfer-Encoding: chunked\r\n\r\n")
        self.say()

    def say(self):
        while self.left and not self.is_paused and not self.transport.is_closing():
            self.left -= 1
            event = EVENT % (b"null" if self.left else b'"length"')
            if not self.left:
                event += b"data: [DONE]\n\n"
            self.transport.write(b"%x\r\n%b\r\n" % (len(event), event)
                                 + (b"" if self.left else b"0\r\n\r\n"))

    def pause_writing(self):
        self.is_paused = True

    def resume_writing(self):
        self.is_paused = False
        self.say()

    def connection_lost(self, error):
        self.left = 0


async def fast_engine():
    server = await asyncio.get_running_loop().create_server(
        FastEngine, "127.0.0.1", 0, backlog=4096)
    print(f"fast engine on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()

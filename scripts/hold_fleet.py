"""Starts the router and simulated engines for `hold`, and looks at them from outside.

Each process is a child of the script, has a port of its own that nobody chose, and is killed by its
own handle at the end. Figures come from /proc and from the router's metrics port. Standard library
only.
"""
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time

from engine_answers import counters

START_TIME = 30  # Seconds within which a process must say its port.


class Program:
    """A child process that says on its standard output where it listens."""

    def __init__(self, command, pattern, log_path):
        self.log_path, self.pattern = log_path, re.compile(pattern)
        begins = os.path.getsize(log_path) if os.path.exists(log_path) else 0
        with open(log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self.port = self.awaited_port(begins)

    def awaited_port(self, begins):
        deadline = time.monotonic() + START_TIME
        while time.monotonic() < deadline and self.process.poll() is None:
            with open(self.log_path, "rb") as log:
                log.seek(begins)
                found = self.pattern.search(log.read().decode("utf-8", "replace"))
            if found:
                return int(found[1])
            time.sleep(0.02)
        raise RuntimeError(f"did not start, see {self.log_path}: {self.process.args}")

    def end(self, number, seconds=60):
        """Sends a signal and waits; the exit code, negative for a signal."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(seconds)

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


class Engine:
    """A simulated engine that may be ended and started again on its port."""

    def __init__(self, fleet, name, flags, port=0):
        self.fleet, self.name, self.flags = fleet, name, flags
        self.program, self.port = None, port
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        command = [self.fleet.binary, "engine", "--port", str(self.port), *self.flags]
        self.program = Program(command, r"on http://127\.0\.0\.1:(\d+)",
                               self.fleet.log_path(self.name))
        self.port = self.program.port


class Router(Program):
    """The router under test, with its metrics port."""

    def __init__(self, fleet, flags):
        self.metrics_port = free_port()
        command = [fleet.binary, "--port", "0", "--prometheus-port", str(self.metrics_port),
                   "--loops", str(fleet.loops), *flags]
        super().__init__(command, r"listening address=127\.0\.0\.1:(\d+)",
                         fleet.log_path("router"))
        fleet.programs.append(self)

    def call(self, method, path, body=None, seconds=10):
        """Status and body of one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def await_ready(self):
        return wait_until(lambda: self.call("GET", "/health")[0] == 200, START_TIME)

    def worker(self, engine):
        """What the router says of an engine: a dictionary, or nothing."""
        for worker in json.loads(self.call("GET", "/workers")[1])["workers"]:
            if worker["url"] == engine.url:
                return worker
        return None

    def metrics(self):
        return counters(f"http://127.0.0.1:{self.metrics_port}")


class Fleet:
    """What one check has started; ends it all when the check is over."""

    def __init__(self, binary, loops, folder):
        self.binary, self.loops, self.folder = binary, loops, folder
        self.engines, self.programs = [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in [engine.program for engine in self.engines] + self.programs:
            if program.process.poll() is None:
                program.process.kill()
            program.process.wait()

    def log_path(self, name):
        return os.path.join(self.folder, name + ".log")

    def engine(self, name, *flags):
        engine = Engine(self, name, flags)
        self.engines.append(engine)
        return engine

    def pool(self, count, *engine_flags, router_flags=()):
        """A router before `count` engines of one pool, ready."""
        engines = [self.engine(f"engine{place}", *engine_flags) for place in range(count)]
        router = Router(self, ["--worker-urls", *(engine.url for engine in engines),
                               *router_flags])
        router.await_ready()
        return router, engines

    def pairs(self, count, *engine_flags, router_flags=()):
        """A router before `count` prefill and as many decode engines, ready."""
        flags, engines = ["--vllm-pd-disaggregation"], []
        for role in ("prefill", "decode"):
            for place in range(count):
                engine = self.engine(f"{role}{place}", "--role", role, *engine_flags)
                engines.append(engine)
                flags += [f"--{role}", engine.url]
        router = Router(self, [*flags, *router_flags])
        router.await_ready()
        return router, engines

    def program(self, command, pattern, name):
        program = Program(command, pattern, self.log_path(name))
        self.programs.append(program)
        return program


class Figures:
    """Resident memory and descriptors of a program, looked at again and again."""

    def __init__(self, program):
        self.program, self.samples, self.started = program, [], time.monotonic()
        self.look()

    def look(self):
        self.samples.append((time.monotonic() - self.started, self.program.resident_bytes(),
                             self.program.descriptors()))
        return self.samples[-1]

    @property
    def first(self):
        return self.samples[0][1]

    @property
    def peak(self):
        return max(sample[1] for sample in self.samples)

    @property
    def last(self):
        return self.samples[-1][1]


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait_until(is_so, seconds, pause=0.05):
    """Asks again until it is so; whether it was in time. A refused connection is a no."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if is_so():
                return True
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(pause)
    return False


def mebibytes(count):
    return f"{count / (1 << 20):.1f} MiB"


TERMINATE, KILL = signal.SIGTERM, signal.SIGKILL

"""Counts what requests cost the router, under callgrind: a run of it, and a case with two of them.

Clients and engines take turns with the router (lockstep.py). Standard library only.
"""
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

import callgrind
from compare_peers import free_port
from lockstep import PATIENCE, Engine, HTTP1Client, HTTP2Client, chat

# Nothing that goes by the clock is to fall into a run.
QUIET = ["--health-check-interval-secs", "600", "--load-check-interval", "0"]
SILENT = ["--log-level", "warning"]
STREAMS = 2
SETTLING = 0.3  # Seconds, for what else the router asks engines at first.


class Run:
    """A router under callgrind with its engines, from start to end."""

    def __init__(self, program, folder, name):
        self.program, self.name = program, name
        self.report = os.path.join(folder, f"{name}.{time.monotonic_ns()}")
        self.log = open(self.report + ".log", "w+b")

    def counts(self, flags, engines, work):
        """What was counted while `work(port)` was done."""
        port = free_port()
        words = [self.program, "--port", str(port), "--prometheus-port", str(free_port()), *flags]
        process = subprocess.Popen(callgrind.command(words, self.report),
                                   stdout=subprocess.DEVNULL, stderr=self.log)
        try:
            # A question that comes too early is repeated, and counted: so first let all be probed.
            for engine in engines:
                engine.is_probed.wait(PATIENCE)
            if engines:
                time.sleep(SETTLING)
            self.await_answer(port, "/readiness" if engines else "/liveness", process)
            work(port)
        except (OSError, EOFError, RuntimeError) as failure:
            self.fail(failure)
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(60)
            for engine in engines:
                engine.close()
        if code != 0:
            self.fail(f"exit code {code}")
        return callgrind.Counts(self.report)

    def await_answer(self, port, path, process):
        """Until the router says 200 to a GET; each try is a connection of its own."""
        ask = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if process.poll() is not None:
                self.fail("it ended")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    probe.settimeout(PATIENCE)
                    probe.sendall(ask)
                    if probe.recv(1 << 16).startswith(b"HTTP/1.1 200 "):
                        return
            time.sleep(0.05)
        self.fail(f"no 200 from {path}")

    def fail(self, why):
        self.log.seek(0)
        told = self.log.read().decode("utf-8", "replace")
        sys.exit(f"{os.path.basename(sys.argv[0])}: {self.name}: {why}\n{told}")


class Case:
    """One row: how the router runs, and what is asked of it."""

    def __init__(self, name, flags, few=200, many=1200, body=None, fields=HTTP1Client.FEW,
                 kind="whole", is_split=False, workers=2, sessions=0):
        self.name, self.flags, self.few, self.many = name, flags, few, many
        self.body, self.fields, self.kind, self.is_split = body, fields, kind, is_split
        # Engines, half of them of each role where it is split; sessions that requests belong to by turns.
        self.workers, self.sessions = workers, sessions

    def measure(self, program, folder):
        """Instructions, allocations and frees of one request."""
        low, high = (self.run(program, folder, count) for count in (self.few, self.many))
        more = self.many - self.few
        # What was allocated at start may differ by a few; no request gives memory it never took.
        return ((high.instructions - low.instructions) / more,
                max(0, (high.allocations() - low.allocations()) / more),
                (high.frees() - low.frees()) / more)

    def run(self, program, folder, count):
        engines = [Engine() for _ in range(self.workers)]
        urls = [engine.url for engine in engines]
        workers = ["--worker-urls", *urls]
        if self.is_split:
            half = len(urls) // 2
            workers = ["--vllm-pd-disaggregation"]
            for role, of_role in ("--prefill", urls[:half]), ("--decode", urls[half:]):
                for url in of_role:
                    workers += [role, url]
        run = Run(program, folder, self.name)
        counts = run.counts([*workers, *QUIET, *self.flags], engines,
                            lambda port: self.work(port, engines, count))
        served = {kind: sum(engine.served[kind] for engine in engines)
                  for kind in engines[0].served}
        expected = {"prefill": 0, "stream": 0, "whole": 0}
        expected[self.kind] = STREAMS if self.kind == "stream" else count
        if self.is_split:
            expected["prefill"] = count
        if served != expected:
            run.fail(f"the engines served {served}, not {expected}")
        return counts

    def work(self, port, engines, count):
        if self.kind == "stream":
            self.work_on_streams(port, engines, count)
            return
        client = (HTTP2Client(port, self.body) if self.fields is None
                  else HTTP1Client(port, self.fields, self.body, self.sessions))
        for _ in range(count):
            client.ask()
        client.close()

    def work_on_streams(self, port, engines, count):
        """The same number of streams always; what differs is their events."""
        body = chat(512, stream=True, max_tokens=count // STREAMS)
        client = HTTP1Client(port, self.fields, body)
        for place in range(STREAMS):
            client.ask_for_stream(engines[place % 2].turn, count // STREAMS)
        client.close()

"""Starts the routers and proxies that `compare` and `compare-http2` measure, and what stands behind.

Backends are OverheadBenchmark's; peers are bound to one core, the load and the backends to another
(ROUTER_CORE, LOAD_CORE). Standard library only.
"""
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELEASE = os.path.join(ROOT, ".build", "release")
BENCHMARK = os.path.join(RELEASE, "OverheadBenchmark")
ROUTER_CORE = os.environ.get("ROUTER_CORE", "0")
LOAD_CORE = os.environ.get("LOAD_CORE", "1")

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 19900; }}
http {{
  access_log off; client_max_body_size 0; client_body_buffer_size 256k; keepalive_requests 100000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream engines {{
    {servers} keepalive 1024; keepalive_requests 100000000;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://engines; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off;
    }}
  }}
}}
"""

HAPROXY = """
global
  nbthread 1
  maxconn 9500
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  option http-keep-alive
  option http-no-delay
  http-reuse always
frontend clients
  bind 127.0.0.1:{port}
  default_backend engines
backend engines
  balance roundrobin
{servers}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_port(port, process, name):
    for _ in range(600):
        if process.poll() is not None:
            sys.exit(f"compare: {name} ended with {process.returncode} before it listened")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"compare: {name} does not listen on port {port}")


class Comparison:
    """The processes before and behind which is measured."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = []

    def start(self, command, core, **options):
        process = subprocess.Popen(["taskset", "-c", core, *command], **options)
        self.processes.append(process)
        return process

    def backend(self, ports):
        command = [BENCHMARK, "backend", "--ports", str(ports)]
        process = self.start(command, LOAD_CORE, stdout=subprocess.PIPE, text=True)
        return [process.stdout.readline().split()[-1] for _ in range(ports)]

    def peer(self, name, command, port):
        log = open(os.path.join(self.folder, name + ".log"), "w")
        print("    " + " ".join(command), flush=True)
        process = self.start(command, ROUTER_CORE, stdout=subprocess.DEVNULL, stderr=log)
        await_port(port, process, name)
        return f"{name}=http://127.0.0.1:{port}:{process.pid}"

    def nginx(self, urls):
        port = free_port()
        path = os.path.join(self.folder, "nginx.conf")
        servers = " ".join(f"server {url.removeprefix('http://')};" for url in urls)
        with open(path, "w") as file:
            file.write(NGINX.format(folder=self.folder, port=port, servers=servers))
        return self.peer("nginx", [shutil.which("nginx"), "-c", path], port)

    def haproxy(self, urls):
        port = free_port()
        path = os.path.join(self.folder, "haproxy.cfg")
        servers = "\n".join(
            f"  server engine{place} {url.removeprefix('http://')}" for place, url in enumerate(urls))
        with open(path, "w") as file:
            file.write(HAPROXY.format(port=port, servers=servers))
        return self.peer("haproxy", [shutil.which("haproxy"), "-db", "-f", path], port)

    def vllm_router(self, program, name, workers):
        port = free_port()
        command = [
            program, "--host", "127.0.0.1", "--port", str(port), "--prometheus-port",
            str(free_port()), "--policy", "round_robin", "--log-level", "error",
            "--worker-startup-check-interval", "1", *workers]
        return self.peer(name, command, port)

    def logging(self, urls):
        port = free_port()
        command = [
            os.path.join(RELEASE, "vllm-router"), "--port", str(port), "--prometheus-port",
            str(free_port()), "--policy", "round_robin", "--worker-urls", *urls]
        return self.peer("ours-logging", command, port)

    def started(self, given, groups):
        """A router started as `given` says: NAME=COMMAND, with {port}, {metrics_port}, and the
        workers' URLs as {engines}, {prefill} and {decode}; {engines:--flag} puts a flag before
        each."""
        name, equals, text = given.partition("=")
        if not (re.fullmatch(r"[\w.-]+", name) and equals and "{port}" in text):
            sys.exit(f"compare: {given!r} is not NAME=COMMAND with {{port}} in the command")
        port = free_port()

        def fill(match):
            group, flag = match[1], match[2]
            if group not in groups:
                sys.exit(f"compare: no workers are called {{{group}}}: {', '.join(groups)}")
            urls = groups[group]
            return " ".join(f"{flag} {url}" for url in urls) if flag else " ".join(urls)

        text = text.replace("{port}", str(port)).replace("{metrics_port}", str(free_port()))
        command = shlex.split(re.sub(r"\{(\w+)(?::([^}\s]+))?\}", fill, text))
        if shutil.which(command[0]) is None:
            sys.exit(f"compare: there is no program {command[0]} for {name}")
        return self.peer(name, command, port)

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()

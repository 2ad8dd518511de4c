"""Starting servers, and reading from /proc what they cost."""

import contextlib
import os
import pathlib
import random
import shutil
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("ROUNDTABLE_BIN", ROOT / ".build/release"))

CORES = sorted(os.sched_getaffinity(0))
#: The proxy has the first core to itself; what loads it and what answers it share the last one.
PROXY_CORE, LOAD_CORE = CORES[0], CORES[-1]


def binary(name):
    return BINARIES / name


def pinned(command, core):
    return ["taskset", "-c", str(core), *map(str, command)]


#: Below the system's own range, whose ports any connection may be given, and apart for all processes that tests run in.
_PORTS = range(
    10_000 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")), 32_000, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
_given = set()


def free_port():
    """A port that nobody listens on, and that no earlier call gave: it is bound only later, by the program that is started."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                return port


class Server:
    """A server process, pinned to `core`, from the moment when its port answers. What it says goes to `log`, or a pipe."""

    seconds_to_start = 10
    seconds_to_end = 5
    seconds_to_warm_up = 1
    seconds_between_looks = 0.02
    log = None

    def __init__(self, command, port, measures_child=False, environment=None, core=None):
        self.command, self.port, self.measures_child = command, port, measures_child
        self.environment, self.core = environment, core

    def __enter__(self):
        command = self.command if self.core is None else pinned(self.command, self.core)
        environment = {**os.environ, **(self.environment or {})}
        with contextlib.nullcontext(subprocess.PIPE) if self.log is None else open(self.log, "a") as err:
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=err, env=environment)
        deadline = time.monotonic() + self.seconds_to_start
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    said = self.log.read_text() if self.log else self.process.communicate()[1].decode(errors="replace")
                    raise SystemExit(f"bench: {self.command[0]} does not serve on port {self.port}:\n{said[-2000:]}")
                time.sleep(self.seconds_between_looks)

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.communicate(timeout=self.seconds_to_end)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()

    @property
    def worker(self):
        """The process that does the work: nginx's is the master's only child."""
        pid = self.process.pid
        if self.measures_child:
            pid = int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
        return pid

    def cpu_seconds(self):
        """Time of all threads of the worker in its own code, and in the kernel."""
        fields = pathlib.Path(f"/proc/{self.worker}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) / os.sysconf("SC_CLK_TCK"), int(fields[12]) / os.sysconf("SC_CLK_TCK")

    def rss_bytes(self):
        for line in pathlib.Path(f"/proc/{self.worker}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise SystemExit("bench: /proc has no VmRSS")


def missing(commands):
    return [command for command in commands if shutil.which(command) is None]

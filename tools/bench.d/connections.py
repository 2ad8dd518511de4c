"""What connections cost that do nothing, or little: memory of an idle one, and a normal client's latency beside thousands."""

import contextlib
import os
import pathlib
import resource
import socket
import ssl
import statistics
import subprocess
import tempfile
import time

import certificates
import messages
import processes
import proxies

IDLE, SLOW, ASKED = 10_000, 2_000, 5_000
#: Opened before those that are counted: what the first ones take is not theirs alone.
FIRST = 100
#: After so many seconds all that is done once a second has been done, and its code is no longer counted.
SETTLED = 2.5
#: For these, the normal client, listeners, files.
SPARE = 300


def _counts():
    """How many idle and slow connections there is room for: the dataplane keeps half of its descriptors for backends."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    room = hard // 2 - SPARE
    idle = min(IDLE, room - SLOW)
    if idle < SLOW:
        raise SystemExit(f"bench: {2 * (2 * SLOW + SPARE)} descriptors are needed, the hard limit is {hard}")
    if idle < IDLE:
        print(f"{idle} idle connections instead of {IDLE}: the hard limit is {hard} descriptors")
    return idle, SLOW


class _Held:
    """`count` connections that another process opens and holds: "plain" or "tls" and idle, or "slow", which sends over TLS."""

    def __init__(self, directory, port, count, kind):
        program = directory / "holder"
        if not program.exists():
            subprocess.run(["cc", "-O2", "-o", program, proxies.HERE / "holder.c", "-lssl", "-lcrypto"], check=True)
        self.command = processes.pinned([program, port, count, kind], processes.LOAD_CORE)

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "open\n":
            self.process.wait()
            raise SystemExit(f"bench: {' '.join(self.command)} could not open its connections")
        return self

    def __exit__(self, fault, *_):
        lost = self.process.communicate()[0].strip()
        if fault is None and lost != "0":
            raise SystemExit(f"bench: the server closed {lost} of the connections that were to be held, so this run measures nothing")


def _idle_bytes(directory, server, kind, count):
    """Memory of the worker for each of `count` connections that are open and have nothing to say."""
    with _Held(directory, server.port, FIRST, kind):
        time.sleep(SETTLED)
        before = server.rss_bytes()
        with _Held(directory, server.port, count, kind):
            time.sleep(1.5)
            return (server.rss_bytes() - before) / count


def _latencies(port, tls):
    """Microseconds of each of a normal client's requests, one after the other on one connection."""
    request = messages.request()
    with socket.create_connection(("127.0.0.1", port)) as plain, tls.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
        stream, took = connection.makefile("rb"), []
        for _ in range(ASKED):
            begun = time.perf_counter()
            connection.sendall(request)
            status, length = stream.readline(), 0
            while (line := stream.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            stream.read(length)
            took.append((time.perf_counter() - begun) * 1e6)
            if b" 200 " not in status:
                raise SystemExit(f"bench: the normal client was answered {status}")
        return took


def _p99(took):
    return statistics.quantiles(took, n=100)[98]


def _start(name, directory, upstream_port, kind, count):
    # nginx begins to close idle ones when a sixteenth is left; HAProxy wants two descriptors for each
    options = {"nginx": {"connections": 2 * count}, "haproxy": {"connections": count + FIRST + 50}}.get(name, {})
    server = proxies.ALL[name](directory, processes.free_port(), upstream_port, tls="none" if kind == "plain" else "client", **options)
    server.core = processes.PROXY_CORE
    return server


def _beside(directory, upstream_port, asking, idle, slow):
    """A normal client's p99 over TLS alone, and beside the others; what the dataplane's memory grew by meanwhile."""
    with _start("dataplane", directory, upstream_port, "tls", idle + slow) as server:
        alone = _p99(_latencies(server.port, asking))
        before = server.rss_bytes()
        with _Held(directory, server.port, idle, "tls"), _Held(directory, server.port, slow, "slow"):
            beside = _p99(_latencies(server.port, asking))
            return {"p99_us": {"alone": alone, "beside": beside}, "grown_bytes": server.rss_bytes() - before}


def measure(names):
    idle, slow = _counts()
    # the clients and the upstream share a core, as in the other measurements
    os.sched_setaffinity(0, {processes.LOAD_CORE})
    with tempfile.TemporaryDirectory(prefix="roundtable-connections-") as temporary, contextlib.ExitStack() as stack:
        directory = pathlib.Path(temporary)
        asking = ssl.create_default_context(cafile=certificates.make(directory)[0])
        upstream = proxies.upstream(directory, processes.free_port(), messages.ANSWER)
        upstream.core = processes.LOAD_CORE
        stack.enter_context(upstream)
        print(f"bytes of an idle connection, {idle} of them\n{'':10}{'plain':>10}{'TLS':>10}")
        bytes_each = {}
        for name in names:
            for kind in ("plain", "tls"):
                with _start(name, directory, upstream.port, kind, idle) as server:
                    bytes_each.setdefault(name, {})[kind] = _idle_bytes(directory, server, kind, idle)
            print(f"{name:10}{bytes_each[name]['plain']:10.0f}{bytes_each[name]['tls']:10.0f}", flush=True)
        found = _beside(directory, upstream.port, asking, idle, slow)
        alone, beside = found["p99_us"]["alone"], found["p99_us"]["beside"]
        print(f"a normal client's p99 over TLS: {alone:.0f} µs alone, {beside:.0f} µs beside {idle} idle and {slow} slow TLS connections "
              f"({beside / alone:.2f} times); {found['grown_bytes'] / 1e6:.0f} MB for {idle + slow}")
        return {"connections": {"idle": idle, "slow": slow}, "idle_bytes": bytes_each, **found}

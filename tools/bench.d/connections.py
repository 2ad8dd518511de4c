"""What connections cost that do nothing, or little: memory of an idle one, and a normal client's latency beside thousands."""

import contextlib
import pathlib
import resource
import socket
import ssl
import statistics
import tempfile
import threading
import time

import certificates
import messages
import processes
import proxies

IDLE, SLOW, ASKED = 10_000, 2_000, 3_000


def _raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < IDLE + SLOW + 1_000:
        raise SystemExit(f"bench: {IDLE + SLOW + 1_000} descriptors are needed, the hard limit is {hard}")


def _connect(port, tls):
    connection = socket.create_connection(("127.0.0.1", port))
    return tls.wrap_socket(connection, server_hostname="127.0.0.1") if tls else connection


def _idle_bytes(server, port, tls, count):
    """Memory of the worker for each of `count` connections that are open and have nothing to say."""
    with contextlib.ExitStack() as stack:
        for _ in range(100):  # what the first ones take is not theirs alone
            stack.enter_context(_connect(port, tls))
        time.sleep(0.5)
        before = server.rss_bytes()
        for _ in range(count):
            stack.enter_context(_connect(port, tls))
        time.sleep(1.5)
        return (server.rss_bytes() - before) / count


class _SlowSenders:
    """Each sends a request's head, then a byte of its body now and then, over TLS."""

    def __init__(self, port, count, tls):
        self.connections = [_connect(port, tls) for _ in range(count)]
        head = b"POST /chat/1.0/chat/completions HTTP/1.1\r\nHost: bench.local\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
        for connection in self.connections:
            connection.sendall(head)
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._send, daemon=True)
        self.thread.start()

    def _send(self):
        while not self.stopping.is_set():
            for connection in self.connections:
                with contextlib.suppress(OSError):
                    connection.sendall(b" ")
            self.stopping.wait(1)

    def close(self):
        self.stopping.set()
        self.thread.join()
        for connection in self.connections:
            connection.close()


def _latencies(port, tls):
    """Microseconds of each of a normal client's requests, one after the other on one connection."""
    body = messages.REQUEST
    request = (b"POST /chat/1.0/chat/completions HTTP/1.1\r\nHost: bench.local\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)) + body
    with _connect(port, tls) as connection:
        stream, took = connection.makefile("rb"), []
        for _ in range(ASKED):
            begun = time.perf_counter()
            connection.sendall(request)
            length = 0
            while (line := stream.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            stream.read(length)
            took.append((time.perf_counter() - begun) * 1e6)
        return took


def _p99(took):
    return statistics.quantiles(took, n=100)[98]


def _start(name, directory, upstream_port, tls):
    server = proxies.ALL[name](directory, processes.free_port(), upstream_port, tls="client" if tls else "none")
    server.core = processes.PROXY_CORE
    return server


def measure(names):
    _raise_descriptor_limit()
    with tempfile.TemporaryDirectory(prefix="roundtable-connections-") as temporary, contextlib.ExitStack() as stack:
        directory = pathlib.Path(temporary)
        asking = ssl.create_default_context(cafile=certificates.make(directory)[0])
        upstream = proxies.upstream(directory, processes.free_port(), messages.ANSWER)
        upstream.core = processes.LOAD_CORE
        stack.enter_context(upstream)
        idle = {}
        for name in names:
            for kind, tls in (("plain", None), ("TLS", asking)):
                with _start(name, directory, upstream.port, tls) as server:
                    idle.setdefault(name, {})[kind] = _idle_bytes(server, server.port, tls, IDLE)
        print(f"bytes of an idle connection, {IDLE} of them\n{'':10}{'plain':>10}{'TLS':>10}")
        for name, kinds in idle.items():
            print(f"{name:10}{kinds['plain']:10.0f}{kinds['TLS']:10.0f}")

        with _start("dataplane", directory, upstream.port, asking) as server:
            baseline = _p99(_latencies(server.port, asking))
            before = server.rss_bytes()
            held = [stack.enter_context(_connect(server.port, asking)) for _ in range(IDLE)]
            slow = _SlowSenders(server.port, SLOW, asking)
            loaded = _p99(_latencies(server.port, asking))
            grown = server.rss_bytes() - before
            slow.close()
        print(f"a normal client's p99 over TLS: {baseline:.0f} µs alone, {loaded:.0f} µs beside {IDLE} idle and {SLOW} slow TLS connections "
              f"({loaded / baseline:.2f} times); {grown / 1e6:.0f} MB for {len(held) + SLOW}")
        return {"idle": idle, "connections": {"idle": IDLE, "slow": SLOW}, "p99_us": {"alone": baseline, "beside": loaded}, "grown_bytes": grown}

"""Calls of the allocator per request in the dataplane's steady state."""

import pathlib
import socket
import ssl
import struct
import subprocess
import tempfile
import threading

import certificates
import messages
import processes
import proxies

WARM_UP, REQUESTS, CONNECTIONS = 500, 2_000, 8
CALLS = ("malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign", "free")
EVENTS = [b'data: {"choices":[{"index":0,"delta":{"content":"word %d"}}]}\n\n' % number for number in range(10)] + [b"data: [DONE]\n\n"]


def _read_message(stream):
    """Head and body of one HTTP message of known or chunked length; None at the end of the stream."""
    head = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        head.append(line.lower())
    if not head:
        return None
    if any(line.startswith(b"transfer-encoding:") for line in head):
        body = b""
        while size := int(stream.readline().split(b";")[0], 16):
            body += stream.read(size + 2)[:-2]
        stream.readline()
    else:
        length = next((int(line.split(b":")[1]) for line in head if line.startswith(b"content-length:")), 0)
        body = stream.read(length)
    return head, body


class Upstream:
    """Answers every request: a request with `"stream"` event by event, any other at once. `tls`: an ssl.SSLContext."""

    def __init__(self, tls=None):
        self.tls = tls
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            connection, _ = self.listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        if self.tls:
            connection = self.tls.wrap_socket(connection, server_side=True)
        stream = connection.makefile("rb")
        while message := _read_message(stream):
            if b'"stream"' in message[1]:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
                for event in EVENTS:
                    connection.sendall(b"%x\r\n%s\r\n" % (len(event), event))
                connection.sendall(b"0\r\n\r\n")
            else:
                answer = messages.ANSWER.encode()
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))


class Client:
    def __init__(self, port, tls=None, query=b"", fields=b""):
        self.query, self.fields = query, fields
        self.connection = socket.create_connection(("127.0.0.1", port))
        if tls:
            self.connection = tls.wrap_socket(self.connection, server_hostname="127.0.0.1")
        self.stream = self.connection.makefile("rb")

    def ask(self, body):
        self.connection.sendall(messages.request(body, self.query, self.fields))
        message = _read_message(self.stream)
        if message is None or b" 200 " not in message[0][0]:
            raise SystemExit(f"bench: the dataplane answered {message and message[0][0]!r}")


#: What a request needs to meet the conditions of features.yaml, and what is done with it there.
FEATURES = {
    "query": b"?x=%20&version=1+0",
    "fields": b"X-Tier: gold\r\nX-Trace: 09af\r\nX-Set: old\r\nX-Session: s1\r\nOrigin: https://page.example.com\r\n",
}


def _steady_state(port, counts, body, tls, **options):
    """Calls of each kind per request, after a warm-up on the same connections."""
    clients = [Client(port, tls, **options) for _ in range(CONNECTIONS)]

    def read():
        return struct.unpack("<7Q", counts.read_bytes())

    for number in range(WARM_UP):
        clients[number % CONNECTIONS].ask(body)
    before = read()
    for number in range(REQUESTS):
        clients[number % CONNECTIONS].ask(body)
    return {call: (after - earlier) / REQUESTS for call, after, earlier in zip(CALLS, read(), before)}


def _counting(directory):
    """The file that a program's calls are counted in, and the environment that makes it count."""
    library, counts = directory / "counter.so", directory / "counts"
    source = processes.ROOT / "Tests/AllocationCounter/counter.c"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source], check=True)
    return counts, {"LD_PRELOAD": str(library), "ROUNDTABLE_ALLOCATION_COUNTS": str(counts)}


def measure_with(documents, fields=b"", query=b""):
    """Calls per plain request with `fields` in its head and `query` behind its path, at the bench's policies and further
    `documents`."""
    with tempfile.TemporaryDirectory(prefix="roundtable-mallocs-") as temporary:
        directory = pathlib.Path(temporary)
        counts, environment = _counting(directory)
        (directory / "policies.yaml").write_text("\n---\n".join([(proxies.HERE / "routes.yaml").read_text(), *documents]))
        with proxies.dataplane(directory, processes.free_port(), Upstream().port, environment, policy=str(directory / "policies")) as server:
            return _steady_state(server.port, counts, messages.REQUEST, None, fields=fields, query=query)


def tls_contexts(directory):
    """Of an upstream, and of clients that trust it and the dataplane."""
    certificate, key, _ = certificates.make(directory)
    serving, asking = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=certificate)
    serving.load_cert_chain(certificate, key)
    return serving, asking


def measure():
    absent = [name for name in ("rtblc", "dataplane") if not processes.binary(name).exists()]
    if absent:
        raise SystemExit(f"bench: {' and '.join(absent)} not in {processes.BINARIES}; build with swift build -c release")
    with tempfile.TemporaryDirectory(prefix="roundtable-mallocs-") as temporary:
        directory = pathlib.Path(temporary)
        counts, environment = _counting(directory)
        plain = messages.REQUEST
        streaming = plain.replace(b'{"model"', b'{"stream": true, "model"', 1)
        results = {}
        serving, asking = tls_contexts(directory)
        for suffix, tls, upstream, client in (("", "none", Upstream(), None), (", TLS", "both", Upstream(serving), asking)):
            with proxies.dataplane(directory, processes.free_port(), upstream.port, environment, tls) as server:
                for kind, body in (("plain", plain), ("streaming", streaming)):
                    results[kind + suffix] = _steady_state(server.port, counts, body, client)
        with proxies.dataplane(directory, processes.free_port(), Upstream().port, environment, policy="features", more=["--access-log", directory / "access.log"]) as server:
            for kind, body in (("plain", plain), ("streaming", streaming)):
                results[f"{kind}, all on"] = _steady_state(server.port, counts, body, None, **FEATURES)
        print(f"calls per request, {REQUESTS} requests on {CONNECTIONS} kept connections after {WARM_UP} to warm up")
        print(f"{'':18}" + "".join(f"{call:>15}" for call in CALLS))
        for kind, calls in results.items():
            print(f"{kind:18}" + "".join(f"{calls[call]:15.3f}" for call in CALLS))
        return {"requests": REQUESTS, "per_request": results}

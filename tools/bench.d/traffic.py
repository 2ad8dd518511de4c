"""Clients that ask one after the other, and an upstream: for what is counted and not timed."""

import contextlib
import socket
import ssl
import threading

import certificates
import messages
import processes
import proxies

CONNECTIONS = 8
EVENTS = [b'data: {"choices":[{"index":0,"delta":{"content":"word %d"}}]}\n\n' % number for number in range(10)] + [b"data: [DONE]\n\n"]
#: A request that is answered event by event.
STREAMING = messages.REQUEST.replace(b'{"model"', b'{"stream": true, "model"', 1)


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
        self.send(body)
        self.receive()

    def send(self, body):
        self.connection.sendall(messages.request(body, self.query, self.fields))

    def receive(self):
        message = _read_message(self.stream)
        if message is None or b" 200 " not in message[0][0]:
            raise SystemExit(f"bench: the dataplane answered {message and message[0][0]!r}")


def ask(clients, count, body=messages.REQUEST):
    """`count` requests in all, one after the other."""
    for number in range(count):
        clients[number % len(clients)].ask(body)


#: What a request needs to meet the conditions of features.yaml, and what is done with it there.
FEATURES = {
    "query": b"?x=%20&version=1+0",
    "fields": b"X-Tier: gold\r\nX-Trace: 09af\r\nX-Set: old\r\nX-Session: s1\r\nOrigin: https://page.example.com\r\n",
}


def tls_contexts(directory):
    """Of an upstream, and of clients that trust it and the dataplane."""
    certificate, key, _ = certificates.make(directory)
    serving, asking = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=certificate)
    serving.load_cert_chain(certificate, key)
    return serving, asking


@contextlib.contextmanager
def dataplane(directory, tls="none", all_on=False, environment=None, more=()):
    """A dataplane between an Upstream and the clients that it yields; `all_on`: with all that features.yaml asks for, and
    its access log."""
    serving, asking = tls_contexts(directory) if tls == "both" else (None, None)
    policy, options = ("features", FEATURES) if all_on else ("routes", {})
    more = [*more, *(["--access-log", directory / "access.log"] if all_on else [])]
    with proxies.dataplane(directory, processes.free_port(), Upstream(serving).port, environment, tls, policy, more) as server:
        yield [Client(server.port, asking, **options) for _ in range(CONNECTIONS)]

"""A backend that records every byte it receives, and answers as a test tells it to, faults included."""

import dataclasses
import json
import socket
import struct
import threading
import time

OK = {"id": "chatcmpl-1", "object": "chat.completion", "model": "served", "choices": [], "usage": {"total_tokens": 1}}


# What a script consists of: bytes to send, and these.
@dataclasses.dataclass
class Wait:
    seconds: float


@dataclasses.dataclass
class Hang:
    """Say nothing more until the other side or the test ends."""


@dataclasses.dataclass
class Close:
    """End the connection in order; over TLS with a close_notify, unless it is `cut`."""

    cut: bool = False


@dataclasses.dataclass
class Reset:
    """End the connection with RST."""


def answer(status=200, headers=(), body=OK, framing=True):
    """The bytes of an answer. A body given as anything but bytes is encoded as JSON."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers)]
    if "content-type" not in {name.lower() for name, _ in headers} and body:
        lines.append("Content-Type: application/json")
    if framing:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def stream(pieces, delay=0.0, headers=(("Content-Type", "text/event-stream"),)):
    """The script of a chunked answer, a chunk each `delay` seconds."""
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in headers), "Transfer-Encoding: chunked"]
    script = ["\r\n".join(lines).encode() + b"\r\n\r\n"]
    for piece in pieces:
        script += [b"%x\r\n%s\r\n" % (len(piece), piece), Wait(delay)]
    return script + [b"0\r\n\r\n"]


@dataclasses.dataclass
class Received:
    """One request, with the bytes that it came in."""

    head: bytes
    body: bytes
    raw: bytes
    connection: int
    time: float

    @property
    def line(self):
        return self.head.split(b"\r\n", 1)[0].decode("latin-1")

    @property
    def headers(self):
        return [tuple(part.strip() for part in line.decode("latin-1").split(":", 1)) for line in self.head.split(b"\r\n")[1:] if line]

    def __getitem__(self, name):
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def model(self):
        return json.loads(self.body)["model"]


class ScriptedBackend:
    """`script(request, number)` returns bytes, or a list of bytes and steps. With `early` it is asked as soon as the head
    is there, and the body is never read; `request.body` is empty then. With `tls`, an ssl.SSLContext, it speaks TLS, and
    `handshakes` tells of each connection: (server name, resumed, version), or the fault that ended its handshake."""

    def __init__(self, script=None, early=False, tls=None):
        self.script = script or (lambda request, number: answer())
        self.early = early
        self.tls = tls
        if tls:
            tls.sni_callback = lambda secured, name, context: setattr(secured, "asked_name", name)
        self.handshakes = []
        self.requests = []
        self.connections = []  # all bytes received, one bytearray a connection
        self.ended = []  # time.monotonic() at which the other side ended connection N, or None
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.sockets = []

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.stop_listening()
        for connection in self.sockets:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop_listening(self):
        """Refuses connections from now on; those that are open stay."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass # done before
        self.listener.close()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def models(self):
        """The models asked for, in the order of arrival."""
        return [request.model for request in self.requests]

    def await_requests(self, count, within=5):
        deadline = time.monotonic() + within
        while len(self.requests) < count:
            assert time.monotonic() < deadline, f"{len(self.requests)} requests after {within} s, not {count}"
            time.sleep(0.005)
        return self.requests

    def await_end(self, connection=0, within=5):
        """The time at which the other side ended the connection."""
        deadline = time.monotonic() + within
        while len(self.ended) <= connection or self.ended[connection] is None:
            assert time.monotonic() < deadline, f"connection {connection} still open after {within} s"
            time.sleep(0.005)
        return self.ended[connection]

    def _accept(self):
        while not self.stopping.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                number = len(self.connections)
                self.connections.append(bytearray())
                self.ended.append(None)
                self.sockets.append(connection)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _secure(self, connection):
        """The connection with TLS on it; None if the handshake failed."""
        try:
            secured = self.tls.wrap_socket(connection, server_side=True)
        except OSError as fault:
            self.handshakes.append(fault)
            connection.close()
            return None
        with self.lock:
            self.sockets.append(secured)
        self.handshakes.append((getattr(secured, "asked_name", None), secured.session_reused, secured.version()))
        return secured

    def _serve(self, connection, number):
        if self.tls and not (connection := self._secure(connection)):
            self.ended[number] = time.monotonic()
            return
        reader = _Reader(connection, self.connections[number])
        try:
            while True:
                head, body, raw = reader.request(with_body=not self.early)
                with self.lock:
                    received = Received(head, body, raw, number, time.monotonic())
                    self.requests.append(received)
                    count = len(self.requests) - 1
                if not self._play(self.script(received, count), connection, number):
                    return
        except (EOFError, OSError):
            self.ended[number] = self.ended[number] or time.monotonic()
            connection.close()

    def _play(self, script, connection, number):
        """Whether the connection goes on."""
        for step in [script] if isinstance(script, bytes) else script:
            match step:
                case bytes():
                    connection.sendall(step)
                case Wait(seconds):
                    self.stopping.wait(seconds)
                case Hang():
                    while not self.stopping.is_set():
                        if connection.recv(65536) == b"":
                            raise EOFError
                case Close(cut):
                    if self.tls and not cut:
                        connection = connection.unwrap()
                    connection.close()
                    return False
                case Reset():
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    connection.close()
                    return False
        return True


class _Reader:
    """Cuts a connection's bytes into requests, and keeps all of them."""

    def __init__(self, connection, record):
        self.connection, self.record = connection, record
        self.buffer = b""

    def _more(self):
        data = self.connection.recv(1 << 20)
        if not data:
            raise EOFError
        self.record += data
        self.buffer += data

    def _until(self, mark, start):
        """The offset behind the next `mark`."""
        while (found := self.buffer.find(mark, start)) < 0:
            self._more()
        return found + len(mark)

    def _at_least(self, length):
        pieces, total = [self.buffer], len(self.buffer)
        while total < length:
            data = self.connection.recv(1 << 20)
            if not data:
                raise EOFError
            self.record += data
            pieces.append(data)
            total += len(data)
        self.buffer = b"".join(pieces)

    def request(self, with_body=True):
        end = self._until(b"\r\n\r\n", 0)
        head, body = self.buffer[: end - 2], b""
        fields = {
            name.strip().lower(): value.strip().lower() for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
        }
        if not with_body:
            pass
        elif fields.get(b"transfer-encoding") == b"chunked":
            while True:
                line_end = self._until(b"\r\n", end)
                size = int(self.buffer[end:line_end].split(b";")[0], 16)
                end = line_end + size + 2
                self._at_least(end)
                if size == 0:
                    break
                body += self.buffer[line_end : end - 2]
        else:
            length = int(fields.get(b"content-length", b"0"))
            self._at_least(end + length)
            body = self.buffer[end : end + length]
            end += length
        raw, self.buffer = self.buffer[:end], self.buffer[end:]
        return head, body, raw


class DeadBackend:
    """A port that refuses connections, and that nobody else can take meanwhile."""

    def __enter__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        return self

    def __exit__(self, *_):
        self.socket.close()

"""An HTTP/1.1 client that hides nothing: what it sends is given in bytes, what it receives is kept with its time."""

import dataclasses
import json
import socket
import time

TIMEOUT = 10


def request(method="POST", path="/chat/1.0/chat/completions", host="chat.local", body=b"", headers=(), version="1.1"):
    """The bytes of a request. A body given as anything but bytes is encoded as JSON. Content-Length unless `headers` frame it."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/{version}", f"Host: {host}", *(f"{name}: {value}" for name, value in headers)]
    names = {name.lower() for name, _ in headers}
    if body and "content-type" not in names:
        lines.append("Content-Type: application/json")
    if "content-length" not in names and "transfer-encoding" not in names and (body or method == "POST"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(*pieces):
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"


class Truncated(Exception):
    """The connection ended within an answer. Holds what of the body had come."""

    def __init__(self, answer):
        super().__init__(f"{answer.status}, {len(answer.body)} bytes")
        self.answer = answer


@dataclasses.dataclass
class Answer:
    status: int
    headers: list  # (name, value) in order
    body: bytes = b""
    #: (time.monotonic(), bytes) as each chunk of a chunked body was complete
    chunks: list = dataclasses.field(default_factory=list)

    def __getitem__(self, name):
        """The values of a header field, joined; None without one."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def json(self):
        return json.loads(self.body)


class Connection:
    """With `tls`, an ssl.SSLContext, over TLS, asking for `server_name`."""

    def __init__(self, port, timeout=TIMEOUT, receive_buffer=None, tls=None, server_name="chat.local", session=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=server_name, session=session)
        self.stream = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stream.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def read_head(self):
        """The next head, 100 Continue included."""
        start = self.stream.readline()
        if not start:
            raise EOFError("closed before an answer")
        version, status, _ = start.decode("latin-1").split(" ", 2)
        assert version == "HTTP/1.1", start
        headers = []
        while (line := self.stream.readline()) != b"\r\n":
            assert line.endswith(b"\r\n"), f"head cut short at {line!r}"
            name, value = line.decode("latin-1").rstrip("\r\n").split(":", 1)
            headers.append((name, value.strip()))
        return Answer(int(status), headers)

    def read_answer(self, method="POST"):
        answer = self.read_head()
        while answer.status < 200:
            answer = self.read_head()
        if method == "HEAD" or answer.status in (204, 304):
            return answer
        if answer["Transfer-Encoding"]:
            assert answer["Transfer-Encoding"].lower() == "chunked" and answer["Content-Length"] is None
            self._read_chunks(answer)
        elif answer["Content-Length"] is not None:
            answer.body = self.stream.read(int(answer["Content-Length"]))
            if len(answer.body) < int(answer["Content-Length"]):
                raise Truncated(answer)
        else:
            answer.body = self.stream.read()
        return answer

    def _read_chunks(self, answer):
        while True:
            try:
                size = self.stream.readline()
                if not size.endswith(b"\r\n"):
                    raise Truncated(answer)
                length = int(size.split(b";")[0], 16)
                piece = self.stream.read(length + 2)
            except ConnectionError:
                raise Truncated(answer) from None
            if len(piece) < length + 2:
                raise Truncated(answer)
            assert piece.endswith(b"\r\n"), piece
            if length == 0:
                return
            answer.chunks.append((time.monotonic(), piece[:-2]))
            answer.body += piece[:-2]

    def ask(self, data, method=None):
        self.send(data)
        return self.read_answer(method or data.split(b" ", 1)[0].decode())

    def is_closed(self, within=2):
        """Whether the other side ends the connection, without another byte."""
        self.socket.settimeout(within)
        try:
            return self.stream.read(1) == b""
        except TimeoutError:
            return False
        except ConnectionError:
            return True


CHAT = {"model": "any", "messages": [{"role": "user", "content": "Hi"}]}


def ask(server, data=None, **options):
    """One request on a connection of its own."""
    with Connection(server.port) as connection:
        return connection.ask(request(**{"body": CHAT, **options}) if data is None else data)

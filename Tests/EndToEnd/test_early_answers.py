"""Backends that answer before they have seen the request, and break the connection off: nothing crashes, nothing is said twice."""

import contextlib
import socket
import ssl
import struct
import threading

import pytest

from support.certificates import Authority
from support.scripted import answer
from support.wire import CHAT, Connection, request

REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy"


class Rude:
    """Says `words` to whoever connects, then resets the connection, or leaves it to what the client sends."""

    def __init__(self, words, resets, tls=None):
        self.words, self.resets, self.tls = words, resets, tls
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._speak, args=(connection,), daemon=True).start()

    def _speak(self, connection):
        with contextlib.suppress(OSError):
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            connection.sendall(self.words)
            if self.resets:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def close(self):
        self.listener.close()


@pytest.mark.parametrize("resets", [True, False], ids=["resets", "closes"])
@pytest.mark.parametrize("words", [REFUSAL, REFUSAL[:-2], REFUSAL[:30], b""], ids=["whole", "cut", "head cut", "nothing"])
@pytest.mark.parametrize("version", [None, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["plain", "TLS 1.2", "TLS 1.3"])
def test_a_backend_that_refuses_before_it_is_asked(scripted, serve, tmp_path, version, words, resets):
    authority = Authority(tmp_path) if version else None
    tls = authority.server("127.0.0.1") if version else None
    if tls:
        tls.maximum_version = version
    rude, good = Rude(words, resets, tls), scripted(lambda received, number: answer())
    arguments = ["--workers", "1", *(["--upstream-ca", authority.file] if authority else [])]
    server = serve({"one": rude, "two": good}, args=arguments, production=[("A", "one"), ("B", "two")])
    statuses = set()
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(Connection(server.port)) for _ in range(8)]
        for _ in range(12):
            for connection in connections:
                connection.send(request(body=CHAT))
            for connection in connections:
                got = connection.read_answer()
                statuses.add(got.status)
                assert got.status in (200, 502, 503), got
    assert 200 in statuses
    assert server.admin("/livez")[0] == 200 and server.process.poll() is None
    rude.close()

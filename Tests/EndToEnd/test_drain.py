"""SIGTERM while clients are idle, busy, streaming, or about to come."""

import signal
import socket
import time

import pytest

from support.scripted import Wait, answer, stream
from support.wire import CHAT, Connection, request


@pytest.fixture
def one(serve):
    return lambda backend, *args: serve({"one": backend}, args=["--workers", "2", *args], production=[("A", "one")])


def test_idle_clients_are_closed_and_new_ones_refused(scripted, one):
    backend = scripted(lambda received, number: stream([b"data: x\n\n"] * 12, delay=0.5))
    dataplane = one(backend)
    with Connection(dataplane.port) as idle, Connection(dataplane.port) as busy:
        busy.send(request(body=CHAT))
        assert busy.read_head().status == 200
        dataplane.process.send_signal(signal.SIGTERM)
        begin = time.monotonic()
        while True:
            try:
                socket.create_connection(("127.0.0.1", dataplane.port), timeout=1).close()
            except ConnectionRefusedError:
                break
            assert time.monotonic() - begin < 1, "nobody will ever accept it"
            time.sleep(0.01)
        assert dataplane.admin("/readyz")[0] == 503 and dataplane.admin("/livez")[0] == 200
        assert idle.is_closed(within=6.5)
        assert 4.5 < time.monotonic() - begin < 6, "idle connections are closed after 5 s"
        rest = busy.stream.read()
        assert rest.count(b"data: x") == 12 and rest.endswith(b"0\r\n\r\n"), "what had begun is finished"
    assert dataplane.process.wait(timeout=2) == 0


def test_a_kept_connection_is_answered_once_more(scripted, one):
    dataplane = one(scripted())
    with Connection(dataplane.port) as kept:
        assert kept.ask(request(body=CHAT))["Connection"] is None
        dataplane.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        assert kept.ask(request(body=CHAT))["Connection"].lower() == "close" and kept.is_closed()
    assert dataplane.process.wait(timeout=3) == 0


def test_accepting_goes_on_for_the_drain_delay(scripted, one):
    dataplane = one(scripted(), "--drain-delay", "1")
    dataplane.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert dataplane.admin("/readyz")[0] == 503
    with Connection(dataplane.port) as late:
        assert late.ask(request(body=CHAT)).status == 200
    assert dataplane.process.wait(timeout=3) == 0


def test_the_drain_timeout_ends_what_never_ends(scripted, one):
    dataplane = one(scripted(lambda received, number: [Wait(30), answer()]), "--drain-timeout", "1")
    with Connection(dataplane.port) as connection:
        connection.send(request(body=CHAT))
        time.sleep(0.2)
        dataplane.process.send_signal(signal.SIGTERM)
        assert dataplane.process.wait(timeout=3) == 0

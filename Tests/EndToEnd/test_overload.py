"""Past each bound there is a clear answer, never growth; and whoever keeps within is not disturbed."""

import socket
import time

import pytest

from support.scripted import Hang, Wait, answer
from support.wire import CHAT, Connection, ask, request


def test_requests_beyond_the_limit_are_told_to_try_again(scripted, serve):
    backend = scripted(lambda received, number: [Hang()] if number < 2 else answer())
    dataplane = serve({"one": backend}, production=[("A", "one")], args=["--max-requests", "2"])
    waiting = [Connection(dataplane.port) for _ in range(2)]
    for connection in waiting:
        connection.send(request(body=CHAT))
    backend.await_requests(2)
    got = ask(dataplane)
    assert got.status == 503 and got["Retry-After"] == "1" and got.json["error"]["code"] == "overloaded"
    assert len(backend.requests) == 2
    for connection in waiting:
        connection.close()
    deadline = time.monotonic() + 3
    while ask(dataplane).status != 200:
        assert time.monotonic() < deadline, "the requests that ended still count"
        time.sleep(0.02)


def test_refused_requests_do_not_count_for_ever(scripted, serve):
    dataplane = serve({"one": scripted()}, production=[("A", "one")], args=["--max-requests", "1"])
    with Connection(dataplane.port) as connection:
        for _ in range(20):
            connection.send(request(path="/nothing", body=CHAT))
            assert connection.read_answer().status == 404
            connection.send(request(body=b"no json"))
            assert connection.read_answer().status == 400
    assert ask(dataplane).status == 200


def test_connections_of_one_client_are_bounded(scripted, serve):
    dataplane = serve({"one": scripted()}, production=[("A", "one")], args=["--max-connections-per-client", "3"])
    kept = [Connection(dataplane.port) for _ in range(3)]
    for connection in kept:
        connection.send(request(body=CHAT))
        assert connection.read_answer().status == 200
    with socket.create_connection(("127.0.0.1", dataplane.port), timeout=5) as another:
        said = another.recv(4096)
    assert said.startswith(b"HTTP/1.1 503 ") and b"Retry-After: 1\r\n" in said
    kept.pop().close()
    deadline = time.monotonic() + 3
    while True:
        try:
            with Connection(dataplane.port) as connection:
                connection.send(request(body=CHAT))
                if connection.read_answer().status == 200:
                    break
        except (OSError, EOFError):
            pass
        assert time.monotonic() < deadline, "a connection that has ended still counts"
        time.sleep(0.02)
    # another address has its own share
    with socket.create_connection(("127.0.0.1", dataplane.port), timeout=5, source_address=("127.0.0.2", 0)) as other:
        other.sendall(request(body=CHAT))
        assert other.recv(4096).startswith(b"HTTP/1.1 200 ")
    for connection in kept:
        connection.close()


def test_a_trickling_body_is_ended(scripted, serve):
    """A byte now and then is not silence, but it is too slow all the same."""
    dataplane = serve({"one": scripted()}, production=[("A", "one")], args=["--body-timeout", "0.5"])
    whole = request(body=b'{"model":"any","text":"' + b"a" * 5000 + b'"}')
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", dataplane.port), timeout=5) as client:
        client.sendall(whole[:300])
        said = b""
        client.settimeout(0.1)
        position = 300
        while not said and time.monotonic() < begun + 5:
            client.sendall(whole[position : position + 1])
            position += 1
            try:
                said = client.recv(4096)
            except TimeoutError:
                pass
    assert said.startswith(b"HTTP/1.1 408 "), said
    assert 0.4 < time.monotonic() - begun < 3


def test_a_slow_but_steady_body_arrives(scripted, serve):
    dataplane = serve({"one": scripted()}, production=[("A", "one")], args=["--body-timeout", "0.5"])
    whole = request(body=b'{"model":"any","text":"' + b"a" * 3000 + b'"}')
    with Connection(dataplane.port) as connection:
        for start in range(0, len(whole), 250):
            connection.send(whole[start : start + 250])
            time.sleep(0.1)
        assert connection.read_answer().status == 200

"""Nothing of one request shows in the answer to another, on the same connection or on any other."""

import os
import signal
import socket
import threading
import types

import pytest

from support.policies import Backend, Chat
from support.programs import Dataplane, compile_table
from support.scripted import Close, DeadBackend, Wait, answer
from support.wire import CHAT, Connection, ask, request

ONE_WORKER = ["--workers", "1"]


@pytest.fixture
def one(serve):
    return lambda backend, *args, **options: serve({"one": backend}, args=[*ONE_WORKER, *args], production=[("A", "one")], **options)


@pytest.mark.parametrize("version, rest", [("1.1", b"3\r\nabc\r\n0\r\n\r\n"), ("1.0", b"abc")])
def test_an_answer_that_ends_with_its_connection_has_nothing_of_an_answer_made_here(scripted, one, version, rest):
    dataplane = one(scripted(lambda received, number: [b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nabc", Wait(0.3), Close()]))
    with Connection(dataplane.port) as first:
        first.send(request(body=CHAT, version=version))
        assert first.read_head().status == 200
        assert ask(dataplane, path="/none").status == 404
        assert first.stream.read(len(rest)) == rest
        assert first.is_closed() if version == "1.0" else first.ask(request(path="/none", body=CHAT)).status == 404


@pytest.mark.parametrize("silence", [Close(), b"nonsense\r\n\r\n"], ids=["closed", "nonsense"])
def test_a_held_answer_is_not_given_to_a_later_request(scripted, serve, silence):
    """A says 429, B nothing: 502. A second request then finds neither: A's answer to the first must not come back."""
    limited = scripted(lambda received, number: answer(429, body={"to": "first"}))
    silent = scripted(lambda received, number: [silence])
    dataplane = serve({"one": limited, "two": silent}, args=ONE_WORKER, production=[("A", "one"), ("B", "two")], suspend=0)
    with Connection(dataplane.port) as connection:
        assert connection.ask(request(body=CHAT)).status == 502
        limited.stop_listening()
        silent.stop_listening()
        later = connection.ask(request(body=CHAT))
        assert later.status == 502 and b"first" not in later.body
    assert 'result="quota"} 1\n' in dataplane.metrics() and 'result="broken"} 1\n' in dataplane.metrics()


def test_a_held_answer_names_its_own_model(stack, scripted, serve):
    dead = stack.enter_context(DeadBackend())
    limited = scripted(lambda received, number: answer(429))
    dataplane = serve({"one": limited, "two": dead}, args=ONE_WORKER, production=[("A", "one"), ("B", "two")], suspend=0)
    got = ask(dataplane)
    assert (got.status, got["x-rtbl-model"], got["x-rtbl-attempts"]) == (429, "A", "2")


@pytest.mark.parametrize("size", range(32_766, 32_771))
def test_bytes_behind_an_answer_are_no_answer_to_the_next_request(scripted, one, size):
    """The answer may fill a received piece to its last byte: what follows it is still seen to be too much."""
    whole = answer(body=b"x" * (size - len(answer(body=b"x" * 32_000)) + 32_000))
    backend = scripted(lambda received, number: whole + answer(418, body=b"poison") if number == 0 else answer(body=b"good"))
    with Connection(one(backend).port) as connection:
        connection.send(request(body=CHAT) * 2)
        assert connection.read_answer().status == 200
        second = connection.read_answer()
        assert (second.status, second.body) == (200, b"good")


def test_a_backend_that_answers_before_it_is_asked(one, stack):
    """One that is too busy to read: what it says is passed on all the same."""
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=256))
    accepted = [] # kept, so that they stay open

    def accept():
        while True:
            try:
                accepted.append(listener.accept()[0])
            except OSError:
                return
            accepted[-1].sendall(answer(503, [("Connection", "close")], b"busy")) # it answers nothing else

    threading.Thread(target=accept, daemon=True).start()
    dataplane = one(types.SimpleNamespace(port=listener.getsockname()[1]))
    connections = [stack.enter_context(Connection(dataplane.port)) for _ in range(100)]
    os.kill(dataplane.pid, signal.SIGSTOP) # so that all of them are one turn's work, and the answers there before the next
    for connection in connections:
        connection.send(request(body=CHAT))
    os.kill(dataplane.pid, signal.SIGCONT)
    for connection in connections:
        got = connection.read_answer()
        assert (got.status, got.body) == (503, b"busy")


def test_pipelined_requests_that_fail_at_once(stack, serve, tmp_path):
    """A Backend that cannot be reached at all: each request fails within its own step, and the next one follows."""
    table = compile_table(tmp_path, Chat([Backend("one", 1)], production=[("A", "one")]).yaml())
    dataplane = stack.enter_context(Dataplane(table, {"one": "https://127.0.0.1:1"}, ONE_WORKER))
    count = 20_000
    with Connection(dataplane.port) as connection:
        sending = threading.Thread(target=connection.send, args=(request(body=CHAT) * count,))
        sending.start()
        for _ in range(count):
            assert connection.read_answer().status == 502
        sending.join()
        assert connection.ask(request(body=CHAT)).status == 502


def test_a_backend_that_refuses_early_and_breaks_off(scripted, serve):
    """Its answer is held while another target is tried; that the rest of the request cannot be sent to it changes nothing."""
    body = b'{"model":"x","pad":"' + b"p" * 8_000_000 + b'"}'
    hasty = scripted(lambda received, number: [answer(429, body={"from": "A"}), Close()], early=True)
    patient = scripted(lambda received, number: answer(body={"bytes": len(received.body)}))
    dataplane = serve({"one": hasty, "two": patient}, args=ONE_WORKER, production=[("A", "one"), ("B", "two")], suspend=0)
    for _ in range(20):
        got = ask(dataplane, body=body)
        assert (got.status, got["x-rtbl-model"]) == (200, "B") and got.json == {"bytes": len(body)}
    assert dataplane.process.poll() is None

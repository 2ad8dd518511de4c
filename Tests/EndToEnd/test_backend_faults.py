"""Answers that are broken, cut short or late: the client can always tell."""

import pytest

from support.scripted import Close, Hang, Reset, Wait, answer
from support.wire import CHAT, Connection, Truncated, ask, request

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def faulty(scripted, serve):
    """faulty(script) is a dataplane whose backend answers the first request so and others rightly."""

    def faulty(script, *args):
        backend = scripted(lambda received, number: script if number == 0 else answer())
        return serve({"one": backend}, args=["--workers", "1", *args], production=[("A", "one")])

    return faulty


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n",
        HEAD + b"Content-Length: x\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: gzip\r\n\r\nabc",
        HEAD + b"No colon here\r\n\r\n",
        HEAD + b"X: a\r\n folded\r\nContent-Length: 0\r\n\r\n",
        HEAD + b"X: a\x00b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
        HEAD + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n",
    ],
    ids=["SSH", "no status", "status 99", "length x", "two lengths", "two framings", "gzip last", "no colon", "folded", "NUL", "101", "endless head"],
)
def test_what_is_not_http_is_502(faulty, garbage):
    dataplane = faulty([garbage, Close()])
    got = ask(dataplane)
    assert got.status == 502 and got.json["code"] == "502"
    assert ask(dataplane).status == 200


@pytest.mark.parametrize(
    "script",
    [
        [HEAD + b"Content-Length: 10\r\n\r\nabc", Close()],
        [HEAD + b"Content-Length: 10\r\n\r\nabc", Reset()],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", Close()],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nab", Close()],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", Wait(0.2), b"zz\r\n", Close()],
    ],
    ids=["length", "length, reset", "between chunks", "in a chunk", "bad chunk"],
)
def test_an_answer_cut_short_looks_cut_short(faulty, script):
    dataplane = faulty(script)
    with Connection(dataplane.port) as connection, pytest.raises((Truncated, ConnectionError)):
        connection.ask(request(body=CHAT))
    assert ask(dataplane).status == 200


def test_a_body_that_is_broken_from_the_start_is_502(faulty):
    assert ask(faulty([HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n", Close()])).status == 502


def test_bytes_behind_an_answer_never_become_another(faulty):
    dataplane = faulty([answer(body={"n": 1}) + answer(body={"poison": True})])
    with Connection(dataplane.port) as connection:
        assert connection.ask(request(body=CHAT)).json == {"n": 1}
        assert b"poison" not in connection.ask(request(body=CHAT)).body


def test_silence_is_504(faulty):
    got = ask(faulty([Hang()], "--stream-timeout", "1"))
    assert got.status == 504 and got.json["code"] == "504"


def test_silence_within_an_answer_cuts_it(faulty):
    dataplane = faulty([HEAD + b"Content-Length: 10\r\n\r\nabc", Hang()], "--stream-timeout", "1")
    with Connection(dataplane.port) as connection, pytest.raises((Truncated, ConnectionError)):
        connection.ask(request(body=CHAT))

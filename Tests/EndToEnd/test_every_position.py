"""A backend that fails at every byte position of its answer: whatever the client gets is either whole or visibly cut, and the
next request is answered rightly. Plain and over TLS."""

import re
import json
import random
import time

import pytest

from support.certificates import Authority
from support.scripted import Close, Reset, ScriptedBackend, Wait
from support.wire import CHAT, Connection, Truncated, request

BODY = json.dumps({"choices": [], "usage": {"total_tokens": 1}}).encode()
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"c\r\ndata: {\"a\"}\n\r\n2;x=y\r\n\n\n\r\n0\r\nx-trailer: 1\r\n\r\n"
)
CHUNKED_BODY = b'data: {"a"}\n\n\n'
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + PLAIN
ANSWERS = {"length": (PLAIN, BODY), "chunked": (CHUNKED, CHUNKED_BODY), "interim": (INTERIM, BODY)}


class Exchange:
    """One dataplane and one backend; the script of each request is set before it is sent."""

    def __init__(self, stack, serve, tmp_path, tls):
        authority = Authority(tmp_path) if tls else None
        self.script = [PLAIN]
        self.backend = stack.enter_context(ScriptedBackend(lambda received, number: self.script, tls=authority and authority.server("127.0.0.1")))
        arguments = ["--workers", "1", *(["--upstream-ca", authority.file] if tls else [])]
        self.dataplane = serve({"one": self.backend}, args=arguments, production=[("A", "one")])
        self.connection = None

    def ask(self, script):
        """The answer, or what was raised; the connection is kept where the dataplane keeps it."""
        self.script = script
        self.connection = self.connection or Connection(self.dataplane.port)
        try:
            self.connection.send(request(body=CHAT))
            got = self.connection.read_answer()
            if got["Connection"] == "close":
                self.close()
            return got
        except (Truncated, OSError, EOFError) as fault:
            self.close()
            return fault

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None


@pytest.fixture(params=["plain", "TLS"])
def exchange(request, stack, serve, tmp_path):
    made = Exchange(stack, serve, tmp_path, request.param == "TLS")
    yield made
    made.close()


def must_be_cut(got):
    return isinstance(got, (Truncated, OSError)) or got.status == 502


@pytest.mark.parametrize("end", [Close(), Reset()], ids=["closes", "resets"])
@pytest.mark.parametrize("framing", ANSWERS)
def test_an_answer_that_ends_at_every_position(exchange, framing, end):
    wire, body = ANSWERS[framing]
    for position in range(len(wire)):
        got = exchange.ask([wire[:position], end])
        assert must_be_cut(got), (position, wire[:position][-20:], got)
    got = exchange.ask([wire, end])
    # a reset may overtake the last bytes that it follows
    assert must_be_cut(got) and isinstance(end, Reset) or got.body == body
    # behind a whole answer the connection is kept, and a request that meets its reset is lost: it may have been processed
    time.sleep(0.2)
    assert exchange.ask([PLAIN]).body == BODY
    assert exchange.dataplane.admin("/livez")[0] == 200


@pytest.mark.parametrize("framing", ANSWERS)
def test_an_answer_that_pauses_at_every_position(exchange, framing):
    wire, body = ANSWERS[framing]
    for position in range(len(wire)):
        got = exchange.ask([wire[:position], Wait(0.002), wire[position:]])
        assert got.status == 200 and got.body == body, (position, got)


@pytest.mark.parametrize("framing", ANSWERS)
def test_an_answer_that_trickles(exchange, framing):
    wire, body = ANSWERS[framing]
    got = exchange.ask([step for byte in wire for step in (bytes([byte]), Wait(0.001))])
    assert got.status == 200 and got.body == body


@pytest.mark.parametrize("framing", ANSWERS)
def test_garbage_from_every_position_on(exchange, framing):
    """What follows is noise, so no later answer may be made of it, and the client sees either the whole or a cut."""
    wire, body = ANSWERS[framing]
    noise = random.Random(len(wire))
    for position in range(len(wire)):
        got = exchange.ask([wire[:position] + noise.randbytes(64), Close()])
        if not must_be_cut(got):
            # within a body of known length any bytes are its content
            assert framing != "chunked" and len(got.body) == len(body) and got.status == 200, (position, got)
    assert exchange.ask([PLAIN]).body == BODY


def test_answers_twice(exchange):
    """The second answer comes with the first one, or while the connection waits for its next request. One that comes later
    still, behind the next request, cannot be told from its answer."""
    poison = PLAIN.replace(b"usage", b"eagle")
    for _ in range(30):
        assert exchange.ask([PLAIN + poison]).body == BODY
        assert exchange.ask([PLAIN, Wait(0.001), poison]).body == BODY
        time.sleep(0.02)
    assert exchange.ask([PLAIN]).body == BODY


def test_answers_before_it_has_read_the_request(stack, serve):
    """The head has come, the body has not been read, and the backend hangs up: the answer passes, and no request comes twice. Where
    the kernel had taken the whole body the connection was good for another request, which may meet the reset: 502."""
    backend = stack.enter_context(ScriptedBackend(lambda received, number: [PLAIN, Close()], early=True))
    dataplane = serve({"one": backend}, args=["--workers", "1"], production=[("A", "one")])
    body = b'{"model":"any","text":"' + b"a" * 2_000_000 + b'"}'
    answered = 0
    for number in range(20):
        with Connection(dataplane.port) as connection:
            connection.send(request(body=body, headers=[("X-Number", number)]))
            try:
                got = connection.read_answer()
            except (Truncated, OSError):
                continue # a reset overtook it, and the client can tell
            assert got.status == 502 or got.body == BODY
            answered += got.status == 200
    numbers = [re.search(rb"X-Number: (\d+)", received.head)[1] for received in backend.requests]
    assert 0 < answered <= len(numbers) == len(set(numbers))

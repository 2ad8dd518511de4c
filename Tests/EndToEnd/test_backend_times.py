"""timeout of a Backend: upstreamResponseTimeout and downstreamRequestIdleTimeout."""

import time

import pytest

from support.policies import rule
from support.scripted import Hang
from support.wire import Connection, ask, request

HEAD = request(path="/chat/1.0/x", headers=[("Content-Length", "10")])[:-2] + b"\r\n"


@pytest.fixture
def timed(scripted, serve_routes):
    def start(*timeouts, **options):
        backends = {f"b{number}": scripted() for number in range(len(timeouts))}
        more = {name: {"timeout": timeout} for name, timeout in zip(backends, timeouts) if timeout}
        return serve_routes(backends, [rule("/x", *backends)], more=more, **options)

    return start


def silence(dataplane):
    """Seconds until a client that says nothing more within its body is answered, at most 4; None: it is not."""
    with Connection(dataplane.port, timeout=4) as connection:
        connection.send(HEAD + b"12345")
        begin = time.monotonic()
        try:
            assert connection.read_answer().status == 408
        except TimeoutError:
            return None
        return time.monotonic() - begin


@pytest.mark.field("Backend.spec.timeout.downstreamRequestIdleTimeout")
def test_a_client_that_pauses(timed):
    seconds = silence(timed({"downstreamRequestIdleTimeout": 1}))
    assert 1 <= seconds < 1.6


def test_the_longest_of_the_backends_counts(timed):
    seconds = silence(timed({"downstreamRequestIdleTimeout": 1}, {"downstreamRequestIdleTimeout": 2}))
    assert 2 <= seconds < 2.6


def test_a_backend_that_does_not_say_counts_as_the_option(timed):
    assert 2 <= silence(timed({"downstreamRequestIdleTimeout": 1}, None, args=["--body-timeout", "2"])) < 2.6


def test_0_is_for_ever(timed):
    assert silence(timed({"downstreamRequestIdleTimeout": 0}, args=["--body-timeout", "1"])) is None


def test_each_piece_begins_the_time_anew(timed):
    dataplane = timed({"downstreamRequestIdleTimeout": 1})
    with Connection(dataplane.port) as connection:
        connection.send(HEAD)
        for piece in (b"1234", b"5678", b"90"):
            time.sleep(0.7)
            connection.send(piece)
        assert connection.read_answer().status == 200


@pytest.mark.field("Backend.spec.timeout.upstreamResponseTimeout")
def test_the_time_to_the_head_of_an_answer(scripted, serve_routes):
    backend = scripted(lambda request, number: [Hang()])
    dataplane = serve_routes({"one": backend}, [rule("/x", "one")], more={"one": {"timeout": {"upstreamResponseTimeout": 1}}})
    begin = time.monotonic()
    assert ask(dataplane, path="/chat/1.0/x").status == 504 and 1 <= time.monotonic() - begin < 1.6

"""timeouts.request and timeouts.backendRequest of a rule."""

import time

import pytest

from support.policies import rule
from support.scripted import Hang, Wait, answer, stream
from support.wire import Connection, Truncated, ask, request

HANGS = lambda request, number: [Hang()]  # noqa: E731
SLACK = 0.35  # a tick of the timer, and a busy machine


@pytest.fixture
def timed(scripted, serve_routes):
    def start(timeouts, *scripts, **options):
        backends = {name: scripted(script) for name, script in zip(("one", "two"), scripts)}
        return serve_routes(backends, [rule("/x", *backends, timeouts=timeouts)], **options), list(backends.values())

    return start


def get(server, **options):
    begin = time.monotonic()
    got = ask(server, path="/chat/1.0/x", **options)
    return got, time.monotonic() - begin


@pytest.mark.field(
    "HTTPRoute.spec.rules[].timeouts.request",
    "HTTPRoute.spec.rules[].timeouts.backendRequest",
)
@pytest.mark.parametrize("name", ["request", "backendRequest"])
def test_no_answer_in_time(timed, name):
    dataplane, _ = timed({name: "400ms"}, HANGS)
    got, seconds = get(dataplane)
    assert got.status == 504 and got.json["error"]["code"] == ("request_timeout" if name == "request" else "upstream_timeout")
    assert 0.4 <= seconds < 0.4 + SLACK


def test_an_answer_in_time(timed):
    dataplane, _ = timed({"request": "1s", "backendRequest": "1s"}, lambda request, number: [Wait(0.3), answer()])
    assert get(dataplane)[0].status == 200


def test_0_is_never(timed):
    dataplane, _ = timed({"request": "0s", "backendRequest": "0s"}, lambda request, number: [Wait(0.5), answer()])
    assert get(dataplane)[0].status == 200


@pytest.mark.parametrize("name", ["request", "backendRequest"])
def test_an_answer_that_goes_on_too_long_is_cut(timed, name):
    dataplane, (backend,) = timed({name: "500ms"}, lambda request, number: stream([b"data: 1\n\n"] * 30, 0.1))
    begin = time.monotonic()
    with Connection(dataplane.port) as connection:
        connection.send(request(path="/chat/1.0/x", body=b"{}"))
        with pytest.raises((Truncated, ConnectionError)):
            connection.read_answer()
    assert 0.5 <= time.monotonic() - begin < 0.5 + SLACK
    deadline = time.monotonic() + 2
    while backend.ended[0] is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert backend.ended[0] is not None


def test_the_whole_request_covers_every_attempt(timed):
    slow = lambda request, number: [Wait(0.3), answer(503)]  # noqa: E731
    dataplane, backends = timed({"request": "500ms"}, slow, slow)
    got, seconds = get(dataplane)
    assert got.status == 504 and 0.5 <= seconds < 0.5 + SLACK
    assert [len(backend.requests) for backend in backends] == [1, 1]


def test_each_attempt_has_its_own_time(timed):
    slow = lambda request, number: [Wait(0.3), answer(503)]  # noqa: E731
    dataplane, _ = timed({"backendRequest": "500ms"}, slow, slow)
    got, seconds = get(dataplane)
    assert got.status == 503 and got["x-rtbl-attempts"] == "2" and seconds >= 0.6


def test_an_attempt_that_takes_too_long_may_fail_over(timed):
    options = {"policy": {"cORSPolicy": {"accessControlAllowOrigins": ["*"]}}, "annotations": {"rtbl/failover-on": "429,503,timeout"}}
    dataplane, _ = timed({"backendRequest": "300ms"}, HANGS, lambda request, number: answer(), **options)
    got, _ = get(dataplane)
    assert got.status == 200 and got["x-rtbl-attempts"] == "2"


def test_a_body_that_dribbles(timed):
    dataplane, (backend,) = timed({"request": "500ms"}, HANGS)
    begin = time.monotonic()
    with Connection(dataplane.port) as connection:
        connection.send(request(path="/chat/1.0/x", headers=[("Content-Length", "1000")])[:-1] + b"\n")
        for _ in range(4):
            connection.send(b"x")
            time.sleep(0.1)
        got = connection.read_answer()
    assert got.status == 504 and 0.5 <= time.monotonic() - begin < 0.5 + SLACK and not backend.requests


def test_the_next_request_of_the_connection_has_its_own_time(timed):
    dataplane, _ = timed({"request": "500ms"}, lambda request, number: [Wait(0.3), answer()])
    with Connection(dataplane.port) as connection:
        for _ in range(3):
            assert connection.ask(request(path="/chat/1.0/x", body=b"{}")).status == 200

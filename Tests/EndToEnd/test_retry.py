"""retry of a Backend: the same Backend again, after the statuses that it lists."""

import socket
import struct
import time

import pytest

from support.policies import rule
from support.scripted import Close, Hang, answer
from support.wire import Connection, ask, request


@pytest.fixture
def retried(scripted, serve_routes):
    def start(retry, *scripts, **options):
        backends = {name: scripted(script) for name, script in zip(("one", "two"), scripts)}
        more = {name: {"retry": retry} for name in backends}
        return serve_routes(backends, [rule("/x", *backends)], more=more, **options), list(backends.values())

    return start


def get(server, **options):
    return ask(server, path="/chat/1.0/x", **options)


def first(count, status=500):
    """Answers so many requests with the status, later ones with 200."""
    return lambda request, number: answer(status, body=b"") if number < count else answer()


@pytest.mark.field(
    "Backend.spec.retry.count",
    "Backend.spec.retry.statusCodes[]",
)
def test_a_listed_status_is_repeated(retried):
    dataplane, (backend,) = retried({"count": 2, "statusCodes": [500, 502]}, first(1))
    got = get(dataplane)
    assert got.status == 200 and got["x-rtbl-attempts"] == "2" and len(backend.requests) == 2
    assert backend.requests[0].body == backend.requests[1].body
    assert 'rtbl_retries_total{' in dataplane.metrics()


def test_any_other_status_is_passed_on(retried):
    dataplane, (backend,) = retried({"count": 2, "statusCodes": [502]}, first(1))
    assert get(dataplane).status == 500 and len(backend.requests) == 1


def test_the_count(retried):
    dataplane, (backend,) = retried({"count": 1, "statusCodes": [500]}, first(9))
    got = get(dataplane)
    assert got.status == 500 and got["x-rtbl-attempts"] == "2" and len(backend.requests) == 2


def test_three_attempts_in_all(retried):
    dataplane, (backend,) = retried({"count": 9, "statusCodes": [500]}, first(9))
    assert get(dataplane)["x-rtbl-attempts"] == "3" and len(backend.requests) == 3


def test_a_retry_comes_before_a_failover(retried):
    dataplane, (one, two) = retried({"count": 1, "statusCodes": [503]}, first(9, 503), first(9, 503))
    got = get(dataplane)
    assert got.status == 503 and got["x-rtbl-attempts"] == "3" and (len(one.requests), len(two.requests)) == (2, 1)


@pytest.mark.field("Backend.spec.retry.baseIntervalMillis")
def test_the_time_between_doubles(retried):
    dataplane, (backend,) = retried({"count": 2, "baseIntervalMillis": 300, "statusCodes": [500]}, first(9))
    get(dataplane)
    times = [request.time for request in backend.requests]
    assert 0.3 <= times[1] - times[0] < 0.55 and 0.6 <= times[2] - times[1] < 0.9


def test_others_are_served_meanwhile(retried):
    dataplane, (backend,) = retried({"count": 1, "baseIntervalMillis": 1000, "statusCodes": [500]}, first(1), args=["--workers", "1"])
    with Connection(dataplane.port) as waiting:
        waiting.send(request(path="/chat/1.0/x", body=b"{}"))
        backend.await_requests(1)
        begin = time.monotonic()
        assert get(dataplane).status == 200 and time.monotonic() - begin < 0.5
        assert waiting.read_answer().status == 200


def test_silence_is_never_repeated(retried):
    dataplane, (backend,) = retried({"count": 2, "statusCodes": [500, 502, 504]}, lambda request, number: [Close()])
    assert get(dataplane).status == 502 and len(backend.requests) == 1


def test_what_the_answer_suspends_is_not_asked_again(scripted, serve_routes):
    backend = scripted(first(9, 429))
    dataplane = serve_routes({"one": backend}, [rule("/x", "one")], models=[("A", "one")], more={"one": {"retry": {"count": 2, "statusCodes": [429]}}})
    assert get(dataplane).status == 429 and len(backend.requests) == 1


def test_a_client_that_leaves_ends_the_waiting(retried):
    dataplane, (backend,) = retried({"count": 1, "baseIntervalMillis": 500, "statusCodes": [500]}, first(9))
    with Connection(dataplane.port) as connection:
        connection.send(request(path="/chat/1.0/x", body=b"{}"))
        backend.await_requests(1)
        time.sleep(0.1)
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(1)
    assert len(backend.requests) == 1 and get(dataplane).status == 500


def test_a_client_that_half_closes_gets_its_answer(retried):
    dataplane, (backend,) = retried({"count": 1, "baseIntervalMillis": 1200, "statusCodes": [500]}, first(1))
    with Connection(dataplane.port) as connection:
        connection.send(request(path="/chat/1.0/x", body=b"{}"))
        backend.await_requests(1)
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.read_answer().status == 200 and len(backend.requests) == 2


def test_the_kept_answer_is_passed_on_when_the_retry_fails(retried):
    dataplane, (backend,) = retried({"count": 1, "statusCodes": [500]}, lambda request, number: [answer(500, [("X-Kept", "1"), ("Connection", "close")]), Close()])
    with Connection(dataplane.port) as connection:
        connection.send(request(path="/chat/1.0/x", body=b"{}"))
        backend.await_requests(1)
        backend.stop_listening()
        got = connection.read_answer()
    assert got.status == 500 and got["X-Kept"] == "1"


def test_hanging_is_not_a_status(retried):
    dataplane, (backend,) = retried({"count": 2, "statusCodes": [504]}, lambda request, number: [Hang()], args=["--stream-timeout", "0.4"])
    assert get(dataplane).status == 504 and len(backend.requests) == 1

"""circuitBreaker of a Backend: what is over a limit counts as not reached."""

import threading
import time

import pytest

from support.policies import rule
from support.scripted import Wait, answer
from support.wire import Connection, ask, request

LIMITS = {"maxConnections": 100, "maxPendingRequests": 100, "maxRequests": 100, "maxRetries": 100}


@pytest.fixture
def broken(scripted, serve_routes):
    """start(limits, script of "one", …) serves Backends "one" (with the breaker), "two" (without)."""

    def start(limits, *scripts, more=None, **options):
        backends = {name: scripted(script) for name, script in zip(("one", "two"), scripts)}
        described = {"one": {"circuitBreaker": {**LIMITS, **limits}, **(more or {})}}
        return serve_routes(backends, [rule("/x", *backends)], more=described, **options), list(backends.values())

    return start


def together(server, count, pause=0.05):
    """The answers to requests that are under way at one time, in the order in which they were sent."""
    answers = [None] * count

    def one(number):
        answers[number] = ask(server, path="/chat/1.0/x")

    threads = []
    for number in range(count):
        threads.append(threading.Thread(target=one, args=(number,)))
        threads[-1].start()
        time.sleep(pause)
    for thread in threads:
        thread.join()
    return answers


SLOW = lambda request, number: [Wait(0.8), answer()]  # noqa: E731


@pytest.mark.field(
    "Backend.spec.circuitBreaker.maxRequests",
    "Backend.spec.circuitBreaker.maxConnections",
)
@pytest.mark.parametrize("limit", ["maxRequests", "maxConnections"])
@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_over_the_limit_is_answered_here(broken, limit, workers):
    dataplane, (backend,) = broken({limit: 2}, SLOW, args=["--workers", str(workers)])
    answers = together(dataplane, 5)
    assert [got.status for got in answers] == [200, 200, 503, 503, 503] and len(backend.requests) == 2
    assert answers[2].json["error"]["code"] == "backend_overloaded" and answers[2]["Retry-After"] == "1"
    # and afterwards there is room again
    assert [got.status for got in together(dataplane, 2)] == [200, 200]
    metrics = dataplane.metrics()
    assert 'result="overflow"} 3' in metrics
    for of in ("connections", "pending", "requests", "retries"):
        assert f'rtbl_backend_load{{backend="default/one",of="{of}"}} 0' in metrics


def test_the_next_target_takes_it(broken):
    dataplane, (one, two) = broken({"maxRequests": 1}, SLOW, SLOW)
    answers = together(dataplane, 4)
    assert [got.status for got in answers] == [200] * 4
    assert len(one.requests) == 1 and len(two.requests) == 3


def test_connections_are_kept_and_used_again(broken):
    dataplane, (backend,) = broken({"maxConnections": 1}, lambda request, number: answer(), args=["--workers", "1"])
    for _ in range(5):
        assert ask(dataplane, path="/chat/1.0/x").status == 200
    assert len(backend.connections) == 1


def test_an_overflow_never_suspends(scripted, serve_routes):
    backend = scripted(SLOW)
    dataplane = serve_routes(
        {"one": backend}, [rule("/x", "one")], models=[("A", "one")], annotations={"rtbl/suspend-on": "429,connect,timeout"},
        more={"one": {"circuitBreaker": {**LIMITS, "maxRequests": 1}}},
    )
    assert [got.status for got in together(dataplane, 2)] == [200, 503]
    assert not dataplane.targets()["A", "one"]["suspended"] and ask(dataplane, path="/chat/1.0/x").status == 200


@pytest.mark.field("Backend.spec.circuitBreaker.maxPendingRequests")
def test_no_pending_requests(broken):
    # a kept connection needs no waiting; a new one does
    dataplane, (backend,) = broken({"maxPendingRequests": 0}, lambda request, number: answer())
    assert ask(dataplane, path="/chat/1.0/x").status == 503 and not backend.requests


@pytest.mark.field("Backend.spec.circuitBreaker.maxRetries")
def test_retries_at_one_time(broken):
    retry = {"retry": {"count": 1, "baseIntervalMillis": 700, "statusCodes": [500]}}
    dataplane, (backend,) = broken({"maxRetries": 1}, lambda request, number: answer(500) if number < 2 else answer(), more=retry)
    assert [got.status for got in together(dataplane, 2)] == [200, 500] and len(backend.requests) == 3
    # the slot is free again
    assert 'of="retries"} 0' in dataplane.metrics()


def test_a_client_that_leaves_frees_its_place(broken):
    dataplane, (backend,) = broken({"maxRequests": 1}, lambda request, number: [Wait(1.5), answer()])
    with Connection(dataplane.port) as connection:
        connection.send(request(path="/chat/1.0/x", body=b"{}"))
        backend.await_requests(1)
        assert ask(dataplane, path="/chat/1.0/x").status == 503
    deadline = time.monotonic() + 5
    while 'of="requests"} 0' not in dataplane.metrics():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert ask(dataplane, path="/chat/1.0/x").status == 200

"""Bounds that an operator sets."""

import time

import pytest

from support.wire import Connection, ask, chunked, request


def padded(size):
    frame = b'{"model":"x","p":""}'
    return frame[:-2] + b"p" * (size - len(frame)) + frame[-2:]


@pytest.fixture
def backend(scripted):
    return scripted()


def test_a_body_over_the_limit_is_413(backend, serve):
    dataplane = serve({"one": backend}, ["--max-body", "10000"], production=[("A", "one")])
    assert ask(dataplane, body=padded(10_000)).status == 200
    too_large = [
        request(body=padded(10_001)),
        request(headers=[("Transfer-Encoding", "chunked")]) + chunked(padded(10_001)),
        request(headers=[("Content-Length", "99999999999")]),
    ]
    for data in too_large:
        with Connection(dataplane.port) as connection:
            got = connection.ask(data)
            assert got.status == 413 and got.json["code"] == "413"
    assert len(backend.requests) == 1


def test_a_client_that_goes_on_sending_still_hears_413(backend, serve):
    dataplane = serve({"one": backend}, ["--max-body", "1000"], production=[("A", "one")])
    with Connection(dataplane.port) as connection:
        assert connection.ask(request(body=padded(5_000_000))).status == 413


def test_all_bodies_together_are_bounded(backend, serve):
    dataplane = serve({"one": backend}, ["--max-buffered", "1000000", "--workers", "1"], production=[("A", "one")])
    body = padded(900_000)
    with Connection(dataplane.port) as first, Connection(dataplane.port) as second:
        data = request(body=body)
        first.send(data[:-1000])
        time.sleep(0.3)
        refused = second.ask(data)
        assert refused.status == 503 and int(refused["Retry-After"]) >= 1
        first.send(data[-1000:])
        assert first.read_answer().status == 200
    assert ask(dataplane, body=body).status == 200, "what was held is given back"


def test_a_head_that_never_ends_is_given_up(backend, serve):
    dataplane = serve({"one": backend}, ["--head-timeout", "1"], production=[("A", "one")])
    with Connection(dataplane.port) as connection:
        connection.send(request(body=b"{}")[:20])
        begin = time.monotonic()
        assert connection.read_answer().status == 408
        assert 0.8 < time.monotonic() - begin < 3 and connection.is_closed()


def test_a_kept_connection_is_closed_when_idle(backend, serve):
    dataplane = serve({"one": backend}, ["--idle-timeout", "1"], production=[("A", "one")])
    with Connection(dataplane.port) as connection:
        assert connection.ask(request(body=b"{}")).status == 200
        assert connection.is_closed(within=3)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_connections_past_the_limit_wait(backend, serve, workers):
    dataplane = serve({"one": backend}, ["--max-connections", "3", "--workers", workers], production=[("A", "one")])
    first = [Connection(dataplane.port) for _ in range(3)]
    for connection in first:
        assert connection.ask(request(body=padded(100))).status == 200
    with Connection(dataplane.port, timeout=0.5) as fourth:
        fourth.send(request(body=padded(100)))
        with pytest.raises(TimeoutError):
            fourth.read_head()
    with Connection(dataplane.port) as fourth:
        fourth.send(request(body=padded(100)))
        first[0].close()
        assert fourth.read_answer().status == 200
    for connection in first:
        connection.close()


def test_what_is_only_announced_holds_no_memory(backend, serve):
    dataplane = serve({"one": backend}, ["--workers", "1"], production=[("A", "one")])
    whole = request(body=b'{"p":"' + b"p" * 8_000_000)
    before = dataplane.rss_bytes()
    kept = [Connection(dataplane.port) for _ in range(8)]
    for connection in kept:
        connection.send(whole[:-1]) # so that all their buffers are in use at once
    for connection in kept:
        connection.send(whole[-1:])
        assert connection.read_answer().status == 400
        connection.send(whole[:20_000]) # finds free buffers that are as large as what is announced
    deadline = time.monotonic() + 10
    while dataplane.rss_bytes() - before >= 20_000_000:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for connection in kept:
        connection.close()


def test_what_follows_a_large_body_does_not_hold_its_memory(backend, serve):
    # the next request's first byte waits for the others' large bodies, which take their time on a busy machine
    dataplane = serve({"one": backend}, ["--workers", "1", "--head-timeout", "300"], production=[("A", "one")])
    before = dataplane.rss_bytes()
    kept = [Connection(dataplane.port) for _ in range(4)]
    for connection in kept:
        connection.send(request(body=padded(20_000_000)) + b"P")
        assert connection.read_answer().status == 200
    deadline = time.monotonic() + 10 # what a second has not needed is given back
    while dataplane.rss_bytes() - before >= 20_000_000:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    for connection in kept:
        connection.send(request(body=padded(100))[1:])
        assert connection.read_answer().status == 200
        connection.close()


def test_the_next_head_has_its_own_time(backend, serve):
    dataplane = serve({"one": backend}, ["--head-timeout", "1", "--workers", "1"], production=[("A", "one")])
    with Connection(dataplane.port) as connection:
        connection.send(request(body=padded(100)) + b"POST /")
        assert connection.read_answer().status == 200
        begin = time.monotonic()
        assert connection.read_answer().status == 408 and time.monotonic() - begin < 2

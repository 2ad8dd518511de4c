"""Answers pass as they come, and nothing is held back or piled up."""

import time

import pytest

from support.scripted import Hang, answer, stream
from support.wire import CHAT, Connection, ask, request

EVENTS = [b'data: {"n":%d}\n\n' % number for number in range(5)] + [b"data: [DONE]\n\n"]


@pytest.fixture
def one(serve):
    return lambda backend, *args: serve({"one": backend}, args=["--workers", "1", *args], production=[("A", "one")])


def test_events_pass_as_they_come(scripted, one):
    sent = []

    def script(received, number):
        for step in stream(EVENTS, delay=0.1):
            sent.append((time.monotonic(), step))
            yield step

    got = ask(one(scripted(script)), body={**CHAT, "stream": True})
    assert got.body == b"".join(EVENTS) and got["Content-Type"] == "text/event-stream"
    assert got["x-rtbl-model"] == "A" and got["x-rtbl-attempts"] == "1"
    left = [at for at, step in sent if isinstance(step, bytes) and b"data:" in step]
    delays = [arrived - begun for (arrived, _), begun in zip(got.chunks, left)]
    assert len(delays) == len(EVENTS) and max(delays) < 0.05, delays


def test_a_head_passes_before_its_body(scripted, one):
    script = [b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n", Hang()]
    with Connection(one(scripted(lambda received, number: script)).port, timeout=1) as connection:
        connection.send(request(body=CHAT))
        assert connection.read_head().status == 200


def test_a_client_that_goes_away_ends_the_exchange(scripted, one):
    backend = scripted(lambda received, number: [*stream(EVENTS)[:2], Hang()])
    dataplane = one(backend)
    with Connection(dataplane.port) as connection:
        connection.send(request(body=CHAT))
        assert connection.read_head().status == 200
    gone = time.monotonic()
    assert backend.await_end(0, within=3) - gone < 1
    assert dataplane.admin("/livez")[0] == 200


def test_a_client_that_goes_away_before_the_answer_ends_the_exchange(scripted, one):
    backend = scripted(lambda received, number: [Hang()])
    with Connection(one(backend).port) as connection:
        connection.send(request(body=CHAT))
        backend.await_requests(1)
    backend.await_end(0, within=3)


def test_a_slow_client_slows_the_backend_down(scripted, one):
    piece, count = b"x" * 1_000_000, 200
    sent = [0]

    def script(received, number):
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % (len(piece) * count)
        for _ in range(count):
            yield piece
            sent[0] += 1

    dataplane = one(scripted(script))
    before = dataplane.rss_bytes()
    with Connection(dataplane.port, receive_buffer=65_536) as connection:
        connection.send(request(body=CHAT))
        head = connection.read_head()
        time.sleep(1)
        assert sent[0] < 40, "the backend is paused while the client does not read"
        total, most = 0, dataplane.rss_bytes()
        while data := connection.stream.read1(1 << 20):
            assert data.count(b"x") == len(data)
            total += len(data)
            if total == int(head["Content-Length"]):
                break
        most = max(most, dataplane.rss_bytes())
    assert total == len(piece) * count
    assert most - before < 4_000_000, f"{(most - before) / 1e6:.1f} MB more memory for one answer"


def test_an_answer_before_the_request_was_read(scripted, one):
    body = b'{"model":"x","pad":"' + b"p" * 20_000_000 + b'"}'
    backend = scripted(lambda received, number: answer(400, [("Connection", "close")], {"early": True}) if number == 0 else answer(), early=True)
    dataplane = one(backend)
    with Connection(dataplane.port) as connection:
        got = connection.ask(request(body=body))
        assert got.status == 400 and got.json == {"early": True}
    backend.early = False
    assert ask(dataplane).status == 200, "nothing of the old request is left on a kept connection"
    assert backend.requests[-1].connection != 0


def test_concurrent_streams_do_not_wait_for_each_other(scripted, one):
    backend = scripted(lambda received, number: stream([b"slow"] * 10, delay=0.1) if b"slow" in received.body else answer())
    dataplane = one(backend)
    with Connection(dataplane.port) as slow:
        slow.send(request(body={**CHAT, "slow": True}))
        assert slow.read_head().status == 200
        begin = time.monotonic()
        for _ in range(10):
            assert ask(dataplane).status == 200
        assert time.monotonic() - begin < 0.5

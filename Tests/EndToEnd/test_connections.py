"""HTTP/1.1 on both sides: keep-alive, pipelining, framing, hop-by-hop fields."""

import json
import socket

import pytest

from support.scripted import Close, answer, stream
from support.wire import CHAT, Connection, ask, request


def echo(received, number):
    """Answers with the member `n` of the request."""
    return answer(body={"n": json.loads(received.body)["n"]} if received.body else b"")


@pytest.fixture
def one(serve):
    """one(backend) serves model A on that backend with one worker."""
    return lambda backend, *args: serve({"one": backend}, args=["--workers", "1", *args], production=[("A", "one")])


def test_keep_alive_on_both_sides(scripted, one):
    backend = scripted(echo)
    dataplane = one(backend)
    with Connection(dataplane.port) as connection:
        for number in range(5):
            assert connection.ask(request(body={"n": number})).json == {"n": number}
    assert len(backend.connections) == 1


def test_pipelined_requests_are_answered_in_order(scripted, one):
    dataplane = one(scripted(echo))
    with Connection(dataplane.port) as connection:
        connection.send(b"".join(request(body={"n": number}) for number in range(20)))
        assert [connection.read_answer().json["n"] for _ in range(20)] == list(range(20))


def test_a_request_may_come_byte_by_byte(scripted, one):
    dataplane = one(scripted(echo))
    with Connection(dataplane.port) as connection:
        for byte in request(body={"n": 7}):
            connection.send(bytes([byte]))
        assert connection.read_answer().json == {"n": 7}


def test_a_chunked_request(scripted, one):
    backend = scripted(echo)
    data = request(headers=[("Transfer-Encoding", "chunked"), ("Content-Type", "application/json"), ("Trailer", "x")])
    body = b'5;ext="v"\r\n{"n":\r\n2\r\n1}\r\n0\r\nX-Trailer: 1\r\n\r\n'
    assert ask(one(backend), data + body).json == {"n": 1}
    assert b"X-Trailer" not in backend.requests[0].raw and json.loads(backend.requests[0].body) == {"n": 1, "model": "A"}


def test_expect_100_continue(scripted, one):
    backend = scripted(echo)
    dataplane = one(backend)
    body = b'{"n":1}'
    with Connection(dataplane.port) as connection:
        connection.send(request(headers=[("Expect", "100-continue"), ("Content-Type", "application/json"), ("Content-Length", str(len(body)))]))
        assert connection.read_head().status == 100
        connection.send(body)
        assert connection.read_answer().json == {"n": 1}
    with Connection(dataplane.port) as connection:
        connection.send(request(path="/none", headers=[("Expect", "100-continue"), ("Content-Length", "7")]))
        assert connection.read_head().status == 404, "the final answer at once, without 100"
    assert ask(dataplane, body=CHAT, headers=[("Expect", "200-ok")]).status == 417


@pytest.mark.parametrize(
    "method, status, headers",
    [("HEAD", 200, [("Content-Length", "10")]), ("HEAD", 200, []), ("GET", 204, []), ("GET", 304, [("ETag", '"a"')])],
)
def test_answers_without_a_body(scripted, one, method, status, headers):
    backend = scripted(lambda received, number: answer(status, headers, b"", framing=False) if received.line.startswith(method) else echo(received, number))
    with Connection(one(backend).port) as connection:
        for _ in range(2):
            got = connection.ask(request(method, body=b""))
            assert got.status == status and got.body == b""
            assert all(got[name] == value for name, value in headers)
            assert connection.ask(request(body={"n": 3})).json == {"n": 3}, "the connection is still in step"


def test_an_answer_without_framing_ends_with_the_connection(scripted, one):
    dataplane = one(scripted(lambda received, number: [b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nabc", Close()]))
    with Connection(dataplane.port) as connection:
        assert connection.ask(request(body=CHAT)).body == b"abc"


def test_an_http_1_0_client(scripted, one):
    dataplane = one(scripted(lambda received, number: stream([b"abc", b"def"])))
    with Connection(dataplane.port) as connection:
        connection.send(request(body=CHAT, version="1.0"))
        got = connection.read_answer()
        assert got.body == b"abcdef" and got["Transfer-Encoding"] is None
        assert connection.is_closed()


def test_connection_close_is_answered_then_done(scripted, one):
    with Connection(one(scripted(echo)).port) as connection:
        connection.send(request(body={"n": 1}, headers=[("Connection", "close")]) + request(body={"n": 2}))
        got = connection.read_answer()
        assert got.json == {"n": 1} and got["Connection"].lower() == "close"
        assert connection.is_closed()


def test_a_half_closed_client_is_still_answered(scripted, one):
    with Connection(one(scripted(echo)).port) as connection:
        connection.send(request(body={"n": 1}))
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.read_answer().json == {"n": 1}


def test_hop_by_hop_fields_stay_on_their_hop(scripted, one):
    backend = scripted(lambda received, number: answer(headers=[("Connection", "X-Back"), ("X-Back", "1"), ("X-Kept", "2"), ("Keep-Alive", "timeout=9")]))
    headers = [
        ("Connection", "X-Hop, Host, Authorization"), ("X-Hop", "1"), ("Authorization", "mine"), ("TE", "trailers"), ("Keep-Alive", "1"),
        ("Proxy-Connection", "x"), ("Proxy-Authorization", "y"), ("Upgrade", "h2c"), ("X-Same", "1"), ("X-Other", "o"), ("X-Same", "2"),
    ]
    got = ask(one(backend), body=CHAT, headers=headers)
    received = backend.requests[0]
    for name in ("X-Hop", "TE", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Upgrade"):
        assert received[name] is None, name
    assert received["Authorization"] == "mine" and received["Host"] == f"127.0.0.1:{backend.port}"
    assert [value for name, value in received.headers if name == "X-Same"] == ["1", "2"]
    assert not [name for name, _ in received.headers if name.lower().startswith("x-forwarded")]
    assert got["X-Back"] is None and got["X-Kept"] == "2" and got["Keep-Alive"] is None and got["Date"] is not None


def test_set_cookie_lines_are_not_joined(scripted, one):
    got = ask(one(scripted(lambda received, number: answer(headers=[("Set-Cookie", "a=1, b"), ("Set-Cookie", "c=2")]))))
    assert [value for name, value in got.headers if name.lower() == "set-cookie"] == ["a=1, b", "c=2"]


def test_interim_answers_from_the_backend(scripted, one):
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    assert ask(one(scripted(lambda received, number: interim + answer()))).status == 200


def test_the_query_string_is_kept(scripted, one):
    backend = scripted(echo)
    ask(one(backend), path="/chat/1.0/chat/completions?api-version=2&x=%2F", body={"n": 1})
    assert backend.requests[0].line == "POST /v1/chat/completions?api-version=2&x=%2F HTTP/1.1"

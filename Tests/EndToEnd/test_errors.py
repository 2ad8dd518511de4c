"""Errors made by the dataplane itself."""

import pytest

from support.wire import Connection, ask, request


@pytest.fixture
def dataplane(scripted, serve):
    return serve({"one": scripted()}, production=[("A", "one")])


@pytest.mark.parametrize(
    "where",
    [
        {"host": "other.local"},
        {"host": "chat.local.evil"},
        {"path": "/"},
        {"path": "/chat/1.0/chat/completions/x"},
        {"path": "/chat/1.0/chat"},
        {"path": "/Chat/1.0/chat/completions"},
        {"path": "/chat/1.0/chat%2Fcompletions"},
    ],
)
def test_nothing_matches(dataplane, where):
    got = ask(dataplane, **where)
    assert got.status == 404 and got["Content-Type"].startswith("application/json")
    assert set(got.json) == {"error", "code", "message", "description"}
    assert set(got.json["error"]) == {"message", "type", "code", "param"} and got.json["error"]["param"] is None
    assert got.json["code"] == "404" and got.json["message"] == "Not Found"
    assert got["x-rtbl-attempts"] is None and got["Date"] is not None


@pytest.mark.parametrize("path", ["/chat/1.0/chat/completions/", "/chat/1.0/./chat/completions", "/x/../chat/1.0/ch%61t/completions", "/chat/1.0/chat/completions?a=b"])
def test_paths_that_mean_the_same(dataplane, path):
    assert ask(dataplane, path=path).status == 200


@pytest.mark.parametrize(
    "data, status",
    [
        (b"BAD\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: a\n\n", 400),
        (request(headers=[("Content-Length", "1"), ("Transfer-Encoding", "chunked")]) + b"1", 400),
        (request(headers=[("Content-Length", "+1")]) + b"1", 400),
        (request(headers=[("Transfer-Encoding", "chunked")]) + b"0x1\r\na\r\n0\r\n\r\n", 400),
        (request("GET", headers=[("A ", "b")]), 400),
        (request("GET", headers=[(f"X-{number}", "v") for number in range(200)]), 431),
        (request("GET", path="/" + "a" * 40_000), 414),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (request("CONNECT", path="a:443"), 405),
    ],
    ids=["no request line", "no Host", "two Hosts", "bare LF", "two framings", "signed length", "hex prefix", "blank before colon",
         "too many fields", "too long a target", "HTTP/2.0", "CONNECT"],
)
def test_what_is_not_http_is_refused_and_the_connection_closed(dataplane, data, status):
    with Connection(dataplane.port) as connection:
        got = connection.ask(data, "POST")
        assert got.status == status and got.json["code"] == str(status)
        assert connection.is_closed(within=5)


def test_a_client_can_go_on_after_an_error(dataplane):
    with Connection(dataplane.port) as connection:
        assert [connection.ask(request(body=body)).status for body in (b"[]", b"{}", b"no", b"{}")] == [400, 200, 400, 200]
        assert connection.ask(request(path="/none", body=b"{}")).status == 404
        assert connection.ask(request(body=b"{}")).status == 200

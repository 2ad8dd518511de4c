"""Requests without content."""

import pytest

from support.scripted import answer
from support.wire import ask, chunked, request


@pytest.fixture
def backends(scripted):
    return {"one": scripted(), "two": scripted(lambda received, number: answer(body=b""))}


@pytest.fixture
def dataplane(serve, backends):
    return serve(backends, production=[("A", "one"), ("B", "one")], rule=["two"])


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE"])
@pytest.mark.parametrize("framing", ["none", "length 0", "chunked"])
def test_takes_no_part_in_the_rotation(dataplane, backends, method, framing):
    headers = {"none": [], "length 0": [("Content-Length", "0")], "chunked": [("Transfer-Encoding", "chunked")]}[framing]
    data = request(method, headers=headers) + (chunked() if framing == "chunked" else b"")
    got = ask(dataplane, data)
    assert got.status == 200 and got["x-rtbl-model"] is None and got["x-rtbl-attempts"] == "1"
    assert backends["one"].requests == []
    assert backends["two"].requests[0].line == f"{method} /v1/chat/completions HTTP/1.1"
    assert ask(dataplane)["x-rtbl-model"] == "A", "the rotation has not moved"


@pytest.mark.parametrize("data", [request(), request(headers=[("Transfer-Encoding", "chunked")]) + chunked(), request("PUT")], ids=["POST", "chunked", "PUT"])
def test_is_refused_where_a_model_must_be_written(dataplane, backends, data):
    got = ask(dataplane, data)
    assert got.status == 400 and got.json["code"] == "400"
    assert backends["one"].requests == backends["two"].requests == []

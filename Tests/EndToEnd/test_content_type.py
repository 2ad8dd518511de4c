"""Which kinds of content can be rewritten, and which are refused."""

import pytest

from support.wire import CHAT, ask


def sent_as(serve, backend, *headers, body=CHAT):
    return ask(serve({"one": backend}, production=[("A", "one")]), body=body, headers=headers)


@pytest.mark.parametrize("value", ["application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json", "application/json;a=b"])
def test_json_is_accepted(scripted, serve, value):
    backend = scripted()
    assert sent_as(serve, backend, ("Content-Type", value)).status == 200
    assert backend.requests[0]["Content-Type"] == value


@pytest.mark.parametrize(
    "value", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx", "text/html; a=application/json"]
)
def test_other_types_are_refused(scripted, serve, value):
    backend = scripted()
    got = sent_as(serve, backend, ("Content-Type", value))
    assert got.status == 415 and got.json["code"] == "415" and backend.requests == []


def test_no_type_is_json(scripted, serve):
    backend = scripted()
    dataplane = serve({"one": backend}, production=[("A", "one")])
    raw = b'POST /chat/1.0/chat/completions HTTP/1.1\r\nHost: chat.local\r\nContent-Length: 13\r\n\r\n{"model":"x"}'
    assert ask(dataplane, raw).status == 200 and backend.requests[0].body == b'{"model":"A"}'


def test_encoded_content_is_refused(scripted, serve):
    backend = scripted()
    got = sent_as(serve, backend, ("Content-Encoding", "gzip"))
    assert got.status == 415 and got["Accept-Encoding"] == "identity" and backend.requests == []
    assert sent_as(serve, backend, ("Content-Encoding", "identity")).status == 200

"""The model is written into the body, and every other byte is as the client sent it."""

import json

import pytest

from support.wire import Connection, ask, chunked, request

MODEL = "gpt-4o"


@pytest.fixture
def patched(scripted, serve):
    """patched(body) is the body that the backend got."""
    backend = scripted()

    def patched(body, model=MODEL, **options):
        dataplane = serve({"one": backend}, production=[(model, "one")], **options)
        got = ask(dataplane, body=body)
        assert got.status == 200, got.body
        received = backend.requests[-1]
        assert received["Content-Length"] == str(len(received.body)) or received["Transfer-Encoding"] == "chunked"
        return received.body

    return patched


@pytest.mark.parametrize(
    "sent, received",
    [
        (b'{"model":"x","a":1}', b'{"model":"gpt-4o","a":1}'),
        (b' {\n\t"a" : 1.50e+3 , "model"\t: \r\n"x" ,"s":"\\ud800\\/\\u00e9"} \n', b' {\n\t"a" : 1.50e+3 , "model"\t: \r\n"gpt-4o" ,"s":"\\ud800\\/\\u00e9"} \n'),
        (b'{"a":1}', b'{"model":"gpt-4o","a":1}'),
        (b"{}", b'{"model":"gpt-4o"}'),
        (b'{"model":"x","model":"y","mod\\u0065l":"z"}', b'{"model":"gpt-4o","model":"gpt-4o","mod\\u0065l":"gpt-4o"}'),
        (b'{"model":null}', b'{"model":"gpt-4o"}'),
        (b'{"model":{"model":[1,"}"]},"b":2}', b'{"model":"gpt-4o","b":2}'),
        (b'{"model":["x"],"b":[{"model":"in"}]}', b'{"model":"gpt-4o","b":[{"model":"in"}]}'),
        (b'{"Model":"x","models":"y"}', b'{"model":"gpt-4o","Model":"x","models":"y"}'),
        (b'{"n":123456789012345678901234567890,"model":-0.0E+99999}', b'{"n":123456789012345678901234567890,"model":"gpt-4o"}'),
        (b'{"model":"a\\"b\\\\","z":"\xf0\x9f\x98\x80"}', b'{"model":"gpt-4o","z":"\xf0\x9f\x98\x80"}'),
    ],
)
def test_only_the_value_changes(patched, sent, received):
    assert patched(sent) == received


def test_white_space_after_the_brace_of_a_body_without_model(patched):
    body = patched(b'{ \n "a":1}')
    assert json.loads(body) == {"model": MODEL, "a": 1} and list(json.loads(body)) == ["model", "a"]


def test_a_name_with_special_characters_is_escaped_no_more_than_needed(patched):
    assert patched(b'{"model":"x"}', model='a"b\\c/d\u00fc\u0001') == '{"model":"a\\"b\\\\c/d\u00fc\\u0001"}'.encode()


def test_deep_nesting_passes(patched):
    deep = b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b',"model":"x"}'
    assert patched(deep) == deep.replace(b'"x"', b'"gpt-4o"')


def test_large_bodies_pass(patched):
    large = b'{"messages":["' + b"m" * 8_000_000 + b'"],"model":"x"}'
    assert patched(large) == large.replace(b'"x"', b'"gpt-4o"')


def test_a_chunked_body_is_patched_wherever_it_was_cut(scripted, serve):
    backend, body = scripted(), b'{"messages":[],"model":"some-model","n":1}'
    dataplane = serve({"one": backend}, production=[(MODEL, "one")])
    with Connection(dataplane.port) as connection:
        for cut in range(1, len(body)):
            data = request(headers=[("Transfer-Encoding", "chunked"), ("Content-Type", "application/json")]) + chunked(body[:cut], body[cut:])
            assert connection.ask(data).status == 200
    assert {received.body for received in backend.requests} == {body.replace(b"some-model", b"gpt-4o")}


@pytest.mark.parametrize(
    "body",
    [
        b"[]", b'"model"', b"1", b"null", b"{", b'{"model":"x"', b'{"model":"x"}}', b'{"model":"x"} {}', b'{"model":"x",}',
        b"{'model':'x'}", b'{"model":"\xff"}', b'{"a":"\xc0\xaf","model":"x"}', b'\xef\xbb\xbf{"model":"x"}', b'{"model":01}',
        b'{"model":"a\nb"}', b'{"model":"x"}\x00', b" ", b'{"model":tru}', b'{"model":"\\x"}', b'{"a":"\xed\xa0\x80"}',
    ],
)
def test_what_is_no_json_object_is_refused(scripted, serve, body):
    backend = scripted()
    got = ask(serve({"one": backend}, production=[(MODEL, "one")]), body=body)
    assert got.status == 400 and got.json["code"] == "400" and backend.requests == []


@pytest.mark.field(
    "AIProvider.spec.requestModel.in",
    "AIProvider.spec.requestModel.value",
    "AIProvider.spec.supportedModels[]",
    "APIPolicy.spec.default.aiProvider.name",
)
@pytest.mark.parametrize("value", ["$.a.b", "model"])
def test_body_paths(scripted, serve, value):
    backend = scripted()
    dataplane = serve({"one": backend}, production=[(MODEL, "one")], request_model={"in": "Body", "value": value})
    assert ask(dataplane, body=b'{"a":{"b":"x"},"model":"y"}').status == 200
    expected = {"$.a.b": b'{"a":{"b":"gpt-4o"},"model":"y"}', "model": b'{"a":{"b":"x"},"model":"gpt-4o"}'}
    assert backend.requests[0].body == expected[value]
    assert ask(dataplane, body=b'{"a":5}').status == (400 if value == "$.a.b" else 200)


def test_a_model_in_a_header_leaves_the_body_alone(scripted, serve):
    backend = scripted()
    dataplane = serve({"one": backend}, production=[(MODEL, "one")], request_model={"in": "Header", "value": "x-model"})
    headers = [("Content-Type", "text/plain"), ("X-Model", "mine"), ("Content-Encoding", "gzip")]
    assert ask(dataplane, body=b"not JSON", headers=headers).status == 200
    received = backend.requests[0]
    assert received.body == b"not JSON" and received["x-model"] == MODEL and received["Content-Encoding"] == "gzip"

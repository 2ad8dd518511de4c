"""RequestRedirect: answered by the dataplane itself."""

import json

import pytest

from support.identity import ISSUER, Key, token
from support.policies import Backend, Routes, authentication, rule, token_issuer
from support.programs import Dataplane, compile_table
from support.wire import Connection, ask, request


def redirect(path=None, **members):
    if path:
        kind, value = path
        members["path"] = {"type": kind, kind[0].lower() + kind[1:]: value}
    return {"type": "RequestRedirect", "requestRedirect": members}


@pytest.fixture
def redirected(scripted, serve_routes):
    def start(*rules):
        return serve_routes({"one": scripted()}, [*rules, rule("/other", "one")])

    return start


def location(server, path="/chat/1.0/x", host="chat.local", **options):
    got = ask(server, path=path, host=host, **{"body": b"", "method": "GET", **options})
    assert got.body == b"" and got["x-rtbl-attempts"] is None
    return got.status, got["Location"]


@pytest.mark.field(
    "HTTPRoute.spec.rules[].filters[].requestRedirect.statusCode",
    "HTTPRoute.spec.rules[].filters[].requestRedirect.hostname",
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_each_status(redirected, status):
    dataplane = redirected(rule("/x", filters=[redirect(hostname="new.example.com", statusCode=status)]))
    assert location(dataplane) == (status, "http://new.example.com/chat/1.0/x")


@pytest.mark.field(
    "HTTPRoute.spec.rules[].filters[].requestRedirect.scheme",
    "HTTPRoute.spec.rules[].filters[].requestRedirect.port",
)
@pytest.mark.parametrize(
    "members, host, expected",
    [
        ({"scheme": "https"}, "chat.local", "https://chat.local/chat/1.0/x"),
        ({"scheme": "https"}, "chat.local:8080", "https://chat.local/chat/1.0/x"),  # a scheme brings its own port
        ({"scheme": "https", "port": 8443}, "chat.local", "https://chat.local:8443/chat/1.0/x"),
        ({"scheme": "https", "port": 443}, "chat.local", "https://chat.local/chat/1.0/x"),
        ({"scheme": "http", "port": 443}, "chat.local", "http://chat.local:443/chat/1.0/x"),
        ({"scheme": "http"}, "chat.local:8080", "http://chat.local/chat/1.0/x"),
        ({"hostname": "new.example.com"}, "chat.local:8080", "http://new.example.com:8080/chat/1.0/x"),
        ({"hostname": "new.example.com"}, "chat.local:80", "http://new.example.com/chat/1.0/x"),
        ({"port": 81}, "Chat.Local", "http://Chat.Local:81/chat/1.0/x"),
    ],
)
def test_scheme_host_and_port(redirected, members, host, expected):
    dataplane = redirected(rule("/x", filters=[redirect(**members)]))
    assert location(dataplane, host=host) == (302, expected)


@pytest.mark.field(
    "HTTPRoute.spec.rules[].filters[].requestRedirect.path.type",
    "HTTPRoute.spec.rules[].filters[].requestRedirect.path.replacePrefixMatch",
)
@pytest.mark.parametrize(
    "value, path, expected",
    [
        ("/new", "/old", "/new"),
        ("/new", "/old/", "/new/"),
        ("/new", "/old/a%2Fb/c?q=1&r", "/new/a%2Fb/c?q=1&r"),
        ("/new/", "/old/a", "/new/a"),
        ("/", "/old/a", "/a"),
        ("/", "/old", "/"),
    ],
)
def test_the_prefix_is_replaced(redirected, value, path, expected):
    dataplane = redirected(rule("/old", type="PathPrefix", filters=[redirect(("ReplacePrefixMatch", value), hostname="h.example.com")]))
    assert location(dataplane, f"/chat/1.0{path}") == (302, f"http://h.example.com{expected}")


@pytest.mark.field("HTTPRoute.spec.rules[].filters[].requestRedirect.path.replaceFullPath")
def test_the_whole_path_is_replaced_and_the_query_kept(redirected):
    dataplane = redirected(rule("/old", type="PathPrefix", filters=[redirect(("ReplaceFullPath", "/new"))]))
    assert location(dataplane, "/chat/1.0/old/a?b=c") == (302, "http://chat.local/new?b=c")


def test_the_path_stays_as_it_was_sent(redirected):
    dataplane = redirected(rule("/old", type="PathPrefix", filters=[redirect(scheme="https")]))
    assert location(dataplane, "/chat/1.0/old/%7e/./a?b") == (302, "https://chat.local/chat/1.0/old/%7e/./a?b")


def test_a_body_that_has_come_is_skipped(redirected):
    dataplane = redirected(rule("/x", filters=[redirect(scheme="https")]))
    with Connection(dataplane.port) as connection:
        assert connection.ask(request(path="/chat/1.0/x", body=b'{"model":"a"}')).status == 302
        assert connection.ask(request(path="/chat/1.0/other", body=b"{}")).status == 200


def test_a_body_that_has_not_come_is_not_waited_for(redirected):
    dataplane = redirected(rule("/x", filters=[redirect(scheme="https")]))
    with Connection(dataplane.port) as connection:
        connection.send(request(path="/chat/1.0/x", headers=[("Content-Length", "1000")])[:-1] + b"\n{")
        got = connection.read_answer()
        assert got.status == 302 and got["Connection"] == "close" and connection.is_closed(within=4)


def test_the_callers_key_stays_here(stack, scripted, tmp_path):
    """A redirect within this host keeps the query as it is; another host has no business with the key."""
    key = Key("ES256")
    away, within = redirect(hostname="new.example.com"), redirect(path=("ReplaceFullPath", "/y"))
    documents = [
        Routes([Backend("one", scripted().port)], [rule("/away", filters=[away]), rule("/within", filters=[within]), rule("/other", "one")]).yaml(),
        token_issuer(ISSUER, certificate=key.pem.decode()), authentication(oauth2={"disabled": True}, apiKey=[{"in": "Query", "name": "apikey"}])]
    yaml = "\n---\n".join(one if isinstance(one, str) else json.dumps(one) for one in documents)
    dataplane = stack.enter_context(Dataplane(compile_table(tmp_path, yaml)))
    secret = token(key, headers={"kid": None})
    query = f"?a=1&apikey={secret}&b=2"
    assert location(dataplane, path=f"/chat/1.0/within{query}") == (302, f"http://chat.local/y{query}")
    assert location(dataplane, path=f"/chat/1.0/away{query}") == (302, "http://new.example.com/chat/1.0/away?a=1&b=2")

"""cORSPolicy: preflights, and the fields by which a page may read an answer."""

import pytest

from support.policies import rule
from support.scripted import answer
from support.wire import Connection, ask, request

PAGE = "https://page.example.com"
POLICY = {
    "accessControlAllowOrigins": [PAGE],
    "accessControlAllowMethods": ["POST", "GET"],
    "accessControlAllowHeaders": ["authorization", "content-type"],
    "accessControlExposeHeaders": ["x-rtbl-model"],
    "accessControlMaxAge": 600,
}


@pytest.fixture
def browsed(scripted, serve_routes):
    def start(policy, script=None, rules=None, **options):
        backend = scripted(script)
        rules = rules or [rule("/x", "one", method="POST"), rule("/x", "one", method="GET")]
        return serve_routes({"one": backend}, rules, policy={"cORSPolicy": policy} if policy else None, **options), backend

    return start


def preflight(server, origin=PAGE, method="POST", headers="authorization", path="/chat/1.0/x"):
    fields = [("Origin", origin), ("Access-Control-Request-Method", method)]
    if headers:
        fields.append(("Access-Control-Request-Headers", headers))
    return ask(server, method="OPTIONS", path=path, headers=fields, body=b"")


def call(server, origin=PAGE, **options):
    return ask(server, **{"path": "/chat/1.0/x", "headers": [("Origin", origin)] if origin else [], **options})


def access(message):
    return {name.lower()[15:]: value for name, value in message.headers if name.lower().startswith("access-control-")}


@pytest.mark.field(
    "APIPolicy.spec.default.cORSPolicy.accessControlAllowOrigins[]",
    "APIPolicy.spec.default.cORSPolicy.accessControlAllowMethods[]",
    "APIPolicy.spec.default.cORSPolicy.accessControlAllowHeaders[]",
    "APIPolicy.spec.default.cORSPolicy.accessControlMaxAge",
)
def test_a_preflight(browsed):
    dataplane, backend = browsed(POLICY)
    got = preflight(dataplane)
    assert got.status == 204 and got["Vary"] == "Origin" and got["Content-Length"] is None and not backend.requests
    assert access(got) == {
        "allow-origin": PAGE, "allow-methods": "POST, GET", "allow-headers": "authorization, content-type", "max-age": "600",
    }


def test_a_preflight_of_another_origin_learns_nothing(browsed):
    dataplane, backend = browsed(POLICY)
    got = preflight(dataplane, origin="https://evil.example.com")
    assert got.status == 204 and access(got) == {} and got["Vary"] == "Origin" and not backend.requests


def test_a_preflight_is_matched_as_the_request_that_it_asks_about(browsed):
    dataplane, _ = browsed(POLICY, rules=[rule("/x", "one", method="POST", headers=[("X-Tier", "gold")])])
    assert preflight(dataplane).status == 204
    assert preflight(dataplane, method="PUT").status == 404
    assert preflight(dataplane, path="/chat/1.0/none").status == 404


def test_two_preflights_and_the_request_on_one_connection(browsed):
    dataplane, backend = browsed(POLICY)
    fields = [("Origin", PAGE), ("Access-Control-Request-Method", "POST")]
    data = request("OPTIONS", "/chat/1.0/x", headers=fields) * 2 + request(path="/chat/1.0/x", headers=[("Origin", PAGE)], body=b"{}")
    with Connection(dataplane.port) as connection:
        connection.send(data)
        assert [connection.read_answer().status for _ in range(3)] == [204, 204, 200]
    assert len(backend.requests) == 1


@pytest.mark.parametrize(
    "allowed, origin, is_allowed",
    [
        ("https://page.example.com", "https://page.example.com", True),
        ("https://page.example.com", "https://Page.Example.com", True),
        ("https://page.example.com", "http://page.example.com", False),
        ("https://page.example.com", "https://page.example.com:8443", False),
        ("https://page.example.com:8443", "https://page.example.com:8443", True),
        ("https://page.example.com", "https://page.example.com.evil.com", False),
        ("https://page.example.com", "null", False),
        ("null", "null", True),
        ("*.example.com", "https://a.b.example.com", True),
        ("*.example.com", "https://example.com", False),
        ("https://*.example.com", "http://a.example.com", False),
        ("page.example.com", "http://page.example.com", True),
    ],
)
def test_origins(browsed, allowed, origin, is_allowed):
    dataplane, backend = browsed({**POLICY, "accessControlAllowOrigins": ["https://first.example.com", allowed]})
    got = call(dataplane, origin)
    assert got.status == 200 and len(backend.requests) == 1  # the server does not judge; the browser does
    assert access(got).get("allow-origin") == (origin if is_allowed else None) and got["Vary"] == "Origin"


def test_any_origin(browsed):
    dataplane, _ = browsed({"accessControlAllowOrigins": ["*"], "accessControlAllowMethods": ["*"], "accessControlAllowHeaders": ["*"]})
    got = call(dataplane)
    assert access(got) == {"allow-origin": "*"} and got["Vary"] is None
    got = preflight(dataplane, headers="authorization,x-own")
    assert access(got) == {"allow-origin": "*", "allow-methods": "POST", "allow-headers": "authorization,x-own"}
    assert "Access-Control-Request-Headers" in got["Vary"] and "Origin" not in got["Vary"].split(", ")


@pytest.mark.field("APIPolicy.spec.default.cORSPolicy.accessControlAllowCredentials")
def test_any_origin_with_credentials_is_named(browsed):
    dataplane, _ = browsed({"accessControlAllowOrigins": ["*"], "accessControlAllowCredentials": True})
    got = call(dataplane)
    assert access(got) == {"allow-origin": PAGE, "allow-credentials": "true"} and got["Vary"] == "Origin"


@pytest.mark.field("APIPolicy.spec.default.cORSPolicy.accessControlExposeHeaders[]")
def test_an_answer(browsed):
    theirs = [("Access-Control-Allow-Origin", "*"), ("access-control-expose-headers", "x-theirs"), ("Vary", "Accept")]
    dataplane, _ = browsed(POLICY, lambda request, number: answer(headers=theirs))
    got = call(dataplane)
    assert access(got) == {"allow-origin": PAGE, "expose-headers": "x-rtbl-model"} and got["Vary"] == "Accept, Origin"
    got = call(dataplane, origin=None)
    assert access(got) == {} and got["Vary"] == "Accept, Origin"


def test_an_error_made_here_can_be_read(browsed):
    dataplane, backend = browsed(POLICY, lambda request, number: answer(429, [("Retry-After", "20")]), models=[("A", "one")])
    assert call(dataplane).status == 429
    got = call(dataplane)
    assert got.status == 503 and access(got)["allow-origin"] == PAGE and len(backend.requests) == 1
    got = call(dataplane, body=b"no json")
    assert got.status == 400 and access(got)["allow-origin"] == PAGE


def test_a_redirect_can_be_read(browsed):
    dataplane, _ = browsed(POLICY, rules=[rule("/x", filters=[{"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}])])
    got = call(dataplane)
    assert got.status == 302 and access(got)["allow-origin"] == PAGE


def test_without_a_policy_nothing_is_added(browsed):
    theirs = [("Access-Control-Allow-Origin", "*")]
    dataplane, backend = browsed(None, lambda request, number: answer(headers=theirs), rules=[rule("/x", "one")])
    got = call(dataplane)
    assert access(got) == {"allow-origin": "*"} and got["Vary"] is None
    assert preflight(dataplane).status == 200 and len(backend.requests) == 2


@pytest.mark.field("APIPolicy.spec.default.cORSPolicy.enabled")
def test_a_policy_that_is_not_enabled(browsed):
    dataplane, backend = browsed({**POLICY, "enabled": False}, rules=[rule("/x", "one")])
    assert access(call(dataplane)) == {} and preflight(dataplane).status == 200 and len(backend.requests) == 2

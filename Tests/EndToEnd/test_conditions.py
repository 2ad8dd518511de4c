"""Header and query parameter matches: the rule that a request finds."""

import pytest

from support.policies import rule
from support.wire import Connection, ask, request

RULES = [
    rule("/x", "plain"),
    rule("/x", "gold", headers=[("X-Tier", "gold")]),
    rule("/x", "both", headers=[("X-Tier", "gold"), ("X-Region", "eu")]),
    rule("/x", "pattern", headers=[("X-Trace", "[0-9a-f]+", "RegularExpression")]),
    rule("/x", "query", query=[("v", "a b&c")]),
    rule("/x", "versions", query=[("version", "[12]", "RegularExpression")]),
    rule("/only", "plain", headers=[("X-Tier", "gold")], query=[("v", "1")]),
]


@pytest.fixture
def served(scripted, serve_routes):
    """asked(path, headers) is the Backend that got the request, or the status of the answer."""
    backends = {name: scripted() for name in ("plain", "gold", "both", "pattern", "query", "versions")}
    dataplane = serve_routes(backends, RULES)

    def asked(path, headers=()):
        before = {name: len(backend.requests) for name, backend in backends.items()}
        got = ask(dataplane, path=f"/chat/1.0{path}", headers=headers)
        reached = [name for name, backend in backends.items() if len(backend.requests) > before[name]]
        return reached[0] if reached else got.status

    return asked


@pytest.mark.field("HTTPRoute.spec.rules[].matches[].headers[].*")
@pytest.mark.parametrize(
    "headers, backend",
    [
        ([], "plain"),
        ([("x-tier", "gold")], "gold"),
        ([("X-TIER", "gold"), ("X-Region", "eu")], "both"),
        ([("X-Tier", "GOLD")], "plain"),
        ([("X-Tier", "gold "), ("X-Region", " eu")], "both"),  # blanks around a value are not part of it
        ([("X-Tier", "gold"), ("X-Tier", "gold")], "plain"),  # one value: "gold, gold"
        ([("X-Trace", "09af")], "pattern"),
        ([("X-Trace", "09afx")], "plain"),
        ([("X-Trace", "")], "plain"),
    ],
)
def test_headers(served, headers, backend):
    assert served("/x", headers) == backend


@pytest.mark.field("HTTPRoute.spec.rules[].matches[].queryParams[].*")
@pytest.mark.parametrize(
    "query, backend",
    [
        ("?v=a%20b%26c", "query"),
        ("?v=a+b%26c", "query"),
        ("?x=1&v=a+b%26c&v=2", "query"),
        ("?%76=%61+b%26c", "query"),
        ("?v=2&v=a+b%26c", "plain"),  # the first one counts
        ("?V=a+b%26c", "plain"),
        ("?v", "plain"),
        ("?v=%zz", 400),
        ("?version=1", "versions"),
        ("?version=12", "plain"),
        ("?", "plain"),
    ],
)
def test_query_parameters(served, query, backend):
    assert served("/x" + query) == backend


def test_all_conditions_must_hold(served):
    assert served("/only?v=1", [("X-Tier", "gold")]) == "plain"
    assert served("/only?v=1") == 404 and served("/only", [("X-Tier", "gold")]) == 404


def test_many_fields_of_one_name_are_joined(scripted, serve_routes):
    value = "x" * 300
    joined = ", ".join([value] * 90)
    backends = {"plain": scripted(), "joined": scripted()}
    rules = [rule("/x", "plain"), rule("/x", "joined", headers=[("X-Many", f"(x+, ){{89}}x{{{len(value)}}}", "RegularExpression")])]
    dataplane = serve_routes(backends, rules)
    assert len(joined) > 27_000
    assert ask(dataplane, path="/chat/1.0/x", headers=[("X-Many", value)] * 90).status == 200
    assert len(backends["joined"].requests) == 1 and not backends["plain"].requests


def test_each_request_of_a_connection_is_matched_anew(scripted, serve_routes):
    backends = {"plain": scripted(), "gold": scripted()}
    dataplane = serve_routes(backends, [rule("/x", "plain"), rule("/x", "gold", headers=[("X-Tier", "gold")])])
    with Connection(dataplane.port) as connection:
        data = [request(path="/chat/1.0/x", headers=[("X-Tier", "gold")] if gold else [], body=b"{}") for gold in (True, False, True)]
        connection.send(b"".join(data))  # pipelined
        assert [connection.read_answer().status for _ in data] == [200, 200, 200]
    assert len(backends["gold"].requests) == 2 and len(backends["plain"].requests) == 1

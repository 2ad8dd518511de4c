"""RequestHeaderModifier and ResponseHeaderModifier."""

import pytest

from support.policies import Backend, Routes, rule
from support.programs import compile_table, run
from support.scripted import answer
from support.wire import ask


def request_filter(**operations):
    return {"type": "RequestHeaderModifier", "requestHeaderModifier": _operations(operations)}


def response_filter(**operations):
    return {"type": "ResponseHeaderModifier", "responseHeaderModifier": _operations(operations)}


def _operations(operations):
    made = {name: [{"name": key, "value": value} for key, value in operations[name]] for name in ("set", "add") if name in operations}
    if "remove" in operations:
        made["remove"] = operations["remove"]
    return made


@pytest.fixture
def filtered(scripted, serve_routes):
    def start(*filters, script=None, **options):
        backend = scripted(script)
        return serve_routes({"one": backend}, [rule("/x", "one", filters=filters)], **options), backend

    return start


def get(server, headers=(), **options):
    return ask(server, path="/chat/1.0/x", headers=headers, **options)


def values(message, name):
    return [value for key, value in message.headers if key.lower() == name]


@pytest.mark.field("HTTPRoute.spec.rules[].filters[].requestHeaderModifier.*")
def test_request_headers(filtered):
    dataplane, backend = filtered(request_filter(set=[("X-Set", "new")], add=[("X-Add", "more")], remove=["X-Gone"]))
    assert get(dataplane, [("x-set", "1"), ("X-SET", "2"), ("X-Add", "first"), ("x-gone", "1"), ("X-Other", "kept")]).status == 200
    received = backend.requests[0]
    assert values(received, "x-set") == ["new"] and values(received, "x-add") == ["first", "more"]
    assert values(received, "x-gone") == [] and values(received, "x-other") == ["kept"]


def test_request_headers_that_are_not_there(filtered):
    dataplane, backend = filtered(request_filter(set=[("X-Set", "new")], add=[("X-Add", "a"), ("X-Add", "b")], remove=["X-Gone"]))
    get(dataplane)
    received = backend.requests[0]
    assert values(received, "x-set") == ["new"] and values(received, "x-add") == ["a", "b"] and values(received, "x-gone") == []


def test_the_credential_counts_more_than_a_filter(filtered, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/key").write_text("right")
    dataplane, backend = filtered(
        request_filter(set=[("api-key", "wrong")]), credentials={"one": ("secret", "key", "api-key")}, args=["--secrets", str(tmp_path)]
    )
    assert get(dataplane, [("api-key", "client's")]).status == 200
    assert values(backend.requests[0], "api-key") == ["right"]


def test_connection_does_not_take_away_what_a_filter_sets(filtered):
    dataplane, backend = filtered(request_filter(set=[("X-Set", "new")]))
    get(dataplane, [("Connection", "x-set"), ("X-Set", "old")])
    assert values(backend.requests[0], "x-set") == ["new"]


@pytest.mark.field("HTTPRoute.spec.rules[].filters[].responseHeaderModifier.*")
def test_response_headers(filtered):
    headers = [("X-Set", "1"), ("x-set", "2"), ("X-Add", "first"), ("Server", "secret"), ("Set-Cookie", "a=1")]
    dataplane, _ = filtered(
        response_filter(set=[("X-Set", "new")], add=[("X-Add", "more"), ("Set-Cookie", "b=2")], remove=["server"]),
        script=lambda request, number: answer(headers=headers),
    )
    got = get(dataplane)
    assert got.status == 200 and got.json["model"] == "served"
    assert values(got, "x-set") == ["new"] and values(got, "x-add") == ["first", "more"] and values(got, "set-cookie") == ["a=1", "b=2"]
    assert got["Server"] is None and got["x-rtbl-attempts"] == "1"


def test_response_headers_of_our_own_and_the_date(filtered):
    dataplane, _ = filtered(response_filter(set=[("Date", "Thu, 01 Jan 1970 00:00:00 GMT")], remove=["x-rtbl-attempts"]))
    got = get(dataplane)
    assert values(got, "date") == ["Thu, 01 Jan 1970 00:00:00 GMT"] and got["x-rtbl-attempts"] is None


def test_errors_made_here_are_not_filtered(filtered):
    dataplane, backend = filtered(response_filter(add=[("X-Add", "more")]))
    assert get(dataplane)["X-Add"] == "more"
    backend.stop_listening()
    for connection in backend.sockets:
        connection.close()
    got = get(dataplane)
    assert got.status == 502 and got["X-Add"] is None


def test_both_directions_and_a_failover(scripted, serve_routes):
    filters = [request_filter(add=[("X-Add", "more")]), response_filter(set=[("X-Set", "new")])]
    backends = {"one": scripted(lambda request, number: answer(503, [("X-Set", "old")])), "two": scripted()}
    dataplane = serve_routes(backends, [rule("/x", "one", "two", filters=filters)])
    got = get(dataplane)
    assert got.status == 200 and got["x-rtbl-attempts"] == "2" and got["X-Set"] == "new"
    assert [values(backend.requests[0], "x-add") for backend in backends.values()] == [["more"], ["more"]]


def test_a_table_that_writes_too_much_is_refused(scripted, tmp_path):
    filters = [request_filter(set=[(f"X-{f}-{n}", "v" * 4000) for n in range(12)]) for f in range(3)]
    table = compile_table(tmp_path, Routes([Backend("one", 1)], [rule("/x", "one", filters=filters)]).yaml())
    done = run("dataplane", "--table", table, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
    assert done.returncode == 1 and "header filters of one rule" in done.stderr

"""/metrics: every name of the contract, in a form that Prometheus' own parser takes, and counts that never go back."""

import shutil
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.policies import Backend, Chat
from support.programs import Dataplane, compile_table
from support.scripted import Wait, answer, stream
from support.wire import Connection, ask, request

USAGE = {"choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 34, "total_tokens": 46}}

#: Name, type and labels of what the contract lists. A counter's family has no `_total` in the parser's words.
CONTRACT = {
    "rtbl_requests": ("counter", {"api", "environment", "code"}),
    "rtbl_picks": ("counter", {"pool", "model", "backend"}),
    "rtbl_target_suspended": ("gauge", {"pool", "model", "backend"}),
    "rtbl_target_suspended_seconds": ("gauge", {"pool", "model", "backend"}),
    "rtbl_suspensions": ("counter", {"pool", "model", "backend", "reason"}),
    "rtbl_upstream_attempts": ("counter", {"pool", "model", "backend", "result"}),
    "rtbl_overhead_seconds": ("histogram", set()),
    "rtbl_connections": ("gauge", {"side"}),
    "rtbl_table_info": ("gauge", {"digest"}),
    "rtbl_table_reloads": ("counter", {"result"}),
    "gen_ai_client_token_usage": ("histogram", {"pool", "gen_ai_request_model", "backend", "gen_ai_token_type"}),
    "gen_ai_server_request_duration_seconds": ("histogram", {"pool", "gen_ai_request_model", "backend"}),
    "gen_ai_server_time_to_first_token_seconds": ("histogram", {"pool", "gen_ai_request_model", "backend"}),
}


def families(dataplane):
    """What the parser makes of /metrics, by name; each family once, with its help and type, histograms cumulative."""
    found = {}
    for family in text_string_to_metric_families(dataplane.metrics()):
        assert family.name not in found and family.documentation and family.type != "unknown", family.name
        found[family.name] = family
        names = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in family.samples]
        assert len(set(names)) == len(names), f"{family.name}: a sample twice"
        if family.type == "histogram":
            check_histogram(family)
    return found


def check_histogram(family):
    series = {}
    for sample in family.samples:
        labels = tuple(sorted((name, text) for name, text in sample.labels.items() if name != "le"))
        part = sample.name.removeprefix(family.name)
        series.setdefault(labels, {}).setdefault(part, []).append((sample.labels.get("le"), sample.value))
    for labels, parts in series.items():
        assert set(parts) == {"_bucket", "_sum", "_count"}, (family.name, labels)
        bounds = [float(bound) for bound, _ in parts["_bucket"]]
        counts = [count for _, count in parts["_bucket"]]
        assert bounds == sorted(bounds) and bounds[-1] == float("inf") and counts == sorted(counts)
        assert [(None, counts[-1])] == parts["_count"] and counts[-1] > 0
        assert parts["_sum"][0][1] >= 0


def total(found, name, part="", **labels):
    return sum(
        sample.value for sample in found[name].samples
        if sample.name == name + part and all(sample.labels.get(label) == text for label, text in labels.items()))


@pytest.fixture
def dataplane(scripted, serve):
    def script(received, number):
        if b'"stream"' in received.body:
            return stream([b'data: {"a":1}\n\n', b'data: {"usage":{"prompt_tokens":5,"completion_tokens":6}}\n\n'], delay=0.06)
        if b'"slow"' in received.body:
            return [Wait(0.1), answer(body=USAGE)]
        return answer(body=USAGE)

    busy = scripted(lambda received, number: answer(429, [], {}))
    return serve({"one": scripted(script), "busy": busy}, production=[("A", "busy"), ('B "quoted\\', "one")], suspend=60, args=["--workers", "2"])


def test_every_name_of_the_contract(dataplane):
    for body in ({"model": "m"}, {"model": "m", "stream": True}, {"model": "m", "slow": 1}):
        assert ask(dataplane, body=body).status == 200
    assert ask(dataplane, path="/none").status == 404
    assert dataplane.admin("/reload", method="POST")[0] == 200
    found = families(dataplane)
    for name, (kind, labels) in CONTRACT.items():
        assert found[name].type == kind and found[name].samples, name
        for sample in found[name].samples:
            assert set(sample.labels) - {"le"} == labels, sample
    assert {sample.labels["side"] for sample in found["rtbl_connections"].samples} == {"client", "upstream"}


def test_what_is_observed(dataplane):
    bodies = [{"model": "m"}] * 5 + [{"model": "m", "stream": True}] * 2 + [{"model": "m", "slow": 1}] * 3
    for body in bodies:
        assert ask(dataplane, body=body).status == 200
    assert ask(dataplane, body=b"[]").status == 400
    assert ask(dataplane, method="GET", body=b"").status in (200, 429)
    found = families(dataplane)
    model = {"gen_ai_request_model": 'B "quoted\\'}
    assert total(found, "gen_ai_server_request_duration_seconds", "_count") == total(found, "gen_ai_server_request_duration_seconds", "_count", **model) == 10
    assert 0.4 < total(found, "gen_ai_server_request_duration_seconds", "_sum") < 5
    assert total(found, "gen_ai_server_request_duration_seconds", "_bucket", le="0.04") <= 5
    first = total(found, "gen_ai_server_time_to_first_token_seconds", "_sum")
    assert total(found, "gen_ai_server_time_to_first_token_seconds", "_count") == 10 and 0.3 < first < total(found, "gen_ai_server_request_duration_seconds", "_sum") - 0.1
    for kind, amount in (("input", 8 * 12 + 2 * 5), ("output", 8 * 34 + 2 * 6)):
        assert total(found, "gen_ai_client_token_usage", "_count", gen_ai_token_type=kind) == 10
        assert total(found, "gen_ai_client_token_usage", "_sum", gen_ai_token_type=kind) == amount
    overhead = total(found, "rtbl_overhead_seconds", "_sum")
    assert total(found, "rtbl_overhead_seconds", "_count") == 12 and 0 < overhead < 0.05, "waiting for a backend is no overhead"
    assert total(found, "rtbl_requests", "_total") == 12


@pytest.mark.parametrize("headers, body", [
    ([("Content-Type", "text/plain")], b'{"usage":{"prompt_tokens":5,"completion_tokens":6}}'),
    ([("Content-Encoding", "gzip")], b'{"usage":{"prompt_tokens":5,"completion_tokens":6}}'),
    ([], {"usage": None}), ([], {"choices": []}),
])
def test_an_answer_that_does_not_say_what_it_took(scripted, serve, headers, body):
    dataplane = serve({"one": scripted(lambda received, number: answer(200, headers, body))}, production=[("A", "one")])
    assert ask(dataplane).status == 200
    deadline = time.monotonic() + 2
    while total(found := families(dataplane), "gen_ai_server_request_duration_seconds", "_count") == 0:
        assert time.monotonic() < deadline  # it is observed behind the answer's last byte
    assert total(found, "gen_ai_server_request_duration_seconds", "_count") == 1
    assert found["gen_ai_client_token_usage"].samples == []


def test_usage_in_pieces_of_any_size(scripted, serve):
    text = b'{"id":"x","choices":[{"message":{"content":"\\"usage\\":{\\"prompt_tokens\\":9}"}}],"usage":{"prompt_tokens":12,"completion_tokens":34}}'

    def script(received, number):
        cut = number % (len(text) + 1)
        return [b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(text) + text[:cut], Wait(0.002), text[cut:]]

    dataplane = serve({"one": scripted(script)}, production=[("A", "one")], args=["--workers", "1"])
    with Connection(dataplane.port) as connection:
        for _ in range(len(text) + 1):
            assert connection.ask(request(body={"model": "m"})).body == text
    found = families(dataplane)
    assert total(found, "gen_ai_client_token_usage", "_sum", gen_ai_token_type="input") == 12 * (len(text) + 1)
    assert total(found, "gen_ai_client_token_usage", "_sum", gen_ai_token_type="output") == 34 * (len(text) + 1)


def test_counts_go_on_over_reloads(scripted, stack, tmp_path):
    backend = scripted(lambda received, number: answer(body=USAGE))
    table = tmp_path / "served.rtbl"

    def put(production):
        shutil.copyfile(compile_table(tmp_path, Chat([Backend("one", backend.port)], production=production).yaml()), tmp_path / "fresh")
        (tmp_path / "fresh").rename(table)

    put([("A", "one")])
    dataplane = stack.enter_context(Dataplane(table, args=["--workers", "2"]))
    before = {}
    for number in range(6):
        for _ in range(5):
            assert ask(dataplane).status == 200
        found = families(dataplane)
        now = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in found.values() if family.type in ("counter", "histogram") for sample in family.samples
        }
        for key, count in before.items():
            assert now.get(key, 0) >= count, f"{key} went back from {count} to {now.get(key)}"
        assert total(found, "gen_ai_server_request_duration_seconds", "_count", gen_ai_request_model="A") > 0
        before = now
        put([("A", "one"), (f"B{number}", "one")] if number % 2 == 0 else [("A", "one", 2), ("B0", "one")])
        status, answered = dataplane.admin("/reload", method="POST")
        assert status == 200, answered
        before = {key: count for key, count in before.items() if not any("B" in text for _, text in key[1])}
        time.sleep(0.05)
    assert total(families(dataplane), "rtbl_overhead_seconds", "_count") == 30

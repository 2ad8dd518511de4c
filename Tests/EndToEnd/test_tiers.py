"""rtbl/tiers and rtbl/sticky."""

import collections
import json
import time

import pytest

from support.programs import compile_table, run
from support.policies import Backend, Chat
from support.scripted import answer
from support.wire import ask


@pytest.fixture
def pooled(scripted, serve):
    def start(annotations, script=None, models=("A", "B", "C"), **options):
        backend = scripted(script)
        entries = [(model, "one") if isinstance(model, str) else (model[0], "one", model[1]) for model in models]
        return serve({"one": backend}, production=entries, annotations=annotations, **options), backend

    return start


def models(dataplane, count, headers=()):
    return [ask(dataplane, headers=headers)["x-rtbl-model"] for _ in range(count)]


@pytest.mark.field("APIPolicy.metadata.annotations.rtbl/tiers")
def test_the_first_tier_takes_all(pooled):
    dataplane, _ = pooled({"rtbl/tiers": "2,1"})
    assert collections.Counter(models(dataplane, 20)) == {"A": 10, "B": 10}


def test_the_second_tier_is_used_while_the_first_is_suspended(pooled):
    limited = set()
    dataplane, _ = pooled({"rtbl/tiers": "2,1"}, lambda request, number: answer(429, [("Retry-After", "1")]) if request.model in limited else answer(), suspend=1)
    limited.add("A")
    assert set(models(dataplane, 6)) == {"B"}
    limited.add("B")
    assert set(models(dataplane, 6)) == {"C"}
    limited.clear()
    time.sleep(1.5)
    assert set(models(dataplane, 8)) == {"A", "B"}


def test_a_request_fails_over_to_the_next_tier(pooled):
    # nothing is suspended by a 503: the next request goes to the first tier again
    dataplane, backend = pooled({"rtbl/tiers": "1,1"}, lambda request, number: answer(503) if request.model == "A" else answer(), models=("A", "B"))
    for _ in range(3):
        got = ask(dataplane)
        assert got["x-rtbl-model"] == "B" and got["x-rtbl-attempts"] == "2"


@pytest.mark.field("APIPolicy.metadata.annotations.rtbl/sticky")
def test_a_value_keeps_its_target_and_shares_follow_weights(pooled):
    dataplane, _ = pooled({"rtbl/sticky": "header:X-Session"}, models=(("A", 3), ("B", 1)))
    first = {n: models(dataplane, 1, [("x-session", f"s{n}")])[0] for n in range(200)}
    again = {n: models(dataplane, 1, [("X-Session", f"s{n}")])[0] for n in range(200)}
    assert first == again
    share = collections.Counter(first.values())["A"] / 200
    assert 0.6 < share < 0.9


def test_only_the_values_of_a_suspended_target_move(pooled):
    dataplane, _ = pooled({"rtbl/sticky": "header:X-Session"})
    before = {n: models(dataplane, 1, [("X-Session", f"s{n}")])[0] for n in range(60)}
    target = dataplane.targets()["A", "one"]["id"]
    assert dataplane.admin(f"/targets/{target}/suspend?seconds=60", "POST")[0] == 200
    during = {n: models(dataplane, 1, [("X-Session", f"s{n}")])[0] for n in range(60)}
    assert all(during[n] == before[n] for n in before if before[n] != "A") and "A" not in during.values()
    assert dataplane.admin(f"/targets/{target}/resume", "POST")[0] == 200
    assert {n: models(dataplane, 1, [("X-Session", f"s{n}")])[0] for n in range(60)} == before


def test_without_the_header_requests_take_turns(pooled):
    dataplane, _ = pooled({"rtbl/sticky": "header:X-Session"}, args=["--workers", "1"])
    models(dataplane, 5, [("X-Session", "one")])
    assert models(dataplane, 6) == ["A", "B", "C"] * 2


def test_simulate_picks_what_the_dataplane_picks(scripted, serve, tmp_path):
    backend = scripted()
    entries = [("A", "one"), ("B", "one"), ("C", "one")]
    annotations = {"rtbl/sticky": "header:X-Session", "rtbl/tiers": "2,1"}
    dataplane = serve({"one": backend}, production=entries, annotations=annotations)
    table = compile_table(tmp_path, Chat([Backend("one", backend.port)], production=entries, annotations=annotations).yaml())
    for session in ("s1", "s2", "s3", "s4", "s5"):
        done = run("rtblc", "simulate", table, "POST", "http://chat.local/chat/1.0/chat/completions", "-n", "5", "-H", f"X-Session: {session}", "--json")
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        picked = {report["targets"][number]["model"] for number in report["picks"]}
        assert picked == set(models(dataplane, 3, [("X-Session", session)]))

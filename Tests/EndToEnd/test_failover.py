"""When another target is tried, and when not."""

import collections
import time

import pytest

from support.scripted import Close, DeadBackend, Reset, answer
from support.wire import ask


def only_b(status, headers=()):
    return lambda request, number: answer() if request.model == "B" else answer(status, headers)


@pytest.mark.parametrize("status", [429, 503, 529])
def test_an_answer_that_says_not_done_is_hidden_from_the_client(scripted, serve, status):
    backend = scripted(only_b(status))
    got = ask(serve({"one": backend}, production=[("A", "one"), ("B", "one")]))
    assert (got.status, got["x-rtbl-model"], got["x-rtbl-attempts"]) == (200, "B", "2")
    assert backend.models == ["A", "B"]


@pytest.mark.parametrize("status", [400, 401, 404, 408, 500, 502, 504])
def test_any_other_answer_is_passed_on(scripted, serve, status):
    backend = scripted(only_b(status))
    got = ask(serve({"one": backend}, production=[("A", "one"), ("B", "one")]))
    assert (got.status, got["x-rtbl-model"], got["x-rtbl-attempts"]) == (status, "A", "1")
    assert len(backend.requests) == 1


def test_at_most_three_attempts_and_the_last_answer_counts(scripted, serve):
    backend = scripted(lambda request, number: answer(503, body={"from": request.model}))
    got = ask(serve({"one": backend}, production=[(model, "one") for model in "ABCD"]))
    assert (got.status, got.json, got["x-rtbl-attempts"], got["x-rtbl-model"]) == (503, {"from": "C"}, "3", "C")
    assert backend.models == ["A", "B", "C"]


def test_a_target_is_tried_once(scripted, serve):
    backend = scripted(lambda request, number: answer(503))
    got = ask(serve({"one": backend}, production=[("A", "one", 5), ("B", "one", 1)]))
    assert (got.status, got["x-rtbl-attempts"]) == (503, "2") and sorted(backend.models) == ["A", "B"]


def test_a_dead_backend_costs_its_own_share_one_more_attempt(stack, scripted, serve):
    dead, alive = stack.enter_context(DeadBackend()), scripted()
    dataplane = serve({"dead": dead, "one": alive}, production=[("A", "dead"), ("B", "one"), ("C", "one")])
    answers = [ask(dataplane) for _ in range(30)]
    assert {answer.status for answer in answers} == {200}
    assert collections.Counter(answer["x-rtbl-attempts"] for answer in answers) == {"1": 20, "2": 10}
    assert collections.Counter(alive.models) == {"B": 15, "C": 15}, "the dead one's load spreads by weight"


def test_only_the_first_pick_moves_the_rotation(scripted, serve):
    backend = scripted(lambda request, number: answer(503) if request.model == "A" else answer())
    dataplane = serve({"one": backend}, production=[("A", "one"), ("B", "one"), ("C", "one")], suspend=0)
    answers = [ask(dataplane) for _ in range(6)]
    assert [answer["x-rtbl-attempts"] for answer in answers] == ["2", "1", "1"] * 2
    assert [answer["x-rtbl-model"] for answer in answers if answer["x-rtbl-attempts"] == "1"] == ["B", "C"] * 2


def test_no_backend_can_be_reached(stack, serve):
    dead = stack.enter_context(DeadBackend())
    got = ask(serve({"dead": dead}, production=[("A", "dead"), ("B", "dead")]))
    assert got.status == 502 and got.json["code"] == "502"


@pytest.mark.parametrize("silence", [[Close()], [Reset()], [b"HTTP/1.1 200 OK\r\nContent-", Close()]], ids=["close", "reset", "half a head"])
def test_a_request_that_was_sent_is_never_repeated(scripted, serve, silence):
    backend = scripted(lambda request, number: silence)
    got = ask(serve({"one": backend}, production=[("A", "one"), ("B", "one")]))
    assert got.status == 502 and len(backend.requests) == 1


def test_no_backend_bytes_before_a_failover_reach_the_client(scripted, serve):
    refusal = answer(429, [("x-secret-hint", "of A"), ("Set-Cookie", "a=1")], {"from": "A"})
    backend = scripted(lambda request, number: answer(headers=[("x-from", "B")]) if request.model == "B" else refusal)
    got = ask(serve({"one": backend}, production=[("A", "one"), ("B", "one")]))
    assert got["x-from"] == "B" and got["x-secret-hint"] is None and got["Set-Cookie"] is None and b"from" not in got.body


def test_the_second_attempt_has_the_whole_body_again(scripted, serve):
    backend = scripted(lambda request, number: answer() if request.model == "second" else answer(429))
    body = b'{"model":"x","pad":"' + b"p" * 300_000 + b'"}'
    assert ask(serve({"one": backend}, production=[("A", "one"), ("second", "one")]), body=body).status == 200
    assert [request.body for request in backend.requests] == [body.replace(b'"x"', b'"A"'), body.replace(b'"x"', b'"second"')]


def test_rules_without_a_pool_fail_over_among_their_backends(stack, scripted, serve):
    dead, limited, fine = stack.enter_context(DeadBackend()), scripted(lambda request, number: answer(429)), scripted()
    dataplane = serve({"dead": dead, "limited": limited, "fine": fine})
    answers = [ask(dataplane) for _ in range(6)]
    assert {answer.status for answer in answers} == {200} and all(answer["x-rtbl-model"] is None for answer in answers)
    assert collections.Counter(answer["x-rtbl-attempts"] for answer in answers)["1"] == 2
    assert len(limited.requests) >= 2, "nothing is suspended there"


def test_kept_connections_that_the_backend_closed_are_not_used(scripted, serve):
    backend = scripted(lambda request, number: [answer(), Close()])
    dataplane = serve({"one": backend}, production=[("A", "one")])
    for _ in range(20):
        assert ask(dataplane).status == 200
        time.sleep(0.02) # the close has to arrive: a request that crosses it on the wire is lost by HTTP's own design
    assert len(backend.requests) == 20

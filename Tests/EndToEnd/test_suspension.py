"""What suspends a target, for how long, and what happens when none is left."""

import datetime
import email.utils
import threading
import time

import pytest

from support.scripted import Wait, answer
from support.wire import ask


def limited(headers=(), status=429):
    """A script: model A is answered so, every other one as usual."""
    return lambda request, number: answer(status, headers) if request.model == "A" else answer()


def pair(serve, backend, **options):
    """A dataplane with models A and B in turn; A is next."""
    return serve({"one": backend}, production=[("A", "one"), ("B", "one")], **options)


def model_of(dataplane):
    return ask(dataplane)["x-rtbl-model"]


def seconds_left(target):
    until = datetime.datetime.fromisoformat(target["until"])
    return (until - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


@pytest.mark.field("APIPolicy.spec.default.modelBasedRoundRobin.onQuotaExceedSuspendDuration")
def test_429_suspends_the_picked_target(scripted, serve):
    dataplane = pair(serve, scripted(limited()), suspend=30)
    assert [model_of(dataplane) for _ in range(4)] == ["B"] * 4
    target = dataplane.targets()["A", "one"]
    assert target["suspended"] is True and target["reason"] == "429" and 28 < seconds_left(target) <= 30
    assert dataplane.targets()["B", "one"]["suspended"] is False


@pytest.mark.parametrize(
    "name",
    [
        "x-ratelimit-remaining",
        "x-ratelimit-remaining-requests",
        "X-RateLimit-Remaining-Tokens",
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-tokens-remaining",
    ],
)
@pytest.mark.parametrize("value", ["0", "-1"])
def test_nothing_remaining_suspends(scripted, serve, name, value):
    dataplane = pair(serve, scripted(limited([(name, value)], status=200)), suspend=30)
    first = ask(dataplane)
    assert (first.status, first["x-rtbl-model"], first["x-rtbl-attempts"]) == (200, "A", "1")
    assert [model_of(dataplane) for _ in range(3)] == ["B"] * 3
    assert dataplane.targets()["A", "one"]["reason"] == "remaining"


@pytest.mark.parametrize(
    "headers",
    [
        [("x-ratelimit-remaining-requests", "1")],
        [("x-ratelimit-remaining-requests", "none")],
        [("x-ratelimit-remaining-requests", "")],
        [("x-ratelimit-remaining-requests", "0 left")],
        [("x-ratelimit-remaining-tokens", "-1"), ("x-ratelimit-limit-tokens", "-1")],
        [("x-ratelimit-limit-requests", "0"), ("x-ratelimit-remaining-requests", "0")],
        [("x-other-remaining", "0")],
        [("status", "429")],
    ],
)
def test_what_says_nothing_about_a_quota_does_not_suspend(scripted, serve, headers):
    dataplane = pair(serve, scripted(limited(headers, status=200)))
    assert [model_of(dataplane) for _ in range(4)] == ["A", "B", "A", "B"]


def test_the_model_named_in_the_answer_does_not_matter(scripted, serve):
    exhausted = answer(200, [("x-ratelimit-remaining-requests", "0")], {"model": "B"})
    dataplane = pair(serve, scripted(lambda request, number: exhausted if request.model == "A" else answer(body={"model": "A"})))
    assert [model_of(dataplane) for _ in range(3)] == ["A", "B", "B"]
    assert dataplane.targets()["A", "one"]["suspended"] and not dataplane.targets()["B", "one"]["suspended"]


def in_one_minute():
    return email.utils.formatdate(time.time() + 60, usegmt=True)


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ([("Retry-After", "60")], 60),
        ([("Retry-After", "1")], 10),
        ([("Retry-After", "0")], 10),
        ([("Retry-After", "soon")], 10),
        ([("retry-after-ms", "60000")], 60),
        ([("Retry-After", "20"), ("retry-after-ms", "60000")], 60),
        ([("Retry-After", "999999")], 3_600),
        ("date", 60),
    ],
)
def test_retry_after_extends(scripted, serve, headers, seconds):
    headers = [("Retry-After", in_one_minute())] if headers == "date" else headers
    dataplane = pair(serve, scripted(limited(headers)), suspend=10)
    assert model_of(dataplane) == "B"
    assert seconds - 2.5 < seconds_left(dataplane.targets()["A", "one"]) <= seconds


def test_a_second_trigger_only_moves_the_end_later(scripted, serve):
    def script(request, number):
        if number == 0:  # asked first, answered last
            return [Wait(0.3), answer(429, [("Retry-After", "5")])]
        return answer(429, [("Retry-After", "60")])

    dataplane = serve({"one": scripted(script)}, production=[("A", "one")], suspend=1)
    slow = threading.Thread(target=ask, args=(dataplane,))
    slow.start()
    time.sleep(0.1)
    assert ask(dataplane).status == 429
    slow.join()
    assert seconds_left(dataplane.targets()["A", "one"]) > 50


@pytest.mark.parametrize("suspend", [0, None])
def test_without_a_duration_nothing_is_suspended(scripted, serve, suspend):
    backend = scripted(limited())
    dataplane = pair(serve, backend, suspend=suspend)
    assert [ask(dataplane)["x-rtbl-attempts"] for _ in range(6)] == ["2", "1"] * 3
    assert backend.models.count("A") == 3 and not dataplane.targets()["A", "one"]["suspended"]


def test_a_429_for_one_large_request_fails_over_without_suspending(scripted, serve):
    headers = [("x-ratelimit-remaining-requests", "10"), ("x-ratelimit-remaining-tokens", "100")]
    dataplane = pair(serve, scripted(limited(headers)))
    assert [ask(dataplane)["x-rtbl-attempts"] for _ in range(4)] == ["2", "1", "2", "1"]
    assert not dataplane.targets()["A", "one"]["suspended"]


def test_when_all_are_suspended_the_client_hears_when_the_first_returns(scripted, serve):
    wait = {"A": "50", "B": "30"}
    backend = scripted(lambda request, number: answer(429, [("Retry-After", wait[request.model])]))
    dataplane = pair(serve, backend, suspend=10)
    assert ask(dataplane).status == 429, "the last answer is passed on"
    assert len(backend.requests) == 2
    refused = ask(dataplane)
    assert refused.status == 503 and 27 <= int(refused["Retry-After"]) <= 30
    assert refused.json["code"] == "503" and refused.json["error"]["param"] is None
    assert len(backend.requests) == 2, "no backend is asked"


def test_environments_suspend_apart(scripted, serve):
    dataplane = serve({"one": scripted(limited())}, production=[("A", "one"), ("B", "one")], sandbox=[("A", "one"), ("B", "one")])
    assert [model_of(dataplane) for _ in range(2)] == ["B", "B"]
    assert ask(dataplane, host="sandbox.chat.local")["x-rtbl-attempts"] == "2", "A is asked in the sandbox"


def test_mock_quota_is_never_overrun(mock, stack, serve):
    server = mock("--quota", "A=3/60")
    dataplane = serve({"one": server}, production=[("A", "one"), ("B", "one")], suspend=60)
    answers = [ask(dataplane) for _ in range(20)]
    assert {answer.status for answer in answers} == {200} and {answer["x-rtbl-attempts"] for answer in answers} == {"1"}
    assert [answer["x-rtbl-model"] for answer in answers].count("A") == 3

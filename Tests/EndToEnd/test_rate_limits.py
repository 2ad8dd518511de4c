"""RateLimitPolicy and AIRateLimitPolicy."""

import json
import time

import pytest

from support.policies import Backend, Chat
from support.programs import Dataplane, compile_table
from support.scripted import answer, stream
from support.wire import CHAT, Connection, ask, request


def document(kind, version, spec, name="limit"):
    return json.dumps({"apiVersion": f"dp.wso2.com/{version}", "kind": kind, "metadata": {"name": name}, "spec": spec})


def request_limit(count, unit="Minute"):
    target = {"group": "gateway.networking.k8s.io", "kind": "API", "name": "chat"}
    return document("RateLimitPolicy", "v1alpha1", {"default": {"api": {"requestsPerUnit": count, "unit": unit}}, "targetRef": target})


def token_limit(backend="one", unit="Minute", requests=None, **tokens):
    default = {"organization": "default"}
    if tokens:
        default["tokenCount"] = {"unit": unit, **tokens}
    if requests:
        default["requestCount"] = {"unit": unit, "requestsPerUnit": requests}
    target = {"group": "gateway.networking.k8s.io", "kind": "Backend", "name": backend}
    return document("AIRateLimitPolicy", "v1alpha3", {"default": default, "targetRef": target}, f"limit-{backend}")


@pytest.fixture
def limited(stack, tmp_path):
    """limited({"one": backend}, [limit, …], production=…); `retry` is that of all Backends."""

    def serve(backends, limits, args=("--workers", "1"), retry=None, **options):
        more = {"retry": retry} if retry else None
        chat = Chat([Backend(name, backend.port, more=more) for name, backend in backends.items()], **options)
        wait_for_room()
        return stack.enter_context(Dataplane(compile_table(tmp_path, "\n---\n".join([chat.yaml(), *limits])), args=args))

    return serve


def wait_for_room(seconds=12):
    """Windows begin with the minute: a test that needs one begins well before the next."""
    left = 60 - time.time() % 60
    if left < seconds:
        time.sleep(left + 0.1)


def usage(prompt, completion):
    return {"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}}


@pytest.mark.field(
    "RateLimitPolicy.spec.default.api.*",
    "RateLimitPolicy.spec.targetRef.*",
)
def test_requests_to_an_api(scripted, limited):
    backend = scripted()
    dataplane = limited({"one": backend}, [request_limit(3)], production=[("A", "one")])
    assert [ask(dataplane).status for _ in range(3)] == [200] * 3
    got = ask(dataplane)
    assert got.status == 429 and got.json["error"]["code"] == "rate_limit_exceeded" and got.json["error"]["type"] == "rate_limit_error"
    left = 60 - time.time() % 60
    assert abs(int(got["Retry-After"]) - left) <= 2 and got["x-ratelimit-reset"] == got["Retry-After"]
    assert got["x-ratelimit-limit"] == "3" and got["x-ratelimit-remaining"] == "0"
    assert len(backend.requests) == 3


def test_the_limit_is_one_for_all_workers(scripted, limited):
    backend = scripted()
    dataplane = limited({"one": backend}, [request_limit(40)], args=("--workers", "4"), production=[("A", "one")])
    connections = [Connection(dataplane.port) for _ in range(16)]
    statuses = []
    for _ in range(4):
        for connection in connections:
            connection.send(request(body=CHAT))
        statuses += [connection.read_answer().status for connection in connections]
    for connection in connections:
        connection.close()
    assert statuses.count(200) == 40 and statuses.count(429) == 24 and len(backend.requests) == 40


def test_a_window_ends(scripted, limited):
    """Waits for the end of the minute, where that is near enough; WindowCounterTests has the boundaries."""
    backend = scripted()
    dataplane = limited({"one": backend}, [request_limit(1)], production=[("A", "one")])
    left = 60 - time.time() % 60
    if left > 30:
        pytest.skip("the window ends in more than half a minute")
    assert [ask(dataplane).status for _ in range(2)] == [200, 429]
    time.sleep(left + 0.2)
    assert ask(dataplane).status == 200


@pytest.mark.field(
    "AIRateLimitPolicy.spec.default.tokenCount.totalTokenCount",
    "AIRateLimitPolicy.spec.default.tokenCount.unit",
    "AIRateLimitPolicy.spec.targetRef.group",
    "AIRateLimitPolicy.spec.targetRef.kind",
    "AIRateLimitPolicy.spec.targetRef.name",
)
def test_tokens_of_answers(scripted, limited):
    backend = scripted(lambda received, number: answer(body=usage(30, 40)))
    dataplane = limited({"one": backend}, [token_limit(totalTokenCount=100)], production=[("A", "one")])
    # 70, then 140: the second one is still let in, and uses the limit up
    assert [ask(dataplane).status for _ in range(2)] == [200, 200]
    got = ask(dataplane)
    assert got.status == 429 and got["x-ratelimit-limit"] == "100" and 0 < int(got["Retry-After"]) <= 60
    target = dataplane.targets()[("A", "one")]
    assert target["suspended"] and target["reason"] == "limit"
    assert len(backend.requests) == 2


@pytest.mark.field(
    "AIRateLimitPolicy.spec.default.tokenCount.requestTokenCount",
    "AIRateLimitPolicy.spec.default.tokenCount.responseTokenCount",
)
@pytest.mark.parametrize("field, counted", [("requestTokenCount", 30), ("responseTokenCount", 40)])
def test_prompt_and_completion_tokens_apart(scripted, limited, field, counted):
    backend = scripted(lambda received, number: answer(body=usage(30, 40)))
    limit = counted + 1  # used up by the second answer
    dataplane = limited({"one": backend}, [token_limit(**{field: limit})], production=[("A", "one")])
    assert [ask(dataplane).status for _ in range(3)] == [200, 200, 429]


@pytest.mark.field("AIRateLimitPolicy.spec.default.requestCount.*")
def test_requests_to_a_backend(scripted, limited):
    backend = scripted()
    dataplane = limited({"one": backend}, [token_limit(requests=2)], production=[("A", "one")])
    assert [ask(dataplane).status for _ in range(3)] == [200, 200, 429]
    assert len(backend.requests) == 2


# ---- repeated requests: an API's limit counts what its callers ask, a Backend's what it is asked

BUSY = answer(status=503, body=usage(50, 50))


def test_a_failover_counts_once_for_the_api(scripted, limited):
    one, two = scripted(lambda received, number: BUSY), scripted()
    dataplane = limited({"one": one, "two": two}, [request_limit(3)], production=[("A", "one"), ("B", "two")], suspend=0)
    got = [ask(dataplane) for _ in range(4)]
    assert [one_answer.status for one_answer in got] == [200, 200, 200, 429]
    assert [one_answer["x-rtbl-attempts"] for one_answer in got[:3]] == ["2", "1", "2"]
    assert (len(one.requests), len(two.requests)) == (2, 3)


def test_a_failover_counts_at_both_backends(scripted, limited):
    one, two = scripted(lambda received, number: BUSY), scripted()
    limits = [token_limit("one", requests=2), token_limit("two", requests=4)]
    dataplane = limited({"one": one, "two": two}, limits, production=[("A", "one"), ("B", "two")], suspend=0)
    # one, two | two | one, two | two: both are used up, the first one by failures alone
    got = [ask(dataplane) for _ in range(5)]
    assert [one_answer.status for one_answer in got] == [200, 200, 200, 200, 429]
    assert [one_answer["x-rtbl-attempts"] for one_answer in got[:4]] == ["2", "1", "2", "1"]
    assert (len(one.requests), len(two.requests)) == (2, 4)


def test_a_retry_counts_at_its_backend(scripted, limited):
    backend = scripted(lambda received, number: BUSY if number % 2 == 0 else answer())
    retry = {"count": 1, "baseIntervalMillis": 1, "statusCodes": [503]}
    dataplane = limited({"one": backend}, [token_limit(requests=5), request_limit(100)], production=[("A", "one")], retry=retry, suspend=0)
    got = [ask(dataplane) for _ in range(4)]
    # the third is the fifth that the Backend is asked: there is no repeat left for it, and its own answer is passed on
    assert [(one_answer.status, one_answer["x-rtbl-attempts"]) for one_answer in got[:3]] == [(200, "2"), (200, "2"), (503, "1")]
    assert got[3].status == 429 and got[3].json["error"]["code"] == "rate_limit_exceeded"
    assert len(backend.requests) == 5


@pytest.mark.parametrize("failing", ["failover", "retry"])
def test_only_the_answer_that_is_passed_on_takes_tokens(scripted, limited, failing):
    """The 503 says that it took 100, the answer that it took 70; only this one comes through."""
    good = answer(body=usage(30, 40))
    retry = {"count": 1, "baseIntervalMillis": 1, "statusCodes": [503]} if failing == "retry" else None
    if retry:
        backends, production = {"one": scripted(lambda received, number: BUSY if number % 2 == 0 else good)}, [("A", "one")]
    else:
        backends = {"one": scripted(lambda received, number: BUSY), "two": scripted(lambda received, number: good)}
        production = [("A", "one"), ("B", "two")]
    limits = [token_limit(name, totalTokenCount=100) for name in backends]
    dataplane = limited(backends, limits, production=production, retry=retry, suspend=0)
    got = [ask(dataplane) for _ in range(3)]
    assert [one_answer.status for one_answer in got] == ([200, 200, 429] if retry else [200, 200, 503])
    assert "rtbl_tokens_estimated_total 0\n" in dataplane.metrics()


def test_the_other_backend_takes_over(scripted, limited):
    one = scripted(lambda received, number: answer(body=usage(30, 70)))
    two = scripted(lambda received, number: answer(body=usage(1, 1)))
    dataplane = limited({"one": one, "two": two}, [token_limit(totalTokenCount=100)], production=[("A", "one"), ("B", "two")])
    got = [ask(dataplane) for _ in range(6)]
    assert [one_answer.status for one_answer in got] == [200] * 6
    assert [one_answer["x-rtbl-model"] for one_answer in got] == ["A", "B", "B", "B", "B", "B"]
    assert all(one_answer["x-rtbl-attempts"] == "1" for one_answer in got)


def test_the_usage_of_a_stream_is_in_its_last_event(scripted, limited):
    events = [b'data: {"choices":[{"delta":{"content":"word"}}],"usage":null}\n\n'] * 5
    last = b"data: " + json.dumps(usage(30, 70)).encode() + b"\n\n"

    def script(received, number):
        return stream([*events, last, b"data: [DONE]\n\n"], delay=0.01)

    dataplane = limited({"one": scripted(script)}, [token_limit(totalTokenCount=100)], production=[("A", "one")])
    assert ask(dataplane).body == b"".join([*events, last, b"data: [DONE]\n\n"])
    assert ask(dataplane).status == 429
    assert "rtbl_tokens_estimated_total 0\n" in dataplane.metrics()


def test_a_stream_without_usage_is_estimated_by_its_bytes(scripted, limited):
    events = [b"data: " + b"x" * 94 + b"\n\n"] * 4  # 408 bytes
    dataplane = limited({"one": scripted(lambda received, number: stream(events))}, [token_limit(totalTokenCount=102)], production=[("A", "one")])
    assert ask(dataplane).status == 200
    assert ask(dataplane).status == 429
    assert "rtbl_tokens_estimated_total 102\n" in dataplane.metrics()


def test_nothing_is_held_back(scripted, limited):
    events = [b'data: {"n":%d}\n\n' % number for number in range(4)]
    sent = []

    def script(received, number):
        for step in stream(events, delay=0.1):
            sent.append((time.monotonic(), step))
            yield step

    dataplane = limited({"one": scripted(script)}, [token_limit(totalTokenCount=1000)], production=[("A", "one")])
    got = ask(dataplane)
    left = [at for at, step in sent if isinstance(step, bytes) and b"data:" in step]
    assert max(arrived - begun for (arrived, _), begun in zip(got.chunks, left)) < 0.05


def test_where_tokens_are_counted_no_coding_is_asked_for(scripted, limited):
    backend = scripted()
    dataplane = limited({"one": backend, "two": backend}, [token_limit(totalTokenCount=1000)], production=[("A", "one"), ("B", "two")])
    for _ in range(2):
        assert ask(dataplane, headers=[("Accept-Encoding", "gzip, br")]).status == 200
    assert [received["Accept-Encoding"] for received in backend.requests] == ["identity", "gzip, br"]


def test_a_refused_answer_counts_no_tokens(scripted, limited):
    backend = scripted(lambda received, number: answer(status=400, body={"error": {"message": "x" * 1000}}))
    dataplane = limited({"one": backend}, [token_limit(totalTokenCount=10)], production=[("A", "one")])
    assert [ask(dataplane).status for _ in range(4)] == [400] * 4


def test_a_rule_without_models_is_limited_too(scripted, limited):
    backend = scripted(lambda received, number: answer(body=usage(30, 70)))
    dataplane = limited({"one": backend}, [token_limit(totalTokenCount=100)])
    assert [ask(dataplane).status for _ in range(2)] == [200, 429]


def test_suspended_and_limited_together(scripted, limited):
    """Nobody is left: 429 where the target that returns first is out by a limit, with its time."""
    one = scripted(lambda received, number: answer(body=usage(30, 70)))
    two = scripted(lambda received, number: answer(status=429, headers=[("Retry-After", "600")]))
    dataplane = limited({"one": one, "two": two}, [token_limit(totalTokenCount=100)], production=[("A", "one"), ("B", "two")], suspend=600)
    assert ask(dataplane).status == 200
    assert ask(dataplane).status == 429  # the provider's own
    got = ask(dataplane)
    assert got.status == 429 and int(got["Retry-After"]) <= 60 and got.json["error"]["code"] == "rate_limit_exceeded"


@pytest.mark.field("RateLimitPolicy.spec.override", "AIRateLimitPolicy.spec.override", "AIRateLimitPolicy.spec.targetRef.namespace")
def test_override_counts_more_than_default(scripted, limited):
    requests, tokens = json.loads(request_limit(1)), json.loads(token_limit(totalTokenCount=1))
    requests["spec"]["override"] = {"api": {"requestsPerUnit": 3, "unit": "Minute"}}
    tokens["spec"]["override"] = {"organization": "default", "tokenCount": {"unit": "Minute", "totalTokenCount": 150}}
    tokens["spec"]["targetRef"]["namespace"] = "default"
    backend = scripted(lambda received, number: answer(body=usage(40, 60)))
    dataplane = limited({"one": backend}, [json.dumps(tokens)], production=[("A", "one")])
    assert [ask(dataplane).status for _ in range(3)] == [200, 200, 429]
    dataplane = limited({"one": scripted()}, [json.dumps(requests)], production=[("A", "one")])
    assert [ask(dataplane).status for _ in range(4)] == [200, 200, 200, 429]


@pytest.mark.field("AIProvider.spec.rateLimitFields.*")
def test_the_provider_says_where_the_tokens_stand(scripted, stack, tmp_path):
    backend = scripted(lambda received, number: answer(headers=[("X-In", "30")], body={"cost": {"out": 40, "all": 70}}))
    chat = Chat([Backend("one", backend.port)], production=[("A", "one")], request_model={"in": "Body", "value": "model"})
    documents = [json.loads(one) for one in chat.yaml().split("\n---\n")]
    next(one for one in documents if one["kind"] == "AIProvider")["spec"]["rateLimitFields"] = {
        "promptTokens": {"in": "Body", "value": "$.cost.in"}, "completionToken": {"in": "Body", "value": "$.cost.out"},
        "totalToken": {"in": "Body", "value": "$.cost.all"},
    }
    text = "\n---\n".join([*map(json.dumps, documents), token_limit(totalTokenCount=71)])
    wait_for_room()
    dataplane = stack.enter_context(Dataplane(compile_table(tmp_path, text), args=("--workers", "1")))
    assert [ask(dataplane).status for _ in range(3)] == [200, 200, 429]


def test_a_page_can_read_that_it_is_limited(scripted, stack, tmp_path):
    chat = Chat([Backend("one", scripted().port)], production=[("A", "one")])
    documents = [json.loads(one) for one in chat.yaml().split("\n---\n")]
    policy = next(one for one in documents if one["kind"] == "APIPolicy")
    policy["spec"]["default"]["cORSPolicy"] = {"accessControlAllowOrigins": ["https://page.example.com"], "accessControlAllowMethods": ["POST"]}
    text = "\n---\n".join([*map(json.dumps, documents), request_limit(1)])
    wait_for_room()
    dataplane = stack.enter_context(Dataplane(compile_table(tmp_path, text), args=("--workers", "1")))
    preflight = [("Origin", "https://page.example.com"), ("Access-Control-Request-Method", "POST")]
    assert ask(dataplane, method="OPTIONS", headers=preflight, body=b"").status == 204  # takes nothing of the limit
    for status in (200, 429):
        got = ask(dataplane, headers=preflight[:1])
        assert got.status == status and got["Access-Control-Allow-Origin"] == "https://page.example.com" and got["Vary"] == "Origin"

"""What the rtbl/… annotations of a policy change."""

import json

import pytest

from support.scripted import answer
from support.wire import ask

ALL_LIMITED = lambda request, number: answer(429, [("Retry-After", "20")])  # noqa: E731


def body(**members):
    return json.dumps(members).encode()


@pytest.fixture
def annotated(scripted, serve):
    """A dataplane with models A and B on one backend, and that backend."""

    def start(script=None, models=("A", "B"), **annotations):
        backend = scripted(script)
        policy = {f"rtbl/{name.replace('_', '-')}": value for name, value in annotations.items()}
        return serve({"one": backend}, production=[(model, "one") for model in models], annotations=policy), backend

    return start


@pytest.mark.field("APIPolicy.metadata.annotations.rtbl/all-suspended")
def test_all_suspended_least_remaining(annotated):
    waits = {"A": "90", "B": "70"}
    dataplane, backend = annotated(lambda request, number: answer(429, [("Retry-After", waits[request.model])]), all_suspended="least-remaining")
    ask(dataplane)
    assert all(target["suspended"] for target in dataplane.targets().values())
    assert ask(dataplane)["x-rtbl-model"] == "B"
    assert len(backend.requests) == 3


def test_all_suspended_passthrough(annotated):
    dataplane, backend = annotated(lambda request, number: answer(429) if request.model in "AB" else answer(), all_suspended="passthrough")
    ask(dataplane)
    got = ask(dataplane, body=body(model="own"))
    assert got.status == 200 and backend.requests[-1].model == "own" and "x-rtbl-model" not in dict(got.headers)


@pytest.mark.field("APIPolicy.metadata.annotations.rtbl/failover-attempts")
def test_failover_attempts_1_is_none(annotated):
    dataplane, backend = annotated(ALL_LIMITED, failover_attempts="1")
    assert ask(dataplane).status == 429 and len(backend.requests) == 1


@pytest.mark.field("APIPolicy.metadata.annotations.rtbl/failover-on")
def test_failover_on_other_statuses(annotated):
    dataplane, backend = annotated(lambda request, number: answer(500) if request.model == "A" else answer(), failover_on="500")
    got = ask(dataplane)
    assert got.status == 200 and got["x-rtbl-attempts"] == "2"


@pytest.mark.field("APIPolicy.metadata.annotations.rtbl/suspend-on")
def test_suspend_on_a_server_error(annotated):
    dataplane, backend = annotated(lambda request, number: answer(500), suspend_on="429,500")
    ask(dataplane)
    assert dataplane.targets()["A", "one"]["reason"] == "5xx"


@pytest.mark.field("APIPolicy.metadata.annotations.rtbl/retry-after")
def test_retry_after_ignored(annotated):
    dataplane, backend = annotated(lambda request, number: answer(429, [("Retry-After", "3000")]), retry_after="ignore")
    ask(dataplane)
    assert 0 < int(ask(dataplane)["Retry-After"]) <= 60


@pytest.mark.field("APIPolicy.metadata.annotations.rtbl/suspend-for")
@pytest.mark.parametrize("value, low, high", [("6m0s", 355, 360), ("20ms", 0, 1), ("90", 85, 90)])
def test_suspended_until_the_reset(annotated, value, low, high):
    headers = [("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", value), ("x-ratelimit-reset-tokens", "1h")]
    dataplane, backend = annotated(lambda request, number: answer(headers=headers), models=("A",), suspend_for="reset")
    ask(dataplane)
    got = ask(dataplane)
    assert low <= int(got["Retry-After"] or 0) <= high if got.status == 503 else low == 0


@pytest.mark.field("APIPolicy.metadata.annotations.rtbl/client-model")
def test_client_model_honoured(annotated):
    dataplane, backend = annotated(models=("A", "B"), client_model="honour")
    # one that names no model of the pool takes its turn; those that do leave the rotation alone
    assert [ask(dataplane, body=body(model=model))["x-rtbl-model"] for model in "xBBAxBx"] == ["A", "B", "B", "A", "B", "B", "A"]


def test_client_model_honoured_when_it_is_suspended(annotated):
    dataplane, backend = annotated(lambda request, number: answer(429) if request.model == "B" else answer(), client_model="honour")
    assert ask(dataplane, body=body(model="B")).status == 429
    assert ask(dataplane, body=body(model="B")).status == 503
    assert ask(dataplane, body=body(model="x")).status == 200


@pytest.mark.field("APIPolicy.metadata.annotations.rtbl/missing-model")
def test_missing_model_pass(annotated):
    dataplane, backend = annotated(missing_model="pass")
    assert ask(dataplane, body=b'{ "input":1 }').status == 200 and backend.requests[-1].body == b'{ "input":1 }'
    assert ask(dataplane, body=body(model="x")).status == 200 and backend.requests[-1].model == "B"


def test_missing_model_reject(annotated):
    dataplane, backend = annotated(missing_model="reject")
    assert ask(dataplane, body=b"{}").status == 400 and not backend.requests
    assert ask(dataplane, body=body(model="x"))["x-rtbl-model"] == "A"

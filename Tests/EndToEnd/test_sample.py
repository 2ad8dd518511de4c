"""The sample works as it is: order, Backends and environments."""

import json

import pytest

from support import sample
from support.programs import Dataplane, compile_table
from support.wire import ask

pytestmark = sample.needed


@pytest.fixture
def mocks(mock):
    return [mock(), mock()]


@pytest.fixture
def dataplane(stack, tmp_path, mocks):
    table = compile_table(tmp_path, sample.PATH.read_text())
    return stack.enter_context(Dataplane(table, dict(zip(sample.BACKENDS, (server.url for server in mocks)))))


def models_received(mock):
    return [json.loads(request.split(b"\r\n\r\n", 1)[1])["model"] for request in mock.requests()]


@pytest.mark.parametrize("where, order", [(sample.PRODUCTION, sample.PRODUCTION_ORDER), (sample.SANDBOX, sample.SANDBOX_ORDER)])
def test_twelve_requests_take_turns_by_host(dataplane, mocks, where, order):
    answers = [ask(dataplane, **where) for _ in range(12)]
    assert {answer.status for answer in answers} == {200}
    expected = order * 4
    assert [answer["x-rtbl-model"] for answer in answers] == [model for model, _ in expected]
    assert {answer["x-rtbl-attempts"] for answer in answers} == {"1"}
    for number, server in enumerate(mocks):
        assert models_received(server) == [model for model, backend in expected if backend == number]
    assert all(request.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n") for server in mocks for request in server.requests())


def test_production_and_sandbox_do_not_share_a_rotation(dataplane):
    for round in range(2):
        for (production, _), (sandbox, _) in zip(sample.PRODUCTION_ORDER, sample.SANDBOX_ORDER):
            assert ask(dataplane, **sample.PRODUCTION)["x-rtbl-model"] == production
            assert ask(dataplane, **sample.SANDBOX)["x-rtbl-model"] == sandbox
        if round == 0:  # two more in production alone move its rotation only
            assert [ask(dataplane, **sample.PRODUCTION)["x-rtbl-model"] for _ in range(3)] == [model for model, _ in sample.PRODUCTION_ORDER]


def test_get_is_not_rewritten(dataplane, mocks):
    where = {**sample.PRODUCTION, "path": "/chat-service-prod-sand/1.0/get"}
    answer = ask(dataplane, method="GET", body=b"", **where)
    assert answer.status == 404 and "Invalid URL (GET /v1/get)" in answer.json["error"]["message"], "from the mock, not from here"
    assert answer["x-rtbl-model"] is None and answer["x-rtbl-attempts"] == "1"

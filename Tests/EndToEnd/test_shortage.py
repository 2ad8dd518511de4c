"""When connections to backends run out, and when a body has many models."""

import json

import pytest

from support.policies import Backend, Routes, rule
from support.programs import Dataplane, compile_table
from support.scripted import Wait, answer
from support.wire import Connection, ask, request


class LimitedDataplane(Dataplane):
    """With 32 connections in all, half of them to backends."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.command = ["prlimit", "--nofile=150:150", *self.command]


@pytest.mark.parametrize("workers", [1, 2])
def test_idle_connections_of_other_backends_give_way(stack, scripted, tmp_path, workers):
    backends = {f"b{number}": scripted() for number in range(24)}
    table = compile_table(tmp_path, Routes([Backend(name, one.port) for name, one in backends.items()], [rule(f"/{name}", name) for name in backends]).yaml())
    dataplane = stack.enter_context(LimitedDataplane(table, args=["--workers", str(workers), "--upstream-idle-timeout", "60"]))
    with Connection(dataplane.port) as connection:  # one worker makes all connections
        for _ in range(2):
            for name in backends:
                assert connection.ask(request(path=f"/chat/1.0/{name}", body=b"{}")).status == 200
    assert 'rtbl_connections{side="upstream"} 16' in dataplane.metrics()


def test_the_idle_connections_of_another_worker_give_way_too(stack, scripted, tmp_path):
    backends = {f"b{number}": scripted() for number in range(24)}
    table = compile_table(tmp_path, Routes([Backend(name, one.port) for name, one in backends.items()], [rule(f"/{name}", name) for name in backends]).yaml())
    dataplane = stack.enter_context(LimitedDataplane(table, args=["--workers", "4", "--upstream-idle-timeout", "60"]))
    statuses = [ask(dataplane, path=f"/chat/1.0/{name}").status for _ in range(4) for name in backends]
    # a request that finds none at all is told to come again; the next one finds some
    assert set(statuses) <= {200, 503} and not any(a == b == 503 for a, b in zip(statuses, statuses[1:]))


MANY = b'{"model":"a",' + b",".join(b'"x%d":"%s","model":"b"' % (number, b"y" * 50) for number in range(900)) + b"}"


def patched(model):
    return MANY.replace(b'"model":"a"', b'"model":"%s"' % model).replace(b'"model":"b"', b'"model":"%s"' % model)


def test_many_models_in_one_body_are_all_replaced_at_every_attempt(scripted, serve):
    # the scanner serves other bodies between the attempts
    backend = scripted(lambda request, number: [Wait(0.3), answer(503)] if request.model == "A" and len(request.body) > 1000 else answer())
    dataplane = serve({"one": backend}, ["--workers", "1"], production=[("A", "one"), ("B", "one")])
    with Connection(dataplane.port) as first:
        first.send(request(body=MANY))
        backend.await_requests(1)
        for number in range(3):
            assert ask(dataplane, body=json.dumps({"n": number, "model": "x"}).encode()).status == 200
        assert first.read_answer()["x-rtbl-attempts"] == "2"
    large = [one.body for one in backend.requests if len(one.body) > 1000]
    assert large == [patched(b"A"), patched(b"B")]
    assert "rtbl_buffered_body_bytes 0" in dataplane.metrics()


def test_the_patched_copy_counts_to_the_buffered_bytes(scripted, serve):
    dataplane = serve({"one": scripted()}, ["--max-buffered", str(len(MANY) + 1000)], production=[("A", "one")])
    got = ask(dataplane, body=MANY)
    assert got.status == 503 and got["Retry-After"] == "1"
    assert "rtbl_buffered_body_bytes 0" in dataplane.metrics()
    assert ask(dataplane).status == 200

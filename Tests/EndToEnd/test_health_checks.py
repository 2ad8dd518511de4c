"""healthCheck of a Backend: connections that find out whether it lives."""

import socket
import time

import pytest

from support.policies import Backend, Routes, rule
from support.programs import Dataplane, compile_table
from support.scripted import ScriptedBackend
from support.wire import ask

CHECK = {"timeout": 1, "interval": 1, "unhealthyThreshold": 2, "healthyThreshold": 2}


class Revivable:
    """A Backend at a port that can be closed and opened again."""

    def __init__(self):
        self.backend = ScriptedBackend()
        self.backend.__enter__()
        self.port = self.backend.port

    def die(self):
        self.backend.__exit__()

    def revive(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self.backend = ScriptedBackend()
        self.backend.listener, self.backend.port = listener, self.port
        import threading

        threading.Thread(target=self.backend._accept, daemon=True).start()

    @property
    def requests(self):
        return self.backend.requests


@pytest.fixture
def checked(stack, tmp_path):
    def start(count, **options):
        backends = [Revivable() for _ in range(count)]
        for backend in backends:
            stack.callback(backend.die)
        names = [f"b{number}" for number in range(count)]
        described = [Backend(name, backend.port, more={"healthCheck": CHECK}) for name, backend in zip(names, backends)]
        table = compile_table(tmp_path, Routes(described, [rule("/x", *names)], **options).yaml())
        return stack.enter_context(Dataplane(table)), backends

    return start


def await_health(dataplane, name, healthy, within=8):
    line = f'rtbl_backend_healthy{{backend="default/{name}"}} {healthy}'
    deadline = time.monotonic() + within
    while line not in dataplane.metrics():
        assert time.monotonic() < deadline, dataplane.stderr()
        time.sleep(0.05)


def counts(backends, dataplane, requests):
    before = [len(backend.requests) for backend in backends]
    answers = [ask(dataplane, path="/chat/1.0/x") for _ in range(requests)]
    return [len(backend.requests) - count for backend, count in zip(backends, before)], answers


@pytest.mark.field("Backend.spec.healthCheck.*")
def test_an_unhealthy_backend_is_passed_over_until_it_lives_again(checked):
    dataplane, backends = checked(2)
    assert counts(backends, dataplane, 6)[0] == [3, 3]
    backends[0].die()
    await_health(dataplane, "b0", 0)
    reached, answers = counts(backends, dataplane, 6)
    # nobody ran into the dead one
    assert reached == [0, 6] and all(got["x-rtbl-attempts"] == "1" for got in answers)
    assert "b0 is unhealthy" in dataplane.stderr()
    backends[0].revive()
    await_health(dataplane, "b0", 1)
    assert counts(backends, dataplane, 6)[0] == [3, 3]


def test_a_check_sends_nothing(checked):
    dataplane, backends = checked(1)
    time.sleep(2.5)
    assert len(backends[0].backend.connections) >= 2 and not any(backends[0].backend.connections)


def test_if_all_are_unhealthy_they_are_tried(checked):
    dataplane, backends = checked(2)
    for backend in backends:
        backend.die()
    await_health(dataplane, "b0", 0)
    await_health(dataplane, "b1", 0)
    got = ask(dataplane, path="/chat/1.0/x")
    assert got.status == 502 and got["x-rtbl-attempts"] == "2"
    backends[1].revive()  # before the check has noticed
    assert ask(dataplane, path="/chat/1.0/x").status == 200


def test_targets_of_a_pool_show_it(checked):
    dataplane, backends = checked(2, models=[("A", "b0"), ("B", "b1")])
    assert [target["healthy"] for target in dataplane.targets().values()] == [True, True]
    backends[0].die()
    await_health(dataplane, "b0", 0)
    targets = dataplane.targets()
    assert targets["A", "b0"]["healthy"] is False and not targets["A", "b0"]["suspended"]
    assert [ask(dataplane, path="/chat/1.0/x")["x-rtbl-model"] for _ in range(4)] == ["B"] * 4


def test_a_tier_is_left_while_it_is_unhealthy(checked):
    dataplane, backends = checked(2, models=[("A", "b0"), ("B", "b1")], annotations={"rtbl/tiers": "1,1"})
    assert {ask(dataplane, path="/chat/1.0/x")["x-rtbl-model"] for _ in range(4)} == {"A"}
    backends[0].die()
    await_health(dataplane, "b0", 0)
    assert {ask(dataplane, path="/chat/1.0/x")["x-rtbl-model"] for _ in range(4)} == {"B"}


def test_backends_without_a_check_have_no_state(serve, scripted):
    dataplane = serve({"one": scripted()}, production=[("A", "one")])
    assert dataplane.targets()["A", "one"]["healthy"] is None and "rtbl_backend_healthy{" not in dataplane.metrics()

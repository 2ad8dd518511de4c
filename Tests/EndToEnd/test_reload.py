"""A new table takes over without a lost request, and what goes on keeps its state."""

import os
import signal
import threading
import time

import pytest

from support.policies import Backend, Chat
from support.programs import Dataplane, compile_table
from support.scripted import answer
from support.wire import CHAT, Connection, ask, request


@pytest.fixture
def reloaded(stack, tmp_path):
    """reloaded(backend, models) starts a dataplane, whose `change(models)` puts another table in place."""

    def reloaded(backend, models):
        def table(models):
            return compile_table(tmp_path, Chat([Backend("one", backend.port)], production=models, suspend=60).yaml())

        dataplane = stack.enter_context(Dataplane(table(models)))
        path = dataplane.command[dataplane.command.index("--table") + 1]
        dataplane.change = lambda models: os.rename(table(models), path)
        return dataplane

    return reloaded


def await_generation(dataplane, generation):
    deadline = time.monotonic() + 5
    while dataplane.status()["generation"] < generation:
        assert time.monotonic() < deadline, f"no new table after 5 s: {dataplane.stderr()}"
        time.sleep(0.02)


@pytest.mark.parametrize("by_signal", [True, False], ids=["SIGHUP", "noticed"])
def test_a_new_table_is_taken(scripted, reloaded, by_signal):
    dataplane = reloaded(scripted(), [("A", "one")])
    generation = dataplane.status()["generation"]
    assert ask(dataplane)["x-rtbl-model"] == "A"
    dataplane.change([("B", "one")])
    if by_signal:
        dataplane.process.send_signal(signal.SIGHUP)
    await_generation(dataplane, generation + 1)
    assert ask(dataplane)["x-rtbl-model"] == "B"


def test_suspensions_and_rotation_carry_over(scripted, reloaded):
    backend = scripted(lambda received, number: answer(429) if received.model == "A" else answer())
    dataplane = reloaded(backend, [("A", "one"), ("B", "one"), ("C", "one")])
    assert [ask(dataplane)["x-rtbl-model"] for _ in range(2)] == ["B", "B"]
    dataplane.change([("A", "one"), ("B", "one"), ("C", "one"), ("D", "one")])
    assert dataplane.admin("/reload", "POST")[0] == 200
    assert dataplane.targets()["A", "one"]["suspended"]
    assert [ask(dataplane)["x-rtbl-model"] for _ in range(4)] == ["C", "D", "B", "C"]


def test_no_request_is_lost(scripted, reloaded):
    dataplane = reloaded(scripted(), [("A", "one"), ("B", "one")])
    statuses, stop = [], threading.Event()

    def client():
        with Connection(dataplane.port) as connection:
            while not stop.is_set():
                statuses.append(connection.ask(request(body=CHAT)).status)

    threads = [threading.Thread(target=client) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(20):
            dataplane.change([("A", "one", number + 1), ("B", "one")])
            assert dataplane.admin("/reload", "POST")[0] == 200
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(statuses) > 20 and set(statuses) == {200}

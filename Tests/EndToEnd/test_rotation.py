"""The order of models, and their shares."""

import collections
import threading

import pytest

from support.wire import CHAT, Connection, ask, request


def models(dataplane, count, **options):
    return [ask(dataplane, **options)["x-rtbl-model"] for _ in range(count)]


@pytest.mark.field(
    "APIPolicy.spec.default.modelBasedRoundRobin.productionModels[].model",
    "APIPolicy.spec.default.modelBasedRoundRobin.productionModels[].weight",
    "APIPolicy.spec.default.modelBasedRoundRobin.productionModels[].backendRef.group",
    "APIPolicy.spec.default.modelBasedRoundRobin.productionModels[].backendRef.kind",
    "APIPolicy.spec.default.modelBasedRoundRobin.productionModels[].backendRef.name",
)
def test_the_order_is_smooth(scripted, serve):
    backend = scripted()
    dataplane = serve({"one": backend}, production=[("A", "one", 5), ("B", "one", 1), ("C", "one", 1)])
    assert "".join(models(dataplane, 14)) == "AABACAA" * 2
    assert "".join(backend.models) == "AABACAA" * 2


def test_weights_have_no_common_divisor_left(scripted, serve):
    dataplane = serve({"one": scripted()}, production=[("A", "one", 20), ("B", "one", 10)])
    assert "".join(models(dataplane, 6)) == "ABAABA"


@pytest.mark.parametrize("workers", [1, 4])
def test_shares_are_exact_with_concurrent_clients(scripted, serve, workers):
    backend = scripted()
    dataplane = serve({"one": backend}, args=["--workers", workers], production=[("A", "one", 3), ("B", "one", 2), ("C", "one", 1)])
    clients, each = 8, 75

    def client():
        with Connection(dataplane.port) as connection:
            for _ in range(each):
                assert connection.ask(request(body=CHAT)).status == 200

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {"A": 300, "B": 200, "C": 100}
    assert collections.Counter(backend.models) == expected
    assert {target["model"]: target["picks"] for target in dataplane.targets().values()} == expected


def test_one_model_on_two_backends_is_two_targets(scripted, serve):
    backends = {"one": scripted(), "two": scripted()}
    dataplane = serve(backends, production=[("A", "one"), ("A", "two")])
    models(dataplane, 6)
    assert [len(backend.requests) for backend in backends.values()] == [3, 3]
    assert len(dataplane.targets()) == 2


@pytest.mark.field(
    "APIPolicy.spec.default.modelBasedRoundRobin.sandboxModels[]",
    "API.spec.sandbox[]",
    "API.spec.production[].routeRefs[]",
    "HTTPRoute.spec.hostnames[]",
)
def test_environments_rotate_apart(scripted, serve):
    dataplane = serve({"one": scripted()}, production=[("A", "one"), ("B", "one")], sandbox=[("C", "one"), ("D", "one")])
    assert models(dataplane, 1) == ["A"]
    assert models(dataplane, 3, host="sandbox.chat.local") == ["C", "D", "C"]
    assert models(dataplane, 1) == ["B"]


def test_the_port_and_case_of_the_host_do_not_matter(scripted, serve):
    dataplane = serve({"one": scripted()}, production=[("A", "one")])
    assert models(dataplane, 1, host="Chat.LOCAL:9080") == ["A"]

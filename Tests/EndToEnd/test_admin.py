"""The admin port."""

import re

import pytest

from support.wire import Connection, ask


@pytest.fixture
def dataplane(scripted, serve):
    return serve({"one": scripted()}, production=[("A", "one", 2), ("B", "one")], sandbox=[("C", "one")])


def test_health(dataplane):
    assert dataplane.admin("/livez")[0] == dataplane.admin("/readyz")[0] == 200
    assert dataplane.admin("/none")[0] == 404


def test_status(dataplane):
    for _ in range(3):
        ask(dataplane)
    status = dataplane.status()
    assert re.fullmatch(r"(sha256:)?[0-9a-f]{64}", status["digest"]) and status["generation"] >= 1
    pools = {pool["environment"]: pool for pool in status["pools"]}
    assert set(pools) == {"production", "sandbox"} and "chat" in pools["production"]["api"]
    targets = pools["production"]["targets"]
    assert [(target["model"], target["weight"], target["picks"]) for target in targets] == [("A", 2, 2), ("B", 1, 1)]
    for target in targets:
        assert {"id", "model", "backend", "weight", "picks", "suspended", "since", "until", "reason"} <= set(target)
        assert target["suspended"] is False and not target["until"] and not target["reason"]
    ids = [target["id"] for pool in pools.values() for target in pool["targets"]]
    assert len(set(ids)) == 3


def sample(metrics, name, **labels):
    """The value of the sample of this name that has these labels."""
    found = [
        float(line.rsplit(" ", 1)[1])
        for line in metrics.splitlines()
        if re.match(rf"{name}(\{{|\s)", line) and all(f'{label}="{value}"' in line for label, value in labels.items())
    ]
    assert len(found) == 1, f"{name} {labels}: {found}\n{metrics}"
    return found[0]


def test_metrics(dataplane):
    for _ in range(3):
        ask(dataplane)
    ask(dataplane, path="/none")
    metrics = dataplane.metrics()
    assert sample(metrics, "rtbl_requests_total", environment="production", code="200") == 3
    assert sample(metrics, "rtbl_picks_total", model="A") == 2
    assert sample(metrics, "rtbl_target_suspended", model="A") == 0
    assert sample(metrics, "rtbl_table_info") == 1
    for name in ("rtbl_connections", "rtbl_upstream_attempts_total", "rtbl_suspensions_total"):
        assert f"# TYPE {name} " in metrics, name


def test_metrics_are_well_formed(dataplane):
    ask(dataplane)
    for line in dataplane.metrics().splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z_]+="([^"\\]|\\.)*",?)*\})? [-+0-9.eEInfNa]+', line), line


def test_a_request_with_too_much_content_is_refused(dataplane):
    with Connection(dataplane.admin_port) as connection:
        connection.send(b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000\r\n\r\n" + b"x" * 1000)
        assert connection.read_head().status == 413


def test_slow_and_silent_callers_do_not_keep_others_waiting(dataplane):
    silent = [Connection(dataplane.admin_port) for _ in range(20)]
    for connection in silent[:10]:
        connection.send(b"GET /metrics HT")
    assert dataplane.admin("/livez")[0] == 200 and ask(dataplane).status == 200
    for byte in b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n":
        silent[-1].send(bytes([byte]))
    assert silent[-1].read_head().status == 200
    for connection in silent:
        connection.close()

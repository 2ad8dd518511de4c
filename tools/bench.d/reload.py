"""Reloads and replacements under the load that one core gives: nothing may fail, shares stay exact, memory stays flat."""

import contextlib
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request

import messages
import processes
import proxies

RELOADS, RELOAD_SECONDS, REPLACEMENTS, REPLACEMENT_RATE = 1_000, 60, 6, 4_000


class _Load:
    """wrk with 64 connections; `rate`: at least so many requests a second, else as many as are answered."""

    def __init__(self, directory, port, seconds, rate=None):
        body = directory / "body.json"
        body.write_bytes(messages.REQUEST)
        connections = 64
        environment = {**os.environ, "BENCH_BODY": str(body)}
        if rate:
            environment["BENCH_PAUSE_MS"] = str(1000 * connections * 10 // (rate * 11))
        self.said = directory / "wrk.out"
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", proxies.HERE / "request.lua", f"http://127.0.0.1:{port}"]
        with open(self.said, "w") as out:
            self.process = subprocess.Popen(processes.pinned(command, processes.LOAD_CORE), stdout=out, stderr=subprocess.STDOUT, env=environment)

    def result(self):
        if self.process.wait() != 0:
            raise SystemExit(f"bench: wrk failed:\n{self.said.read_text()}")
        return json.loads(self.said.read_text().splitlines()[-1])


def _dataplane(directory, table, port, admin, upstream_port, more=()):
    """Its log goes to a file: two lines a reload would fill a pipe."""
    server = proxies.dataplane(directory, port, upstream_port, table=table, admin=admin, more=more)
    server.core, server.log = processes.PROXY_CORE, directory / "dataplane.log"
    return server


def _metrics(admin):
    """Sums of the samples of each metric."""
    sums = {}
    with urllib.request.urlopen(f"http://127.0.0.1:{admin}/metrics", timeout=10) as answer:
        for line in answer.read().decode().splitlines():
            if match := re.match(r"(\w+)(?:\{(.*)\})? ([\d.]+)$", line):
                sums.setdefault(match[1], {})[match[2] or ""] = float(match[3])
    return sums


def _tables(directory):
    """Two tables of the same routes with different bytes, so that every reload is one."""
    source = (proxies.HERE / "routes.yaml").read_text()
    tables = []
    for number in range(2):
        policies = directory / str(number)
        policies.with_suffix(".yaml").write_text(source + f"\n# {number}\n")
        tables.append(proxies.table_of(directory, str(policies)).read_bytes())
    return tables


def _put(path, content):
    beside = path.with_suffix(".new")
    beside.write_bytes(content)
    os.replace(beside, path)


def _reloads(directory, upstream_port):
    tables, table = _tables(directory), directory / "routes.rtbl"
    _put(table, tables[0])
    port, admin = processes.free_port(), processes.free_port()
    with _dataplane(directory, table, port, admin, upstream_port) as server:
        load = _Load(directory, port, RELOAD_SECONDS + 3)
        time.sleep(1)
        took, memory, begun = [], [], time.monotonic()
        for number in range(RELOADS):
            _put(table, tables[(number + 1) % 2])
            asked = time.monotonic()
            request = urllib.request.Request(f"http://127.0.0.1:{admin}/reload", method="POST")
            urllib.request.urlopen(request, timeout=10).read()
            took.append(time.monotonic() - asked)
            if number % 100 == 99:
                memory.append(server.rss_bytes())
            time.sleep(max(0, begun + (number + 1) * RELOAD_SECONDS / RELOADS - time.monotonic()))
        seconds = time.monotonic() - begun
        counted, metrics = load.result(), _metrics(admin)
    picks = sorted(metrics["rtbl_picks_total"].values())
    found = {
        "reloads": RELOADS, "seconds": seconds, "reload_ms": {"p50": statistics.median(took) * 1e3, "max": max(took) * 1e3}, "load": counted,
        "answered_200": sum(count for labels, count in metrics["rtbl_requests_total"].items() if 'status="200"' in labels), "picks": picks, "rss": memory,
    }
    print(f"{RELOADS} reloads in {seconds:.0f} s, each {found['reload_ms']['p50']:.1f} ms (longest {found['reload_ms']['max']:.0f}), under {counted['requests']} requests "
          f"({counted['requests'] * 1e6 / counted['microseconds']:.0f} a second): {counted['not_2xx']} answers that were no 2xx, {counted['socket_errors']} broken; "
          f"picks {', '.join(f'{count:.0f}' for count in picks)}; memory {memory[0] / 1e6:.1f} MB after 100 reloads, {memory[-1] / 1e6:.1f} MB after the last")
    return found


def _replacements(directory, upstream_port):
    """Two instances, each replaced again and again by a successor that takes its listeners over."""
    table = directory / "routes.rtbl"
    _put(table, _tables(directory)[0])
    with contextlib.ExitStack() as stack:
        instances = []
        for number in range(2):
            port, path = processes.free_port(), directory / f"handover-{number}"
            first = _dataplane(directory, table, port, processes.free_port(), upstream_port, ["--handover", path])
            instances.append({"port": port, "path": path, "server": stack.enter_context(first)})
        homes = [directory / str(number) for number in range(2)]
        for home in homes:
            home.mkdir()
        loads = [_Load(homes[number], instance["port"], 5 * REPLACEMENTS, REPLACEMENT_RATE // 2) for number, instance in enumerate(instances)]
        took = []
        for number in range(REPLACEMENTS):
            time.sleep(2)
            for instance in instances:
                begun, old = time.monotonic(), instance["server"]
                new = _dataplane(directory, table, instance["port"], processes.free_port(), upstream_port, ["--handover", instance["path"]])
                instance["server"] = stack.enter_context(new)
                old.process.wait(timeout=30)
                took.append(time.monotonic() - begun)
        counted = [load.result() for load in loads]
    rate = sum(one["requests"] * 1e6 / one["microseconds"] for one in counted)
    print(f"two instances, each replaced {REPLACEMENTS} times (median {statistics.median(took):.2f} s until the old process has ended) at {rate:.0f} requests a second: "
          f"{sum(one['requests'] for one in counted)} requests, {sum(one['not_2xx'] for one in counted)} answers that were no 2xx, {sum(one['socket_errors'] for one in counted)} broken")
    return {"replacements": 2 * REPLACEMENTS, "seconds": took, "requests_per_second": rate, "loads": counted}


def measure():
    with tempfile.TemporaryDirectory(prefix="roundtable-reload-") as temporary:
        directory = pathlib.Path(temporary)
        upstream = proxies.upstream(directory, processes.free_port(), messages.ANSWER)
        upstream.core = processes.LOAD_CORE
        with upstream:
            return {"reloads": _reloads(directory, upstream.port), "replacements": _replacements(directory, upstream.port)}

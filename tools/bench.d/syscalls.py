"""System calls per request in the dataplane and in the relay, counted by strace: which is slow, so that a turn of the loop
has one event or two, and each has its own wait. Under load several share one."""

import pathlib
import re
import subprocess
import tempfile
import time

import messages
import processes
import proxies
import traffic

WARM_UP, REQUESTS = 200, 2_000


def _count(server):
    clients = [traffic.Client(server.port) for _ in range(traffic.CONNECTIONS)]
    traffic.ask(clients, WARM_UP)
    with tempfile.NamedTemporaryFile("r") as out:
        strace = subprocess.Popen(["strace", "-f", "-c", "-o", out.name, "-p", str(server.process.pid)], stderr=subprocess.DEVNULL)
        time.sleep(1)
        traffic.ask(clients, REQUESTS)
        strace.terminate()
        strace.wait()
        rows = [re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line) for line in out.read().splitlines()]
    # what is called less often than every tenth request belongs to a timer or the admin port
    return {row[2]: int(row[1]) / REQUESTS for row in rows if row and row[2] != "total" and int(row[1]) > REQUESTS / 10}


def measure():
    results = {}
    with tempfile.TemporaryDirectory(prefix="roundtable-syscalls-") as temporary:
        directory = pathlib.Path(temporary)
        with proxies.upstream(directory, processes.free_port(), messages.ANSWER) as upstream:
            for name in ("relay", "dataplane"):
                options = {"more": ["--no-sandbox"]} if name == "dataplane" else {}
                with proxies.ALL[name](directory, processes.free_port(), upstream.port, **options) as server:
                    results[name] = _count(server)
    for name, calls in results.items():
        print(f"{name:10} {sum(calls.values()):.2f} system calls a request: " + ", ".join(f"{call} {count:.2f}" for call, count in sorted(calls.items())))
    return results

"""Calls of the allocator per request in the dataplane's steady state."""

import pathlib
import struct
import subprocess
import tempfile

import messages
import processes
import proxies
import traffic

WARM_UP, REQUESTS = 500, 2_000
CALLS = ("malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign", "free")


def _steady_state(clients, counts, body=messages.REQUEST):
    """Calls of each kind per request, after a warm-up on the same connections."""

    def read():
        return struct.unpack("<7Q", counts.read_bytes())

    traffic.ask(clients, WARM_UP, body)
    before = read()
    traffic.ask(clients, REQUESTS, body)
    return {call: (after - earlier) / REQUESTS for call, after, earlier in zip(CALLS, read(), before)}


def _counting(directory):
    """The file that a program's calls are counted in, and the environment that makes it count."""
    library, counts = directory / "counter.so", directory / "counts"
    source = processes.ROOT / "Tests/AllocationCounter/counter.c"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source], check=True)
    return counts, {"LD_PRELOAD": str(library), "ROUNDTABLE_ALLOCATION_COUNTS": str(counts)}


def measure_with(documents, fields=b"", query=b""):
    """Calls per plain request with `fields` in its head and `query` behind its path, at the bench's policies and further
    `documents`."""
    with tempfile.TemporaryDirectory(prefix="roundtable-mallocs-") as temporary:
        directory = pathlib.Path(temporary)
        counts, environment = _counting(directory)
        (directory / "policies.yaml").write_text("\n---\n".join([(proxies.HERE / "routes.yaml").read_text(), *documents]))
        with proxies.dataplane(directory, processes.free_port(), traffic.Upstream().port, environment, policy=str(directory / "policies")) as server:
            return _steady_state([traffic.Client(server.port, query=query, fields=fields) for _ in range(traffic.CONNECTIONS)], counts)


def measure():
    absent = [name for name in ("rtblc", "dataplane") if not processes.binary(name).exists()]
    if absent:
        raise SystemExit(f"bench: {' and '.join(absent)} not in {processes.BINARIES}; build with swift build -c release")
    with tempfile.TemporaryDirectory(prefix="roundtable-mallocs-") as temporary:
        directory = pathlib.Path(temporary)
        counts, environment = _counting(directory)
        results = {}
        for suffix, options in (("", {}), (", TLS", {"tls": "both"}), (", all on", {"all_on": True})):
            with traffic.dataplane(directory, environment=environment, **options) as clients:
                for kind, body in (("plain", messages.REQUEST), ("streaming", traffic.STREAMING)):
                    results[kind + suffix] = _steady_state(clients, counts, body)
        print(f"calls per request, {REQUESTS} requests on {traffic.CONNECTIONS} kept connections after {WARM_UP} to warm up")
        print(f"{'':18}" + "".join(f"{call:>15}" for call in CALLS))
        for kind, calls in results.items():
            print(f"{kind:18}" + "".join(f"{calls[call]:15.3f}" for call in CALLS))
        return {"requests": REQUESTS, "per_request": results}

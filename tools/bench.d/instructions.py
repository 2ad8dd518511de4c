"""Instructions per request in the dataplane's worker, counted by callgrind: the same on a busy machine as on a quiet one.

The program is copied without its debugging information, whose DWARF 5 old versions of valgrind stumble over.
"""

import collections
import contextlib
import pathlib
import re
import subprocess
import tempfile
import time

import messages
import processes
import proxies
import traffic

WARM_UP, REQUESTS = 200, 1_000
#: What Swift's runtime counts references, checks exclusive access, and looks up types and conformances with.
RUNTIME = re.compile(r"^_?swift_(retain|release|bridgeObject|unknownObject|unowned|weak|beginAccess|endAccess|alloc|dealloc|isUnique|get|conforms|once|dynamicCast)")


@contextlib.contextmanager
def _under_callgrind(directory, upstream_port, tls, more):
    binary = directory / "dataplane"
    subprocess.run(["objcopy", "--strip-debug", processes.binary("dataplane"), binary], check=True)
    server = proxies.dataplane(directory, processes.free_port(), upstream_port, tls=tls, more=["--no-sandbox", *more])
    server.command = [
        "valgrind", "--tool=callgrind", f"--callgrind-out-file={directory}/counts", "--separate-threads=yes", str(binary), *server.command[1:]]
    server.seconds_to_start = server.seconds_to_end = 120
    with server:
        yield server


def _control(server, what):
    subprocess.run(["callgrind_control", what, str(server.process.pid)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _self_costs(path, names):
    """Instructions of each function itself in one thread's dump, by its name; `names` is shared by all dumps of a run."""
    costs, function, is_callee = collections.Counter(), None, False
    for line in path.read_text(errors="replace").splitlines():
        if match := re.match(r"(c?)fn=\((\d+)\)(?: (.+))?", line):
            if match[3]:
                names[match[2]] = match[3]
            if not match[1]:
                function = match[2]
        elif line.startswith("calls="):
            is_callee = True
        elif function and re.match(r"[+\-*\d]", line):
            if not is_callee:
                costs[function] += int(line.split()[-1])
            is_callee = False
    return costs


def count(body=messages.REQUEST, tls="none", more=()):
    """Of the worker: instructions per request, in Swift's runtime and in all, and its dearest functions."""
    with tempfile.TemporaryDirectory(prefix="roundtable-instructions-") as temporary:
        directory = pathlib.Path(temporary)
        serving, asking = traffic.tls_contexts(directory) if tls == "both" else (None, None)
        with _under_callgrind(directory, traffic.Upstream(serving).port, tls, more) as server:
            clients = [traffic.Client(server.port, asking) for _ in range(traffic.CONNECTIONS)]
            traffic.ask(clients, WARM_UP, body)
            _control(server, "--zero")
            traffic.ask(clients, REQUESTS, body)
            _control(server, "--dump")
            time.sleep(0.5)
            names = {}
            threads = [_self_costs(path, names) for path in sorted(directory.glob("counts.1-*"))]
        worker = max(threads, key=lambda costs: costs.total())
        by_name = {names[number]: cost / REQUESTS for number, cost in worker.most_common()}
        return {
            "per_request": sum(by_name.values()),
            "of_the_runtime": {name: cost for name, cost in by_name.items() if RUNTIME.match(name)},
            "functions": by_name,
        }


def count_start():
    """From the start of the process until it serves, and its end: the loader's and all threads' too."""
    with tempfile.TemporaryDirectory(prefix="roundtable-instructions-") as temporary:
        directory = pathlib.Path(temporary)
        with _under_callgrind(directory, processes.free_port(), "none", ()):
            pass
        return sum(_self_costs(path, {}).total() for path in directory.glob("counts*"))


def _demangled(names):
    said = subprocess.run(["swift", "demangle", "--simplified"], input="\n".join(names), capture_output=True, text=True, check=True)
    return said.stdout.splitlines()


def measure():
    with tempfile.TemporaryDirectory(prefix="roundtable-instructions-") as logs:
        results = {
            "plain": count(),
            "plain, access log": count(more=["--access-log", f"{logs}/access.log"]),
            "streaming": count(traffic.STREAMING),
            "plain, TLS": count(tls="both"),
        }
    for kind, found in results.items():
        print(f"{kind}: {found['per_request']:.0f} instructions a request, {sum(found['of_the_runtime'].values()):.0f} of them in Swift's runtime; the dearest functions:")
        dearest = list(found["functions"].items())[:25]
        for (_, cost), name in zip(dearest, _demangled([name for name, _ in dearest])):
            print(f"{cost:8.0f}  {name[:110]}")
    start = count_start()
    print(f"start: {start / 1e6:.2f} million instructions, the loader's included")
    return {"requests": REQUESTS, "start": start, "kinds": {kind: {**found, "functions": dict(list(found["functions"].items())[:60])} for kind, found in results.items()}}

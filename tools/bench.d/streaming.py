"""What a stream costs, and how much later its events come: many streams of server-sent events at once, beside other proxies."""

import json
import pathlib
import statistics
import subprocess
import tempfile

import processes
import proxies

STREAMS, EVENTS, MILLIS = 500, 64, 20
#: Streams begin one after the other over so many seconds.
BEGIN_SECONDS = 1.0
ROUNDS = 9


def _program(directory):
    program = directory / "streams"
    if not program.exists():
        subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", program, proxies.HERE / "streams.c"], check=True)
    return program


def _ask(program, port):
    command = processes.pinned([program, "ask", port, STREAMS, BEGIN_SECONDS], processes.LOAD_CORE)
    said = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if said.returncode:
        raise SystemExit(f"bench: {' '.join(command)} failed: {said.stderr}")
    return json.loads(said.stdout)


def _measure(name, directory, program, upstream_port):
    if name == "direct":
        return {"proxy": name, **_ask(program, upstream_port)}
    options = {"nginx": {"more": " proxy_buffering off;", "connections": 4 * STREAMS}, "haproxy": {"more": "\n  option http-no-delay", "connections": 2 * STREAMS}}.get(name, {})
    server = proxies.ALL[name](directory, processes.free_port(), upstream_port, **options)
    server.core = processes.PROXY_CORE
    with server:
        _ask(program, server.port)  # connections opened, memory touched
        before = sum(server.cpu_seconds())
        seen = _ask(program, server.port)
        cpu = sum(server.cpu_seconds()) - before
        return {"proxy": name, "cpu_us_per_event": cpu * 1e6 / seen["ages"]["count"], "rss": server.rss_bytes(), **seen}


def measure(names):
    names = ["direct", *names]
    with tempfile.TemporaryDirectory(prefix="roundtable-streaming-") as temporary:
        directory = pathlib.Path(temporary)
        program, port = _program(directory), processes.free_port()
        with processes.Server([str(program), "serve", str(port), str(EVENTS), str(MILLIS)], port, core=processes.LOAD_CORE):
            runs = [{"round": number, **_measure(name, directory, program, port)} for number in range(1, ROUNDS + 1) for name in names]

    def median(name, value):
        return statistics.median(value(run) for run in runs if run["proxy"] == name)

    print(f"{STREAMS} streams of {EVENTS} events, {MILLIS} ms apart; medians of {ROUNDS} rounds, times in µs")
    print(f"{'':10} {'first event p50':>16} {'p99':>7} {'age of events p50':>18} {'p99':>7} {'CPU an event':>13}")
    rows = []
    for name in names:
        row = {"proxy": name, "cpu_us_per_event": median(name, lambda run: run.get("cpu_us_per_event", 0))}
        for kind in ("first", "ages"):
            row[kind] = {point: median(name, lambda run: run[kind][point]) / 1e3 for point in ("p50", "p99")}
        rows.append(row)
        print(f"{name:10} {row['first']['p50']:16.0f} {row['first']['p99']:7.0f} {row['ages']['p50']:18.0f} {row['ages']['p99']:7.0f} {row['cpu_us_per_event']:13.2f}")
    return {"options": {"streams": STREAMS, "events": EVENTS, "millis": MILLIS}, "summary": rows, "runs": runs}

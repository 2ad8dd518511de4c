"""Makes the README's tables and the chart from the raw figures in generated/bench."""

import html
import json
import re

import processes

RESULTS = processes.ROOT / "generated/bench"
README = processes.ROOT / "README.md"

WHAT = {
    "relay": "raw epoll relay in C: copies bytes, parses nothing",
    "nginx": "nginx 1.22: proxy, path rewrite",
    "haproxy": "HAProxy 2.6: proxy, path rewrite",
    "envoy": "Envoy 1.40: proxy, path rewrite",
    "envoy-lua": "Envoy 1.40 with Lua: rotation, model rewritten by a pattern",
    "litellm": "LiteLLM 1.108: rotation, model rewritten, usage read",
    "dataplane": "**dataplane**: routing, rotation, model rewritten, token usage read, histograms",
    "direct": "no proxy",
}


def _machine(results):
    machine = results["machine"]
    return f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, {results['date'][:10]}."


def _table(head, rows):
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def _cpu(results):
    rows = [
        [WHAT[row["proxy"]], f"{row['cpu_us']:,.1f}", f"{row['own_us']:,.1f}", f"{row['ratio']:,.2f}", f"{row['requests_per_second']:,.0f}", f"{row['rss'] / 1e6:.0f} MB"]
        for row in results["summary"]
    ]
    return _table(["proxy", "CPU µs/request", "outside the kernel", "× relay", "requests/s", "memory"], rows)


def _latency(results):
    rows = [
        [WHAT[row["proxy"]].split(":")[0], *(f"{row[point]:,.0f}" + ("" if row["proxy"] == "direct" else f" ({row['added_' + point]:+,.0f})") for point in ("p50", "p99"))]
        for row in results["summary"]
    ]
    return _table([f"µs at {results['summary'][0]['requests_per_second']:,.0f} requests/s", "p50", "p99"], rows)


def _tls(results):
    rows = [
        [WHAT[row["proxy"]].split(":")[0], f"{row['none']:.1f}", *(f"{row[tls]:.1f} ({row[tls] / row['none']:.2f} ×)" for tls in ("client", "both"))]
        for row in results["summary"]
    ]
    return _table(["CPU µs/request", "plain", "TLS with clients", "TLS on both sides"], rows)


def _bodies(results):
    names = [row["proxy"] for row in results["sizes"][0]["summary"]]
    rows = [
        [f"{size['request_bytes']:,}", *(f"{row['cpu_us']:,.1f} ({row['ratio']:.2f} ×)" for row in size["summary"])]
        for size in results["sizes"]
    ]
    return _table(["bytes of the body", *(WHAT[name].split(":")[0] for name in names)], rows)


def _streaming(results):
    rows = [
        [WHAT[row["proxy"]].split(":")[0], *(f"{row[kind][point]:,.0f}" for kind in ("first", "ages") for point in ("p50", "p99")),
         f"{row['cpu_us_per_event']:.1f}" if row["proxy"] != "direct" else "–"]
        for row in results["summary"]
    ]
    return _table(["µs", "first event, p50", "p99", "age of events, p50", "p99", "CPU an event"], rows)


def _connections(results):
    rows = [[WHAT[name].split(":")[0], f"{each['plain']:,.0f}", f"{each['tls']:,.0f}"] for name, each in results["idle_bytes"].items()]
    return _table(["bytes of an idle connection", "plain", "TLS 1.3"], rows)


TABLES = {"cpu": _cpu, "latency": _latency, "tls": _tls, "bodies": _bodies, "streaming": _streaming, "connections": _connections}

CHART = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="14" role="img" aria-labelledby="title">
<title id="title">{title}</title>
<style>
text {{ fill: #24292f }} .quiet {{ fill: #57606a }} .bar {{ fill: #8c959f }} .kernel {{ fill: #d0d7de }} .ours .bar {{ fill: #0969da }} .ours .kernel {{ fill: #a5cdfb }}
@media (prefers-color-scheme: dark) {{
text {{ fill: #e6edf3 }} .quiet {{ fill: #9198a1 }} .bar {{ fill: #768390 }} .kernel {{ fill: #3d444d }} .ours .bar {{ fill: #4493f8 }} .ours .kernel {{ fill: #1f4a85 }}
}}
</style>
<text x="0" y="18" font-weight="bold">{title}</text>
<text x="0" y="38" class="quiet" font-size="12">{subtitle}</text>
{bars}
</svg>
"""


def _chart(results):
    """Bars of CPU per request: what the proxy's own code takes, and in a lighter tone the kernel's part. One that takes
    milliseconds would leave nothing of the others."""
    rows, left, width, step = [row for row in results["summary"] if row["cpu_us"] < 1000], 110, 760, 34
    scale = (width - left - 70) / max(row["cpu_us"] for row in rows)
    bars = []
    for number, row in enumerate(rows):
        y = 54 + number * step
        own, whole = row["own_us"] * scale, row["cpu_us"] * scale
        bars.append(
            f'<g{" class=" + chr(34) + "ours" + chr(34) if row["proxy"] == "dataplane" else ""}><text x="{left - 8}" y="{y + 17}" text-anchor="end">{html.escape(row["proxy"])}</text>'
            f'<rect class="bar" x="{left}" y="{y}" width="{own:.1f}" height="24"/><rect class="kernel" x="{left + own:.1f}" y="{y}" width="{whole - own:.1f}" height="24"/>'
            f'<text x="{left + whole + 6:.1f}" y="{y + 17}">{row["cpu_us"]:.1f}</text></g>')
    options = results["options"]
    subtitle = f"{options['connections']} connections, {options['request_bytes']} bytes asked, {options['answer_bytes']} answered; dark: the proxy's own code, light: the kernel"
    return CHART.format(width=width, height=54 + len(rows) * step, title="CPU per request, in µs", subtitle=html.escape(subtitle), bars="\n".join(bars))


def write():
    """Fills what stands in the README between `<!-- bench NAME -->` and `<!-- /bench -->`."""
    text = README.read_text()
    for name, table in TABLES.items():
        path = RESULTS / f"{name}.json"
        if not path.exists():
            continue
        results = json.loads(path.read_text())
        filled = f"<!-- bench {name} -->\n{table(results)}\n\n{_machine(results)}\n<!-- /bench -->"
        text, count = re.subn(rf"<!-- bench {name} -->.*?<!-- /bench -->", lambda _: filled, text, flags=re.DOTALL)
        if count != 1:
            raise SystemExit(f"bench: README.md has {count} places for the table {name}")
    README.write_text(text)
    (RESULTS / "cpu.svg").write_text(_chart(json.loads((RESULTS / "cpu.json").read_text())))
    print("README.md, generated/bench/cpu.svg")

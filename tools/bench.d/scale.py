"""What many APIs cost: compiling them, and a table of them in use."""

import json
import os
import pathlib
import resource
import subprocess
import tempfile
import time

import policies
import processes

HERE = pathlib.Path(__file__).resolve().parent
SIZES = (1, 1_000, 100_000, 1_000_000)


def run(command, **options):
    """Runs a command; returns its output, wall and CPU seconds and its peak memory."""
    begin = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    # Both are short: no more than a pipe holds.
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    output, errors = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"bench: {' '.join(map(str, command))} failed:\n{errors}")
    return {"output": output, "errors": errors, "wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak_bytes": usage.ru_maxrss * 1024}


def write_policies(path, apis, shape="full"):
    with open(path, "w") as file:
        file.writelines(policies.documents(apis, shape))
    return path.stat().st_size


def floor(directory, path):
    """libyaml's own scan of the same bytes."""
    scan = directory / "yamlscan"
    subprocess.run(["cc", "-O2", "-o", scan, HERE / "yamlscan.c", "-lyaml"], check=True)
    wall, cpu, events = run([scan, path])["output"].split()
    return {"wall": float(wall), "cpu": float(cpu), "events": int(events)}


def compile_many(directory, apis):
    """Parsing to typed objects, apart and within the whole compilation, beside the floor."""
    path = directory / "many.yaml"
    size = write_policies(path, apis)
    scan = floor(directory, path)
    parse = run([processes.binary("table-bench"), "parse", path])
    whole = run([processes.binary("rtblc"), "compile", path, "-o", directory / "many.rtbl"])
    parsed = json.loads(parse["output"])
    table = (directory / "many.rtbl").stat().st_size
    path.unlink()
    return {
        "apis": apis, "documents": 8 * apis, "input_bytes": size, "table_bytes": table, "bytes_per_api": table / apis,
        "scan_seconds": scan["wall"], "scan_cpu": scan["cpu"],
        "parse_seconds": parsed["seconds"], "parse_cpu": parsed["cpu"], "parse_ratio": parsed["seconds"] / scan["wall"],
        "parse_cpu_ratio": parsed["cpu"] / scan["cpu"], "parse_memory_ratio": parse["peak_bytes"] / size,
        "compile_seconds": whole["wall"], "compile_cpu": whole["cpu"], "compile_memory_ratio": whole["peak_bytes"] / size,
        "messages": whole["errors"].count("warning["),
    }


def table_of(directory, shape, apis):
    template = directory / f"{shape}.yaml"
    template.write_text(policies.template(shape))
    table = directory / f"{shape}-{apis}.rtbl"
    made = run([processes.binary("table-bench"), "make", template, apis, table])
    return table, json.loads(made["output"])


def sections(table):
    """Bytes of each section, by name."""
    said = json.loads(run([processes.binary("table-bench"), "sections", table])["output"])
    return {section["name"]: section["bytes"] for section in said}


def tables(directory, shape, sizes):
    """Lookup, opening and bytes of tables that come from the emitter, not from YAML."""
    results = []
    for apis in sizes:
        table, made = table_of(directory, shape, apis)
        lookup = json.loads(run([processes.binary("table-bench"), "lookup", table])["output"])
        opening = json.loads(run([processes.binary("table-bench"), "open", table])["output"])
        results.append({"shape": shape, **made, "bytes_per_api": made["bytes"] / apis, "lookup": lookup, "opening": opening})
        table.unlink()
    return results


def bytes_per_api(directory, apis=10_000):
    results = {}
    for shape in policies.SHAPES:
        table, _ = table_of(directory, shape, apis)
        results[shape] = {name: size / apis for name, size in sections(table).items()}
    return results


def measure(arguments):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="roundtable-bench-", dir=arguments.directory) as temporary:
        directory = pathlib.Path(temporary)
        results = {"bytes": bytes_per_api(directory)}
        results["compile"] = compile_many(directory, arguments.apis)
        results["tables"] = tables(directory, arguments.shape, [size for size in SIZES if size <= arguments.most])
    report(results)
    return results


def report(results):
    compiled = results["compile"]
    print(f"\n{compiled['apis']:,} APIs, {compiled['documents']:,} documents, {compiled['input_bytes'] / 1e6:.0f} MB")
    print(f"  libyaml's scan   {compiled['scan_seconds']:7.2f} s, CPU {compiled['scan_cpu']:7.2f} s")
    print(f"  typed objects    {compiled['parse_seconds']:7.2f} s, CPU {compiled['parse_cpu']:7.2f} s: {compiled['parse_ratio']:.2f} of the scan (CPU {compiled['parse_cpu_ratio']:.2f}), memory {compiled['parse_memory_ratio']:.2f} of the input")
    print(f"  whole compile    {compiled['compile_seconds']:7.2f} s, CPU {compiled['compile_cpu']:7.2f} s, memory {compiled['compile_memory_ratio']:.2f} of the input")
    print(f"  table            {compiled['table_bytes'] / 1e6:.1f} MB, {compiled['bytes_per_api']:.0f} bytes an API\n")
    print("bytes per API     " + "  ".join(f"{shape:>7}" for shape in results["bytes"]))
    names = sorted({name for sizes in results["bytes"].values() for name in sizes}, key=lambda name: -results["bytes"]["full"].get(name, 0))
    for name in names:
        if any(sizes.get(name, 0) >= 1 for sizes in results["bytes"].values()):
            print(f"  {name:16}" + "  ".join(f"{sizes.get(name, 0):7.0f}" for sizes in results["bytes"].values()))
    print("  in all          " + "  ".join(f"{sum(sizes.values()):7.0f}" for sizes in results["bytes"].values()) + "\n")
    print(f"{'APIs':>9} {'MB':>7} {'one key':>8} {'random keys':>12} {'miss':>7} {'misses':>7}   copy, digest, validation: ms on one core; digest on all")
    for row in results["tables"]:
        lookup, one, every = row["lookup"], row["opening"][0], row["opening"][-1]
        print(f"{row['apis']:9,} {row['bytes'] / 1e6:7.1f} {lookup['one_key_ns']:5.0f} ns {lookup['random_keys_ns']:9.0f} ns {lookup['miss_ns']:4.0f} ns {lookup['misses']:7.1f}   "
              f"{one['copied'] * 1e3:.1f}, {one['digested'] * 1e3:.1f}, {one['validated'] * 1e3:.1f}; {every['digested'] * 1e3:.1f}")

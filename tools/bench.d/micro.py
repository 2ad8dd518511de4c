"""What single parts take: picks a second of threads that share a rotation, bytes a second of the body patch."""

import json
import pathlib
import shutil
import subprocess
import tempfile

import messages
import processes
import proxies


def _said(*command):
    said = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if said.returncode:
        raise SystemExit(f"bench: {' '.join(map(str, command))} failed: {said.stderr}")
    return said.stdout


def measure():
    if not processes.binary("table-bench").exists():
        raise SystemExit(f"bench: table-bench is not in {processes.BINARIES}; build with swift build -c release")
    with tempfile.TemporaryDirectory(prefix="roundtable-micro-") as temporary:
        directory = pathlib.Path(temporary)
        picks = json.loads(_said(processes.binary("table-bench"), "pick", proxies.table_of(directory)))
        patches = []
        ondemand = directory / "ondemand"
        has_simdjson = shutil.which("g++") and subprocess.run(["g++", "-O3", "-march=native", "-o", ondemand, proxies.HERE / "ondemand.cpp", "-lsimdjson"], capture_output=True).returncode == 0
        for size in (1_000, 32_000, 1_000_000):
            body = directory / "body.json"
            body.write_bytes(messages.conversation(size))
            found = json.loads(_said(processes.binary("table-bench"), "patch", body))
            if has_simdjson:
                found["simdjson_gb_per_second"] = float(_said(ondemand, body))
            patches.append(found)
    for one in picks:
        print(f"{one['threads']} threads: {one['picks_per_second'] / 1e6:.1f} million picks a second of one rotation")
    for one in patches:
        simdjson = f", simdjson's on-demand scan {one['simdjson_gb_per_second']:.2f}" if "simdjson_gb_per_second" in one else ""
        print(f"body of {one['bytes']:9,} bytes: checked and model found {one['scan_gb_per_second']:.2f} GB/s, patched copy written too {one['patch_gb_per_second']:.2f}{simdjson}")
    return {"picks": picks, "patches": patches}

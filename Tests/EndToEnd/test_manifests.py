"""Manifests and apk-confs that WSO2 APK ships: each compiles or is refused with a place, at once; and the same input
makes the same bytes wherever, whenever and in whatever order it is compiled."""

import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest

from support import corpora, sample
from support.programs import ROOT, binary, run

pytestmark = pytest.mark.unsanitized

SECONDS = 1
SAMPLES = sample.PATH.parent


def files(*folders):
    return [path for folder in folders if folder.exists() for path in sorted(folder.rglob("*")) if path.suffix in (".yaml", ".yml", ".json", ".apk-conf")]


def as_apk_conf(path, folder):
    """An apk-conf is known by its name; some of the samples are called .yaml."""
    text = path.read_text()
    if "operations:" not in text or "\nkind:" in text:
        return path
    renamed = folder / f"{path.stem}.apk-conf"
    renamed.write_text(text)
    return renamed


@corpora.needed
def test_every_manifest_compiles_or_is_refused_with_a_place_within_a_second(tmp_path):
    slowest, compiled, refused = (0, None), 0, 0
    every = files(corpora.FOLDER / "manifests", SAMPLES)
    assert len(every) > 100
    for path in every:
        if path.name == "index.jsonl":
            continue
        source = as_apk_conf(path, tmp_path)
        table = tmp_path / "table.rtbl"
        table.unlink(missing_ok=True)
        begin = time.monotonic()
        done = run("rtblc", "compile", source, "-o", table, "--diagnostics", "json")
        took = time.monotonic() - begin
        slowest = max(slowest, (took, str(path)))
        assert done.returncode in (0, 1), f"{path}: exit {done.returncode}\n{done.stderr}"
        found = json.loads(done.stdout)
        errors = [one for one in found if one["severity"] == "error"]
        assert (done.returncode == 1) == bool(errors) == (not table.exists()), path
        for one in errors:
            # an input without any API has no line that says so
            assert one["code"] == "RT0126" or (one["file"] == str(source) and one["line"] >= 1 and one["column"] >= 1), one
        compiled, refused = compiled + (not errors), refused + bool(errors)
    print(f"{compiled} compile, {refused} are refused with a place; the slowest took {slowest[0] * 1000:.0f} ms of {SECONDS * 1000} ms: {slowest[1]}")
    assert slowest[0] < SECONDS, slowest


@sample.needed
def test_every_apk_conf_converts_or_is_refused_with_a_place(tmp_path):
    for path in files(SAMPLES / "apk-conf"):
        done = run("rtblc", "convert", path)
        if done.returncode == 0:
            checked = run("rtblc", "check", "-", "--diagnostics", "json", input=done.stdout)
            assert checked.returncode in (0, 1), path
            shape = [one for one in json.loads(checked.stdout) if one["code"].startswith("RT01")]
            assert not shape, f"{path}: {shape}"
        else:
            assert done.returncode == 1 and f"{path}:" in done.stderr, path


def copy(names, source, target, reverse):
    target.mkdir(parents=True)
    for name in reversed(names) if reverse else names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / name, target / name)
    return target


def faked(day):
    """The environment of another day, where libfaketime is there; else another time zone alone."""
    for library in ("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1"):
        if os.path.exists(library):
            return {"LD_PRELOAD": library, "FAKETIME": day}
    return {}


@pytest.mark.parametrize("name", ["chat", "weights", "resource-policy"])
def test_same_bytes_from_another_folder_order_day_and_zone(tmp_path, name):
    source = ROOT / "policies" / name
    names = sorted(str(path.relative_to(source)) for path in source.rglob("*") if path.suffix in (".yaml", ".apk-conf"))
    first = copy(names, source, tmp_path / "a", reverse=False)
    second = copy(names, source, tmp_path / "deeper" / "b", reverse=True)
    for number, path in enumerate(sorted(second.rglob("*.yaml"))):
        os.utime(path, (number, number))
    tables = []
    variants = [
        (["a"], tmp_path, {}), (["b"], tmp_path / "deeper", {"TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8"}), ([str(first)], pathlib.Path("/"), faked("2041-07-01 12:00:00")),
        ([f"a/{one}" for one in names], tmp_path, {}), ([f"a/{one}" for one in reversed(names)], tmp_path, faked("2001-01-01 00:00:00")),
    ]
    for number, (paths, folder, environment) in enumerate(variants):
        table = tmp_path / f"{number}.rtbl"
        done = subprocess.run([binary("rtblc"), "compile", *paths, "-o", str(table)], cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        tables.append(table.read_bytes())
    assert tables[0] == tables[1] == tables[2], "another folder, another day"
    # Given one by one, files are named without their folder, which has no bearing on one level.
    assert tables[3] == tables[4], "another order"

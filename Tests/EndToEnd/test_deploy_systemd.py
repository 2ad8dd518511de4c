"""tools/deploy/systemd: what systemd itself says of the units, and that they allow what the dataplane does."""

import re
import shutil
import subprocess

import pytest

from support.programs import ROOT, binary, run

pytestmark = [
    pytest.mark.unsanitized,
    pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is missing: tools/install test"),
]

UNITS = ROOT / "tools/deploy/systemd"
SERVICE = (UNITS / "roundtable.service").read_text()


def setting(name):
    return re.findall(rf"^{name}=(.*)$", SERVICE, re.MULTILINE)


def test_exposure():
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=20", UNITS / "roundtable.service"], capture_output=True, text=True)
    exposure = float(re.search(r"Overall exposure level for roundtable.service: ([\d.]+)", done.stdout)[1])
    assert exposure < 2.0 and done.returncode == 0, done.stdout
    print(f"exposure {exposure}")


def test_verify(tmp_path):
    """Nothing to complain of, where the program and its user are there."""
    assert setting("User") == setting("Group") == ["roundtable"]
    (tmp_path / "roundtable.service").write_text(SERVICE.replace("/usr/bin/dataplane", binary("dataplane")).replace("User=roundtable\n", "User=daemon\n").replace("Group=roundtable\n", "Group=daemon\n"))
    shutil.copy(UNITS / "roundtable.socket", tmp_path)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir())], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr


def members(name, seen=()):
    """The system calls of one of systemd's sets, with those of the sets in it."""
    shown = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name], capture_output=True, text=True).stdout
    calls = set()
    for line in shown.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            calls |= members(word, (*seen, name)) if word not in seen else set()
        elif word and not word.startswith("#"):
            calls.add(word)
    return calls


def test_the_unit_allows_every_system_call_that_the_sandbox_does():
    source = (ROOT / "Sources/Proxy/Privileges/Sandbox.swift").read_text()
    wanted = set(re.findall(r'"([a-z0-9_]+)"', source[source.index("allowed = ["):source.index("deadly = [")]))
    allowed = set()
    for line in setting("SystemCallFilter"):
        for name in line.removeprefix("~").split():
            calls = members(name) if name.startswith("@") else {name}
            allowed = allowed - calls if line.startswith("~") else allowed | calls
    assert len(wanted) > 80 and "epoll_pwait" in wanted
    # what the process calls before its own filter is on: privileges that it gives up, the filter itself
    wanted |= {"prctl", "seccomp", "prlimit64", "clone", "clone3", "execve", "arch_prctl"}
    assert wanted <= allowed, sorted(wanted - allowed)


def test_the_start_command():
    (command,) = setting("ExecStart")
    known = run("dataplane", "--help").stdout
    for option in re.findall(r"--[a-z-]+", command):
        assert re.search(rf"^  {option} ", known, re.MULTILINE), option
    # what the table and the Secrets need is readable, what is written to is the unit's
    assert "--state %S/roundtable/" in command and setting("StateDirectory") == ["roundtable"]
    assert setting("ExecReload") == ["/bin/kill -HUP $MAINPID"]
    drain = sum(int(re.search(rf"--{name} S .*\[(\d+)\]", known)[1]) for name in ("drain-delay", "drain-timeout"))
    assert drain < int(setting("TimeoutStopSec")[0]) <= drain + 30
    codes = dict(re.findall(r"(\d+) ([^;.]+)", known[known.index("Exit codes:"):]))
    assert set(setting("RestartPreventExitStatus")[0].split()) == {code for code, why in codes.items() if "table" in why or "usage" in why}


def test_the_socket_is_where_the_service_listens():
    default = re.search(r"--listen ADDR:PORT .*\[([\d.:]+)\]", run("dataplane", "--help").stdout)[1]
    assert f"ListenStream={default}\n" in (UNITS / "roundtable.socket").read_text()

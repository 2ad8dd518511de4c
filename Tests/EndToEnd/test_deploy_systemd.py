"""tools/deploy/systemd: what systemd itself says of the units, and that they allow what the dataplane does."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import urllib.request

import pytest

from support import wire
from support.booted import Booted, NotHere
from support.package import built
from support.policies import Backend, Chat
from support.programs import ROOT, binary, compile_table, free_port, run

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


# The package on a systemd that runs

@pytest.fixture(scope="module")
def booted(tmp_path_factory):
    if os.geteuid() != 0:
        pytest.skip("only root can start a systemd of its own")
    try:
        with Booted(tmp_path_factory.mktemp("systemd"), built()) as booted:
            yield booted
    except NotHere as error:
        pytest.skip(f"no systemd can be started here: {error}")


class Installed:
    """The service as a server to ask."""

    def __init__(self, booted, table):
        self.booted, self.port, self.admin_port = booted, free_port(), free_port()
        self.replace(table)
        booted.write("/etc/default/roundtable", f'ROUNDTABLE_OPTIONS="--listen 127.0.0.1:{self.port} --admin 127.0.0.1:{self.admin_port}"\n')

    def replace(self, table):
        held = subprocess.run(["base64", table], capture_output=True, text=True).stdout
        self.booted.run("sh", "-c", "base64 -d > /etc/roundtable/new && mv /etc/roundtable/new /etc/roundtable/routes.rtbl", input=held)

    def admin(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=5) as answer:
            return answer.read().decode()

    def do(self, verb, unit="roundtable.service"):
        done = self.booted.systemctl(verb, unit)
        assert done.returncode == 0, f"{done.stderr}{self.booted.systemctl('status', unit).stdout}{self.booted.log()}"

    def until(self, condition):
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, self.booted.log()
            time.sleep(0.05)


def test_the_service_starts_serves_reloads_restarts_and_stops(booted, scripted, tmp_path):
    def table(*models):
        return compile_table(tmp_path, Chat([Backend("one", backend.port, credential=("keys", "one", "authorization"))], production=[(model, "one") for model in models]).yaml())

    backend = scripted()
    service = Installed(booted, table("A"))
    booted.run("sh", "-c", "umask 027; mkdir /etc/roundtable/secrets/keys; echo secret > /etc/roundtable/secrets/keys/one; chgrp -R roundtable /etc/roundtable/secrets")
    service.do("start")
    assert booted.show("roundtable.service", "SubState") == "running"
    # with its Secret, as its user, with the process's own filter over the unit's
    assert wire.ask(service).status == 200 and backend.models == ["A"]
    status = pathlib.Path(f"/proc/{booted.pid('roundtable.service')}/status").read_text()
    for field, value in (("Seccomp", "2"), ("NoNewPrivs", "1"), ("CapEff", "0" * 16), ("CapBnd", "0" * 16)):
        assert re.search(rf"^{field}:\s+{value}$", status, re.MULTILINE), field
    assert int(re.search(r"^Seccomp_filters:\s+(\d+)$", status, re.MULTILINE)[1]) > 1
    # nothing of the system can be written to but its own folders
    assert booted.run("stat", "-c", "%U %a", "/var/lib/roundtable/state").stdout == "roundtable 600\n"

    service.replace(table("B"))
    service.do("reload")
    service.until(lambda: json.loads(service.admin("/status"))["pools"][0]["targets"][0]["model"] == "B")

    os.kill(booted.pid("roundtable.service"), signal.SIGKILL)
    service.until(lambda: booted.show("roundtable.service", "NRestarts") == "1" and booted.show("roundtable.service", "SubState") == "running")
    assert wire.ask(service).status == 200

    service.do("stop")
    service.until(lambda: "roundtable.service: Deactivated successfully." in booted.log())

    # a mistake that no new try mends
    booted.write("/etc/roundtable/routes.rtbl", "no table")
    assert booted.systemctl("start", "roundtable.service").returncode != 0
    time.sleep(1.5)
    assert booted.show("roundtable.service", "SubState") == "failed" and booted.show("roundtable.service", "NRestarts") == "0"


def test_the_socket_keeps_connections_waiting_while_the_service_restarts(booted, scripted, tmp_path):
    backend = scripted()
    service = Installed(booted, compile_table(tmp_path, Chat([Backend("one", backend.port)], production=[("A", "one")]).yaml()))
    booted.run("sh", "-c", f"sed -i 's/^ListenStream=.*/ListenStream=127.0.0.1:{service.port}/' /lib/systemd/system/roundtable.socket; systemctl daemon-reload")
    service.do("start", "roundtable.socket")
    assert booted.show("roundtable.service", "MainPID") == "0"
    assert wire.ask(service).status == 200, "the first connection starts the service"
    service.do("stop")
    assert wire.ask(service).status == 200 and len(backend.models) == 2

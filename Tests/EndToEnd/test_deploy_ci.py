"""tools/deploy/ci: the workflow, judged by the published schema; its shell steps publish and roll out a real table."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

from support.programs import ROOT, Dataplane, run
from support.runner import Repository, edit

pytestmark = pytest.mark.unsanitized

FILE = ROOT / "tools/deploy/ci/deploy-routes.yml"
WORKFLOW = yaml.safe_load(FILE.read_text())
JOBS = WORKFLOW["jobs"]

#: Releases are files in a folder, the newest one last.
GH = """#!/bin/sh
set -e
[ "$1" = release ] || exit 2
verb=$2; shift 2
case $verb in
  create) tag=$1; mkdir "$RELEASES/$tag"; cp "$2" "$RELEASES/$tag/"; shift 2
          while [ $# -gt 0 ]; do [ "$1" != --notes-file ] || cp "$2" "$RELEASES/$tag/notes"; shift 2; done; echo "$tag" >> "$RELEASES/order" ;;
  download) tag=$(tail -n 1 "$RELEASES/order" 2>/dev/null || true)
            case $1 in -*) ;; *) tag=$1; shift ;; esac
            [ "$1" = --pattern ] && [ "$3" = --output ] && [ -n "$tag" ] || { echo "release not found" >&2; exit 1; }
            cp "$RELEASES/$tag/$2" "$4" ;;
esac
"""

#: What needs a cluster is recorded, or played; the rest is the real kubectl.
KUBECTL = """#!/bin/sh
case "$*" in
  apply*) echo "$*" >> "$CLUSTER/calls"; cat > "$CLUSTER/applied.yaml" ;;
  *"get pods"*) echo pod/roundtable-1; echo pod/roundtable-2 ;;
  *port-forward*) exec sleep 60 ;;
  *) exec "$REAL_KUBECTL" "$@" ;;
esac
"""


def test_schema():
    done = subprocess.run([ROOT / ".venv-test/bin/check-jsonschema", "--builtin-schema", "vendor.github-workflows", FILE], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_permissions_and_order():
    assert WORKFLOW["permissions"] == {"contents": "read"} and JOBS["publish"]["permissions"] == {"contents": "write"}
    assert "permissions" not in JOBS["rollout"] and JOBS["rollout"]["needs"] == "publish" and JOBS["rollout"]["environment"]
    assert WORKFLOW["concurrency"]["group"] and not WORKFLOW["concurrency"].get("cancel-in-progress")
    # a value that comes from outside goes through env, never into a script
    for job in JOBS.values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), step["name"]


class Runner(Repository):
    def __init__(self, folder):
        super().__init__(folder)
        assert run("rtblc", "keygen", "-o", folder / "routes").returncode == 0
        shutil.copy(folder / "routes.pub", self.folder / ".github/routes.pub")
        self.signing_key = (folder / "routes.key").read_text().rstrip("\n")
        self.releases, self.cluster, tools = folder / "releases", folder / "cluster", folder / "tools"
        for one in (self.releases, self.cluster, tools):
            one.mkdir()
        for name, script in (("gh", GH), ("kubectl", KUBECTL)):
            (tools / name).write_text(script)
            (tools / name).chmod(0o755)
        self.path.write_text(f"{tools}\n")
        self.variables = {"RELEASES": str(self.releases), "CLUSTER": str(self.cluster), "REAL_KUBECTL": shutil.which("kubectl") or "", "GH_TOKEN": "x"}

    def job(self, name, tag, **variables):
        """Runs the steps up to the first that fails, which is returned."""
        constants = {name: str(value) for name, value in JOBS[name].get("env", {}).items()}
        secrets = {"SIGNING_KEY": self.signing_key, "KUBECONFIG_CONTENT": "apiVersion: v1\nkind: Config"}
        for step in JOBS[name]["steps"]:
            if "run" in step:
                given = {name: secrets[name] for name in step.get("env", {})}
                done = self.run(step, **{**self.variables, **constants, **given, "TAG": tag, **variables})
                if done.returncode != 0:
                    return step["name"], done.stdout + done.stderr
        return None

    def table(self, tag):
        return self.releases / tag / "routes.rtbl"


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path)


def test_publish_signs_and_says_what_changes(runner):
    assert runner.job("publish", "routes-1") is None
    assert runner.summary.read_text() == "The first table.\n"
    assert run("rtblc", "verify", runner.table("routes-1"), "--public-key", runner.folder / ".github/routes.pub").returncode == 0
    assert not (runner.temp / "routes.key").exists()
    edit(runner.folder / "policies/chat/policy.yaml", ("- model: atlas-large\n          backendRef:", "- model: atlas-large\n          weight: 2\n          backendRef:"))
    assert runner.job("publish", "routes-2") is None
    notes = (runner.releases / "routes-2/notes").read_text()
    assert "| `atlas-large` | `default/provider-a` | 33.3 % | 50.0 % | +16.7 |" in notes and runner.summary.read_text().endswith(notes)


def test_nothing_is_published_that_does_not_compile_or_is_not_signed(runner):
    edit(runner.folder / "policies/chat/policy.yaml", ("name: provider-b", "name: provider-c"))
    step, text = runner.job("publish", "routes-1")
    assert step == "Compile" and "::error file=policies/chat/policy.yaml" in text
    edit(runner.folder / "policies/chat/policy.yaml", ("name: provider-c", "name: provider-b"))
    runner.signing_key = "not a key"
    step, _ = runner.job("publish", "routes-1")
    assert step == "Sign" and not list(runner.releases.iterdir())


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is missing: tools/install test")
def test_rollout_replaces_the_config_map_and_waits_for_every_pod(runner, stack, tmp_path):
    assert runner.job("publish", "routes-1") is None
    with Dataplane(runner.table("routes-1")) as pod:
        assert runner.job("rollout", "routes-1", ADMIN_PORT=str(pod.admin_port)) is None
    applied = yaml.safe_load((runner.cluster / "applied.yaml").read_text())
    assert applied["kind"] == "ConfigMap" and applied["metadata"]["name"] == "roundtable-table" and applied["metadata"].get("namespace", "roundtable") == "roundtable"
    assert applied["binaryData"]["routes.rtbl"]
    assert "--server-side" in (runner.cluster / "calls").read_text()
    assert oct((runner.temp / "kubeconfig").stat().st_mode)[-3:] == "600"

    # a pod that goes on with an older table is named
    edit(runner.folder / "policies/chat/policy.yaml", ("- model: atlas-large\n          backendRef:", "- model: atlas-large\n          weight: 2\n          backendRef:"))
    assert runner.job("publish", "routes-2") is None
    with Dataplane(runner.table("routes-1")) as pod:
        step, text = runner.job("rollout", "routes-2", ADMIN_PORT=str(pod.admin_port), WAIT_SECONDS="1")
        older = pod.status()["digest"]
    assert step == "Wait until every pod serves it" and re.search(rf"::error::pod/roundtable-1 serves {older}, not [0-9a-f]{{64}}", text), text


def test_a_table_that_somebody_else_signed_is_not_rolled_out(runner, tmp_path):
    assert runner.job("publish", "routes-1") is None
    assert run("rtblc", "keygen", "-o", tmp_path / "other").returncode == 0
    assert run("rtblc", "sign", runner.table("routes-1"), "--key", tmp_path / "other.key").returncode == 0
    step, _ = runner.job("rollout", "routes-1")
    assert step == "Fetch the table, and check who signed it" and not (runner.cluster / "applied.yaml").exists()

"""tools/deploy/sync: the table follows a cluster's resources, through the real kubectl and a stand-in API server."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from support.cluster import Cluster
from support.policies import Backend, Chat, authentication
from support.programs import ROOT, binary, run

pytestmark = [
    pytest.mark.unsanitized,
    pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is missing: tools/install test"),
]

SYNC = ROOT / "tools/deploy/sync"


def chat(*models, **options):
    return Chat([Backend("one", 1), Backend("two", 2)], production=[(model, "one") for model in models], **options).yaml()


class Sync:
    def __init__(self, cluster, folder, *arguments):
        self.table, self.status_file, self.log = folder / "routes.rtbl", folder / "status.json", folder / "log"
        self.environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig(folder / "kubeconfig")), "HOME": str(folder), "TMPDIR": str(folder)}
        self.command = [SYNC, "--table", self.table, "--status", self.status_file, "--rtblc", binary("rtblc"), "--debounce", "0.1", "--discover", "0.5", *arguments]

    def __enter__(self):
        self.output = self.log.open("w")
        self.process = subprocess.Popen(self.command, stderr=self.output, env=self.environment)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
        self.output.close()

    def text(self):
        return self.log.read_text()

    def until(self, condition, seconds=10):
        deadline = time.monotonic() + seconds
        while True:
            found = condition()
            if found:
                return found
            assert self.process.poll() is None, f"sync ended with {self.process.returncode}:\n{self.text()}"
            assert time.monotonic() < deadline, f"not within {seconds} s; sync says:\n{self.text()}"
            time.sleep(0.02)

    def models(self):
        """The models of the table, or None while there is none."""
        if not self.table.exists():
            return None
        apis = json.loads(run("rtblc", "inspect", self.table, "--json").stdout)["apis"]
        return sorted({target["model"] for api in apis for pool in api["pools"] if pool["kind"] == "models" for target in pool["targets"]})

    def state(self):
        return json.loads(self.status_file.read_text())

    def health(self, *arguments):
        return subprocess.run([SYNC, "health", "--status", self.status_file, *arguments], capture_output=True, text=True)


@pytest.fixture
def cluster(stack):
    return stack.enter_context(Cluster())


@pytest.fixture
def start(stack, cluster, tmp_path):
    return lambda *arguments: stack.enter_context(Sync(cluster, tmp_path, *arguments))


def test_the_table_follows_the_cluster(cluster, start):
    cluster.apply(chat("A"))
    sync = start()
    sync.until(lambda: sync.models() == ["A"])
    sync.until(lambda: sync.health().returncode == 0)
    assert "RateLimitPolicy" in sync.text().split("not served here: ")[1]

    cluster.apply(chat("A", "B"))
    sync.until(lambda: sync.models() == ["A", "B"])

    # a broken change: the old table stays, and everybody is told
    before = sync.table.read_bytes()
    cluster.apply(Chat([Backend("one", 1)], production=[("A", "one"), ("C", "one")]).yaml().replace('"name": "one"', '"name": "gone"', 1))
    cluster.delete("Backend", "one")
    sync.until(lambda: sync.state()["state"] == "stale")
    ill = sync.health()
    assert ill.returncode == 1 and "RT0203" in ill.stderr and "default/APIPolicy.chat.json:" in ill.stderr, ill.stderr
    assert sync.health("--alive").returncode == 0
    assert "the table stays as it was" in sync.text() and "RT0203" in sync.text()
    assert sync.table.read_bytes() == before

    cluster.apply(chat("A", "C"))
    sync.until(lambda: sync.models() == ["A", "C"])
    sync.until(lambda: sync.health().returncode == 0)
    assert sync.state()["error"] is None


def test_a_watch_that_is_cut_goes_on_where_it_was(cluster, start):
    cluster.apply(chat("A"))
    sync = start()
    sync.until(lambda: sync.models() == ["A"])
    sync.until(lambda: cluster.asked("watch", "APIPolicy") == 1)
    cluster.cut()
    cluster.apply(chat("B"))
    sync.until(lambda: sync.models() == ["B"])
    assert cluster.asked("watch", "APIPolicy") >= 2 and cluster.asked("list", "APIPolicy") == 1


def test_a_version_that_is_gone_is_listed_anew(cluster, start):
    cluster.apply(chat("A"))
    sync = start()
    sync.until(lambda: sync.models() == ["A"])
    sync.until(lambda: cluster.asked("watch", "APIPolicy") == 1)
    with cluster.changed:
        cluster.epoch += 1  # the watches end, and what happens now has been forgotten when they come again
        cluster.version += 100
        cluster.oldest = cluster.version
        policy = cluster.objects[("APIPolicy", "default", "chat")]
        policy["spec"]["default"]["modelBasedRoundRobin"]["productionModels"][0]["model"] = "B"
        cluster.changed.notify_all()
    sync.until(lambda: sync.models() == ["B"])
    assert cluster.asked("list", "APIPolicy") == 2


def test_the_api_server_is_away_for_a_while(cluster, start, stack):
    cluster.apply(chat("A"))
    sync = start()
    sync.until(lambda: sync.models() == ["A"])
    port = cluster.server.server_address[1]
    cluster.__exit__()
    time.sleep(0.5)
    assert sync.models() == ["A"] and sync.process.poll() is None
    with Cluster(port=port) as again:
        again.apply(chat("B"))
        sync.until(lambda: sync.models() == ["B"], 20)


def test_nothing_is_compiled_while_a_kind_cannot_be_read(cluster, start):
    cluster.apply(chat("A"))
    cluster.forbidden.add("Authentication")
    sync = start()
    sync.until(lambda: "Authentication cannot be read: 403" in sync.text())
    time.sleep(0.5)
    assert not sync.table.exists() and sync.health().returncode == 1
    cluster.forbidden.clear()
    sync.until(lambda: sync.models() == ["A"])


def test_a_kind_that_is_served_later_is_followed(cluster, start):
    policies = cluster.served.pop("APIPolicy")
    cluster.apply(chat("A"))
    sync = start()
    sync.until(lambda: sync.models() == [])
    assert "; not served here: " in sync.text() and "APIPolicy" in sync.text()
    cluster.served["APIPolicy"] = policies
    sync.until(lambda: sync.models() == ["A"])
    del cluster.served["APIPolicy"]
    sync.until(lambda: sync.models() == [])
    assert "apipolicies is not served any more" in sync.text()


def test_what_the_cluster_notes_makes_no_new_table(cluster, start):
    cluster.apply(chat("A"))
    sync = start()
    sync.until(lambda: sync.models() == ["A"])
    before = sync.table.stat()
    sync.until(lambda: cluster.asked("watch", "APIPolicy") == 1)
    cluster.apply(chat("A"))  # other resourceVersions, uids
    cluster.apply(chat("A", "B"))
    sync.until(lambda: sync.models() == ["A", "B"])
    between = sync.table.stat()
    touched = Backend("two", 2).document()
    touched["metadata"].update(labels={"touched": "yes"}, annotations={"example.com/by": "somebody"}, finalizers=["example.com/f"])
    cluster.put(touched)
    time.sleep(0.5)
    assert sync.text().count("replaced") == 2 and "no change" not in sync.text()
    # what is compiled, but makes the same table, replaces nothing either
    cluster.put(authentication(disabled=True))
    sync.until(lambda: "no change" in sync.text())
    assert sync.table.stat().st_ino == between.st_ino != before.st_ino
    assert sync.table.stat().st_mtime_ns == between.st_mtime_ns


def test_secrets_that_resources_name_are_written_and_taken_away(cluster, start, tmp_path):
    backend = Backend("one", 1, credential=("keys", "one", "authorization"))
    cluster.apply(Chat([backend], production=[("A", "one")]).yaml())
    for name in ("keys", "unrelated"):
        cluster.put({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": "Opaque", "data": {"one": "dmFsdWU="}})
    secrets = tmp_path / "secrets"
    sync = start("--secrets", secrets)
    value = secrets / "default/keys/one"
    sync.until(lambda: sync.models() == ["A"])
    assert value.read_text() == "value" and value.stat().st_mode & 0o777 == 0o600
    assert [path for path in secrets.rglob("*") if path.is_file()] == [value]
    assert b"value" not in sync.table.read_bytes()
    cluster.put({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}, "type": "Opaque", "data": {"one": "b3RoZXI="}})
    sync.until(lambda: value.read_text() == "other")
    cluster.delete("Secret", "keys")
    sync.until(lambda: not value.exists())


def test_one_namespace_and_once(cluster, start, tmp_path):
    cluster.apply(chat("A"))
    cluster.apply(chat("B", host="other.local", base="/other/1.0"), "other")
    sync = Sync(cluster, tmp_path, "--namespace", "other", "--once")
    done = subprocess.run(sync.command, capture_output=True, text=True, env=sync.environment, timeout=20)
    assert done.returncode == 0 and sync.models() == ["B"], done.stderr
    cluster.delete("Backend", "one", "other")
    sync.table.unlink()
    done = subprocess.run(sync.command, capture_output=True, text=True, env=sync.environment, timeout=20)
    assert done.returncode == 1 and "there is no table yet" in done.stderr and "RT0203" in done.stderr and not sync.table.exists()


def test_signed_tables_and_kubectl_that_dies(cluster, start, tmp_path):
    assert run("rtblc", "keygen", "-o", tmp_path / "release").returncode == 0
    cluster.apply(chat("A"))
    sync = start("--key", tmp_path / "release.key")
    sync.until(lambda: sync.models() == ["A"])
    assert run("rtblc", "verify", sync.table, "--public-key", tmp_path / "release.pub").returncode == 0
    children = [int(pid) for pid in open(f"/proc/{sync.process.pid}/task/{sync.process.pid}/children").read().split()]
    assert len(children) == 1
    os.kill(children[0], signal.SIGKILL)
    cluster.apply(chat("B"))
    sync.until(lambda: sync.models() == ["B"], 20)
    assert "starting it again" in sync.text()
    sync.process.terminate()
    assert sync.process.wait(10) == 0
    assert sync.health().returncode == 0
    os.utime(sync.status_file, (0, 0))
    assert "not running" in sync.health("--alive").stderr


@pytest.mark.parametrize("option", ["--kubectl", "--rtblc"])
def test_a_program_that_is_not_there(option, tmp_path):
    done = subprocess.run([SYNC, "--table", tmp_path / "t", "--rtblc", binary("rtblc"), option, "no-such-program --x"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (69, "sync: no-such-program --x: there is no such program\n")


def test_help_names_every_option():
    source, text = SYNC.read_text(), subprocess.run([SYNC, "--help"], capture_output=True, text=True).stdout
    for option in set(re.findall(r'"(--[a-z]+)"', source)) - {"--help"}:
        assert option in text, option

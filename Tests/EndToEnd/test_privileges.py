"""What the process gives up: another user, privileges, core dumps, system calls; and who may ask the admin port."""

import http.client
import os
import pathlib
import pwd
import re

import pytest

from support.policies import Backend, Chat
from support.programs import Dataplane, compile_table, run
from support.wire import ask

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def process_status(pid, field):
    return re.search(rf"^{field}:\s+(.+)$", pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)[1].split()


def threads(pid):
    return [int(entry.name) for entry in pathlib.Path(f"/proc/{pid}/task").iterdir()]


@pytest.mark.unsanitized
def test_the_filter_is_over_every_thread(scripted, serve):
    dataplane = serve({"one": scripted()}, production=[("A", "one")])
    for thread in threads(dataplane.pid):
        assert process_status(thread, "Seccomp") == ["2"] and process_status(thread, "NoNewPrivs") == ["1"]
    assert pathlib.Path(f"/proc/{dataplane.pid}/limits").read_text().split("Max core file size")[1].split()[:2] == ["0", "0"]
    assert ask(dataplane).status == 200


def test_without_the_sandbox(scripted, serve):
    dataplane = serve({"one": scripted()}, production=[("A", "one")], args=["--no-sandbox"])
    assert process_status(dataplane.pid, "Seccomp") == ["0"]
    assert ask(dataplane).status == 200


def test_names_are_still_resolved(scripted, serve):
    backend = scripted()
    dataplane = serve({"one": backend}, production=[("A", "one")], backend_host="localhost")
    assert ask(dataplane).status == 200 and backend.models == ["A"]


@pytest.fixture
def readable(tmp_path):
    """Folders of a test are for root alone, unless they are opened."""
    for folder in [tmp_path, *tmp_path.parents]:
        if folder == pathlib.Path("/"):
            break
        folder.chmod(folder.stat().st_mode | 0o055)
    return tmp_path


def table(directory, **options):
    path = compile_table(directory, Chat([Backend("one", 1, **options)], production=[("A", "one")]).yaml())
    path.parent.chmod(0o755)
    path.chmod(0o644)
    return path


@needs_root
def test_the_process_becomes_the_user(readable):
    nobody = pwd.getpwnam("nobody")
    with Dataplane(table(readable), args=["--user", "nobody"]) as dataplane:
        for thread in threads(dataplane.pid):
            assert process_status(thread, "Uid") == [str(nobody.pw_uid)] * 4
            assert process_status(thread, "Gid") == [str(nobody.pw_gid)] * 4
            assert process_status(thread, "CapEff") == ["0000000000000000"]
        assert ask(dataplane).status == 502


@needs_root
def test_a_file_that_the_user_cannot_read_is_named_at_the_start(readable):
    secrets = readable / "secrets"
    (secrets / "keys").mkdir(parents=True)
    (secrets / "keys" / "one").write_text("secret")
    (secrets / "keys" / "one").chmod(0o600)
    path = table(readable, credential=("keys", "one", "authorization"))
    done = run("dataplane", "--table", path, "--secrets", secrets, "--user", "nobody", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
    assert done.returncode == 66 and "keys/one" in done.stderr and "nobody" in done.stderr, done.stderr


@needs_root
def test_an_unknown_user_is_a_usage_error(tmp_path):
    done = run("dataplane", "--table", table(tmp_path), "--user", "no-such-user", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
    assert done.returncode == 64 and "no-such-user" in done.stderr


@pytest.mark.parametrize("host, status", [
    ("127.0.0.1:{port}", 200), ("localhost:{port}", 200), ("LOCALHOST", 200), ("[::1]:{port}", 200), ("127.0.0.1", 200),
    ("evil.example", 421), ("evil.example:{port}", 421), ("localhost.evil.example", 421), ("127.0.0.1.evil.example", 421),
])
def test_the_admin_port_is_not_asked_under_a_strangers_name(scripted, serve, host, status):
    dataplane = serve({"one": scripted()}, production=[("A", "one")])
    connection = http.client.HTTPConnection("127.0.0.1", dataplane.admin_port)
    connection.request("GET", "/status", headers={"Host": host.format(port=dataplane.admin_port)})
    assert connection.getresponse().status == status
    connection.close()


def test_get_changes_nothing(scripted, serve):
    dataplane = serve({"one": scripted()}, production=[("A", "one")])
    target = dataplane.targets()[("A", "one")]["id"]
    for method in ("GET", "HEAD"):
        assert dataplane.admin(f"/targets/{target}/suspend?seconds=60", method)[0] == 405
    assert not dataplane.targets()[("A", "one")]["suspended"]


@needs_root
def test_the_access_log_is_the_users(readable):
    folder = readable / "logs"
    folder.mkdir()
    folder.chmod(0o755)
    path = table(readable)
    command = ["dataplane", "--table", path, "--user", "nobody", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--access-log", folder / "access.log"]
    done = run(*command)
    assert done.returncode == 73 and "--access-log" in done.stderr and "Permission denied" in done.stderr, done.stderr
    os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    with Dataplane(path, args=["--user", "nobody", "--access-log", folder / "access.log"]) as dataplane:
        assert ask(dataplane).status == 502
        assert (folder / "access.log").stat().st_uid == pwd.getpwnam("nobody").pw_uid

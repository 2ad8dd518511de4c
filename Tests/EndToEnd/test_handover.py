"""A new process takes the listening sockets from the old one, or from the service manager: nothing is refused, nothing cut."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from support.policies import Backend, Chat
from support.programs import DATAPLANE_ARGUMENTS, Dataplane, binary, compile_table, free_port, run
from support.scripted import Wait, answer, stream
from support.wire import CHAT, Connection, ask, request


class Successor(Dataplane):
    """On the ports of another one; it is ready once it has taken them over."""

    def __init__(self, table, other, args=()):
        super().__init__(table, args=args)
        self.port, self.admin_port = other.port, other.admin_port
        for option, port in (("--listen", self.port), ("--admin", self.admin_port)):
            self.command[self.command.index(option) + 1] = f"127.0.0.1:{port}"

    def is_ready(self):
        return "serving" in self.stderr()


@pytest.fixture
def rolling(stack, tmp_path, scripted):
    """Starts a dataplane, and others in its place."""
    path = tmp_path / "handover"

    def table(script=None, **options):
        backend = scripted(script) if script else scripted()
        return compile_table(tmp_path, Chat([Backend("one", backend.port)], production=[("A", "one")], **options).yaml())

    def first(made, *args):
        return stack.enter_context(Dataplane(made, args=["--handover", path, *args]))

    def next(made, other, *args):
        return stack.enter_context(Successor(made, other, args=["--handover", path, *args]))

    first.table, first.next, first.path = table, next, path
    return first


def test_the_listeners_go_over_and_requests_under_way_end(rolling):
    made = rolling.table(lambda received, number: stream([b"data: x\n\n"] * 5, delay=0.3))
    old = rolling(made)
    with Connection(old.port) as busy, Connection(old.port) as idle:
        busy.send(request(body=CHAT))
        assert busy.read_head().status == 200
        new = rolling.next(rolling.table(), old)
        assert new.process.poll() is None and new.pid != old.pid
        assert ask(new).status == 200
        rest = b""
        while not rest.endswith(b"0\r\n\r\n"):
            rest += busy.stream.readline()
        assert rest.count(b"data: x") == 5
        # once more by the old one, which now says that it closes: it could not when the stream began
        for connection in (busy, idle):
            answer = connection.ask(request(body=CHAT))
            assert answer.status == 200 and answer["Connection"] == "close"
    assert old.process.wait(timeout=8) == 0
    assert rolling.path.exists() and ask(new).status == 200
    assert "serves; draining" in old.stderr()


def test_again_and_again(rolling):
    made = rolling.table()
    present = rolling(made)
    for _ in range(5):
        new = rolling.next(made, present)
        assert present.process.wait(timeout=8) == 0
        present = new
        assert ask(present).status == 200
    present.process.send_signal(signal.SIGTERM)
    assert present.process.wait(timeout=8) == 0
    assert not rolling.path.exists()


def test_a_successor_that_cannot_serve_changes_nothing(rolling, tmp_path):
    old = rolling(rolling.table())
    bad = tmp_path / "bad.rtbl"
    bad.write_bytes(b"x" * 100)
    taken = socket.create_server(("127.0.0.1", 0))
    good = rolling.table()
    for arguments in (["--table", bad], ["--table", good, "--listen", f"127.0.0.1:{taken.getsockname()[1]}"]):
        done = run("dataplane", *arguments, "--admin", f"127.0.0.1:{old.admin_port}", "--handover", rolling.path, *DATAPLANE_ARGUMENTS)
        assert done.returncode in (1, 69)
        assert ask(old).status == 200 and old.admin("/readyz")[0] == 200
    taken.close()
    rolling.next(good, old)
    assert old.process.wait(timeout=8) == 0


def test_a_path_left_behind_by_a_killed_process(rolling):
    made = rolling.table()
    old = rolling(made)
    old.process.kill()
    old.process.wait()
    assert rolling.path.exists()
    assert ask(rolling(made)).status == 200


def test_strangers_at_the_socket_are_harmless(rolling):
    made = rolling.table()
    old = rolling(made)
    assert rolling.path.stat().st_mode & 0o777 == 0o600
    for words in (b"", b"ready?", b"x" * 60_000, b"take 2"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stranger:
            stranger.connect(str(rolling.path))
            if words:
                stranger.send(words)
    assert ask(old).status == 200
    rolling.next(made, old)
    assert old.process.wait(timeout=8) == 0


def handed_over(path):
    """Takes the sockets as a new process does: the connection, and the descriptors."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.settimeout(5)
    connection.connect(str(path))
    connection.send(b"take 1")
    words, descriptors, _, _ = socket.recv_fds(connection, 64, 250)
    assert words == b"sockets 1" and len(descriptors) == 3
    return connection, descriptors


def test_only_one_of_two_successors_gets_the_sockets(rolling):
    old = rolling(rolling.table())
    first, second = handed_over(rolling.path), handed_over(rolling.path)
    second[0].send(b"ready")
    assert second[0].recv(64) == b"go" and first[0].recv(64) == b"taken"
    assert old.process.wait(timeout=8) == 0


def test_an_old_process_that_is_ended_meanwhile_leaves_the_path_to_the_new_one(rolling):
    made = rolling.table()
    old = rolling(made)
    connection, descriptors = handed_over(rolling.path)
    old.process.send_signal(signal.SIGTERM)
    assert old.process.wait(timeout=8) == 0
    assert rolling.path.exists(), "the new process listens there"
    for descriptor in descriptors:
        os.close(descriptor)
    connection.close()
    assert ask(rolling(made)).status == 200  # that one died too: the next begins anew


def test_with_another_user_and_the_sandbox(rolling):
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    made = rolling.table()
    os.chmod(made.parent, 0o755)
    for parent in made.parents:
        if str(parent) not in ("/", "/tmp"):
            os.chmod(parent, 0o755)
    old = rolling(made, "--user", "nobody")
    rolling.next(made, old, "--user", "nobody")
    assert old.process.wait(timeout=8) == 0


ACTIVATE = """
import os, socket, sys
ports, command = [int(port) for port in sys.argv[1].split(",")], sys.argv[2:]
sockets = [socket.create_server(("127.0.0.1", port), backlog=64) for port in ports]
for number, listener in enumerate(sockets):
    os.dup2(listener.fileno(), 3 + number)
    os.set_inheritable(3 + number, True)  # dup2 does nothing where both are the same
os.environ["LISTEN_PID"], os.environ["LISTEN_FDS"] = str(os.getpid()), str(len(sockets))
os.execv(command[0], command)
"""


def activated(ports, *arguments, environment=None):
    return subprocess.Popen(
        [sys.executable, "-c", ACTIVATE, ",".join(map(str, ports)), binary("dataplane"), *map(str, arguments), *DATAPLANE_ARGUMENTS],
        stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})


def test_sockets_of_the_service_manager(rolling, tmp_path):
    made = rolling.table()
    ports = [free_port(), free_port()]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(5)
        process = activated(
            ports, "--table", made, "--listen", f"127.0.0.1:{ports[0]}", "--admin", f"127.0.0.1:{ports[1]}",
            environment={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        try:
            assert manager.recv(100) == b"READY=1"
            with Connection(ports[0]) as connection:
                assert connection.ask(request(body=CHAT)).status == 200
            process.terminate()
            assert manager.recv(100) == b"STOPPING=1"
            assert process.wait(timeout=8) == 0
        finally:
            process.kill()
            process.communicate()


def test_a_socket_that_no_option_names(rolling):
    ports = [free_port(), free_port()]
    process = activated(ports, "--table", rolling.table(), "--listen", f"127.0.0.1:{ports[0]}", "--admin", f"127.0.0.1:{free_port()}")
    assert process.wait(timeout=8) == 64 and "no address of --listen" in process.stderr.read()


@pytest.mark.unsanitized
def test_a_rolling_replacement_under_load(rolling):
    """New connections all the time, kept ones beside them: none is refused, reset or cut."""
    made = rolling.table()
    present = rolling(made)
    stop, faults, counts, lock = threading.Event(), [], [0, 0], threading.Lock()

    def fresh():
        while not stop.is_set():
            try:
                with Connection(present.port) as connection:
                    assert connection.ask(request(body=CHAT, headers=[("Connection", "close")])).status == 200
                with lock:
                    counts[0] += 1
            except Exception as fault:
                with lock:
                    faults.append(repr(fault))

    def kept():
        while not stop.is_set():
            try:
                with Connection(present.port) as connection:
                    while not stop.is_set():
                        got = connection.ask(request(body=CHAT))
                        assert got.status == 200
                        with lock:
                            counts[1] += 1
                        if (got["Connection"] or "").lower() == "close":
                            break
            except Exception as fault:
                with lock:
                    faults.append(repr(fault))

    threads = [threading.Thread(target=work) for work in (fresh, fresh, kept, kept, kept)]
    for thread in threads:
        thread.start()
    for _ in range(6):
        time.sleep(0.3)
        new = rolling.next(made, present)
        assert present.process.wait(timeout=10) == 0
        present = new
    stop.set()
    for thread in threads:
        thread.join()
    assert not faults, faults[:5]
    assert min(counts) > 50

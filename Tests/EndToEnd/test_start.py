"""Starting, refusing to start, and ending."""

import signal
import socket
import subprocess
import threading
import time

import pytest

from support.policies import Backend, Chat
from support.programs import binary, compile_table, free_port, run
from support.scripted import Wait, answer
from support.wire import CHAT, Connection, ask, request


@pytest.fixture
def table(tmp_path):
    return compile_table(tmp_path, Chat([Backend("one", 9)], production=[("A", "one")]).yaml())


def start(table, *arguments):
    return run("dataplane", "--table", table, "--admin", f"127.0.0.1:{free_port()}", *arguments)


def test_a_port_in_use_is_69(table):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = start(table, "--listen", address)
        assert done.returncode == 69 and address in done.stderr
        done = run("dataplane", "--table", table, "--listen", f"127.0.0.1:{free_port()}", "--admin", address)
        assert done.returncode == 69 and address in done.stderr


def test_a_table_that_does_not_exist_is_66(tmp_path):
    done = start(tmp_path / "none.rtbl", "--listen", f"127.0.0.1:{free_port()}")
    assert done.returncode == 66 and "none.rtbl" in done.stderr


@pytest.mark.parametrize("spoil", [lambda good: b"", lambda good: b"not a table" * 100, lambda good: good[:-1], lambda good: good + b"\0",
                                   lambda good: good[:200] + bytes([good[200] ^ 1]) + good[201:]],
                         ids=["empty", "text", "short", "long", "one bit"])
def test_a_bad_table_is_1(table, spoil):
    table.write_bytes(spoil(table.read_bytes()))
    done = start(table, "--listen", f"127.0.0.1:{free_port()}")
    assert done.returncode == 1 and str(table) in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--frobnicate"], ["--table"], ["--table", "x", "--listen", "nowhere"], ["--table", "x", "--workers", "0"],
                                       ["--table", "x", "--backend", "one"], ["--table", "x", "stray"]],
                         ids=" ".join)
def test_wrong_usage_is_64(arguments):
    done = run("dataplane", *arguments)
    assert done.returncode == 64 and done.stderr


def test_an_open_api_is_not_served_to_the_public_unasked(table):
    done = start(table, "--listen", f"0.0.0.0:{free_port()}")
    assert done.returncode == 1 and "chat" in done.stderr and "--allow-open" in done.stderr


def test_allow_open(scripted, serve):
    port = free_port()
    dataplane = serve({"one": scripted()}, ["--listen", f"0.0.0.0:{port}", "--allow-open"], production=[("A", "one")])
    with Connection(port) as connection:
        assert connection.ask(request(body=CHAT)).status == 200
    assert ask(dataplane).status == 200


def test_an_unknown_backend_to_redirect_is_named(scripted, serve):
    dataplane = serve({"one": scripted()}, ["--backend", "two=http://127.0.0.1:9"], production=[("A", "one")])
    assert "--backend two" in dataplane.stderr() and ask(dataplane).status == 200


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_drains(scripted, serve, ending):
    backend = scripted(lambda received, number: [Wait(0.5), answer()])
    dataplane = serve({"one": backend}, production=[("A", "one")])
    answers = []
    with Connection(dataplane.port) as connection:
        client = threading.Thread(target=lambda: answers.append(connection.ask(request(body=CHAT))))
        client.start()
        backend.await_requests(1)
        dataplane.process.send_signal(ending)
        client.join()
    assert answers[0].status == 200 and answers[0]["Connection"].lower() == "close"
    assert dataplane.process.wait(timeout=10) == 0


def test_it_serves_at_once(table):
    port = free_port()
    begin = time.monotonic()
    process = subprocess.Popen([binary("dataplane"), "--table", table, "--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{free_port()}"])
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                assert time.monotonic() - begin < 1
                time.sleep(0.001)
    finally:
        process.kill()
        process.wait()


def test_what_it_links():
    linked = subprocess.run(["ldd", binary("dataplane")], capture_output=True, text=True, check=True).stdout
    assert "libc.so" in linked
    for unwanted in ("libyaml", "Foundation", "libswiftCore", "libstdc++", "libgcc_s"):
        assert unwanted not in linked

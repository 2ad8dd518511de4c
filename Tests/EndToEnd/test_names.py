"""Names of Backends: looked up beside the requests, again and again, with several addresses each."""

import json
import pathlib
import shutil
import socket
import subprocess
import threading
import time

import pytest

from support.identity import ISSUER, Key, bearer, token
from support.policies import Backend, Routes, rule, token_issuer
from support.programs import Dataplane, compile_table
from support.scripted import Wait, answer
from support.wire import Connection, ask, request

REFRESH = 10  # Limits.resolveIntervalSeconds


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    path = tmp_path_factory.mktemp("resolver") / "resolver.so"
    source = pathlib.Path(__file__).parent / "support/resolver.c"
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", path, source], check=True)
    return path


@pytest.fixture
def named(stack, tmp_path, library):
    """start({name: (port, millis, addresses…)}) serves a rule at /NAME for each name, and lets the test change the names."""

    hosts = tmp_path / "hosts"

    def table_of(names, more=()):
        backends = [Backend(name.split(".")[0], port, host=name) for name, (port, *_) in names.items()]
        policies = Routes(backends, [rule(f"/{one.name}", one.name) for one in backends]).yaml()
        return compile_table(tmp_path, "\n---\n".join([policies, *(json.dumps(document) for document in more)]))

    def start(names, args=(), more=()):
        def change(names):
            (tmp_path / "new").write_text("".join(f"{name} {millis} {' '.join(addresses)}\n" for name, (_, millis, *addresses) in names.items()))
            (tmp_path / "new").rename(hosts)

        change(names)
        table = table_of(names, more)
        dataplane = stack.enter_context(Dataplane(table, args=args, environment={"LD_PRELOAD": str(library), "FAKE_HOSTS": str(hosts)}))
        start.table = table
        return dataplane, change

    start.table_of = table_of
    return start


def get(dataplane, name):
    begin = time.monotonic()
    return ask(dataplane, path=f"/chat/1.0/{name}"), time.monotonic() - begin


@pytest.fixture
def black_hole():
    """A port of 127.0.0.2 that takes no connection and refuses none: its queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.2", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        full = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.2", port))
            full.append(one)
        time.sleep(0.1)
        yield port
        for one in full:
            one.close()


def test_a_slow_name_holds_no_other_up(named, scripted):
    backend = scripted()
    slow = {f"slow{n}.test": (backend.port, 3000, "127.0.0.1") for n in range(5)}
    dataplane, _ = named({**slow, "fast.test": (backend.port, 0, "127.0.0.1"), "last.test": (backend.port, 0, "127.0.0.1")})
    for name in ("fast", "last"):
        got, seconds = get(dataplane, name)
        assert got.status == 200 and seconds < 1
    # a request for a slow one waits for its answer, and no longer
    got, seconds = get(dataplane, "slow0")
    assert got.status == 200 and 1 < seconds < 4


def test_names_that_come_with_a_reload_wake_a_thread_each(named, scripted):
    backend = scripted()
    names = {"fast.test": (backend.port, 0, "127.0.0.1")}
    dataplane, change = named(names)
    assert get(dataplane, "fast")[0].status == 200
    time.sleep(0.3)  # all threads rest
    # the last names are looked up first: each thread has a slow one before the next of the others is due
    names |= {f"more{n}.test": (backend.port, 0, "127.0.0.1") for n in range(3)} | {f"slow{n}.test": (backend.port, 3000, "127.0.0.1") for n in range(5)}
    change(names)
    shutil.copy(named.table_of(names), named.table)
    assert dataplane.admin("/reload", "POST")[0] == 200
    for n in range(3):
        got, seconds = get(dataplane, f"more{n}")
        assert got.status == 200 and seconds < 1


def test_a_name_that_is_not_found(named, scripted):
    dataplane, _ = named({"none.test": (scripted().port, 0)})
    got, seconds = get(dataplane, "none")
    assert got.status == 502 and got.json["error"]["code"] == "upstream_unreachable" and seconds < 2


def test_waiting_for_a_name_is_bounded_by_the_time_to_connect(named, scripted):
    dataplane, _ = named({"slow.test": (scripted().port, 4000, "127.0.0.1")}, args=["--connect-timeout", "1"])
    got, seconds = get(dataplane, "slow")
    assert got.status == 504 and 1 <= seconds < 1.6


def test_an_address_that_refuses_gives_way_to_the_next(named, scripted):
    backend = scripted()
    dataplane, _ = named({"two.test": (backend.port, 0, "127.0.0.3", "127.0.0.1")})
    got, _ = get(dataplane, "two")
    assert got.status == 200 and got["x-rtbl-attempts"] == "1"


def test_an_address_that_is_silent_gives_way_to_the_next(named, black_hole):
    with socket.create_server(("127.0.0.1", black_hole)) as server:
        dataplane, _ = named({"two.test": (black_hole, 0, "127.0.0.2", "127.0.0.1")}, args=["--connect-timeout", "1"])
        def serve():
            connection, _ = server.accept()
            connection.recv(65536)
            connection.sendall(answer())

        threading.Thread(target=serve, daemon=True).start()
        got, seconds = get(dataplane, "two")
    assert got.status == 200 and got["x-rtbl-attempts"] == "1" and 1 <= seconds < 1.6


def test_a_new_answer_is_taken_up_and_the_last_good_one_kept(named, scripted):
    new = scripted()
    dataplane, change = named({"moves.test": (new.port, 0, "127.0.0.3")})
    assert get(dataplane, "moves")[0].status == 502
    change({"moves.test": (new.port, 0, "127.0.0.1")})
    deadline = time.monotonic() + REFRESH + 3
    while get(dataplane, "moves")[0].status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    change({"moves.test": (new.port, 0)})  # not found any more
    time.sleep(REFRESH + 2)
    assert get(dataplane, "moves")[0].status == 200


def test_the_next_request_waits_for_keys_when_a_name_is_not_found(named, scripted):
    """Both wait in one list: whoever leaves it for one thing may be in it again for the other."""
    key = Key("ES256")
    identity = scripted(lambda received, number: [Wait(2), answer(body={"keys": [key.jwk()]})])
    other = "https://other.example.com"
    issuers = [token_issuer(ISSUER, name="known", certificate=key.pem.decode()), token_issuer(other, name="fetched", url=f"{identity.url}/jwks")]
    dataplane, _ = named({"nowhere.local": (1, 1000), "127.0.0.1": (1, 0, "127.0.0.1")}, args=["--workers", "1"], more=issuers)
    with Connection(dataplane.port) as connection:
        tokens = [token(key), token(key, iss=other), token(key)]
        connection.send(b"".join(request(path="/chat/1.0/nowhere", body={}, headers=bearer(one)) for one in tokens))
        begin = time.monotonic()
        assert [connection.read_answer().status for _ in tokens] == [502] * 3
        assert 0.5 < time.monotonic() - begin < 4
    assert ask(dataplane, path="/chat/1.0/nowhere", headers=bearer(tokens[0])).status == 502

"""Another table while the first one serves: nothing is lost, a bad one is refused, cursors and suspensions carry over."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

from support.identity import Key
from support.policies import Backend, Chat, authentication, token_issuer
from support.programs import Dataplane, compile_table, free_port, run
from support.scripted import Wait, answer, stream
from support.waiting import await_that, seconds_of
from support.wire import Connection, ask, request


class Served:
    """A dataplane whose table can be replaced."""

    def __init__(self, directory, backends, args=(), **options):
        self.directory, self.backends = directory, backends
        self.table = directory / "routes.rtbl"
        self.put(self.compile(**options))
        self.dataplane = Dataplane(self.table, args=args)

    def compile(self, **options):
        described = [Backend(name, backend.port) for name, backend in self.backends.items()]
        return compile_table(self.directory, Chat(described, **options).yaml())

    def put(self, table):
        fresh = self.directory / "fresh.rtbl"
        shutil.copyfile(table, fresh)
        os.replace(fresh, self.table)

    def reload(self, **options):
        """Compiles, puts the table in place and has it loaded."""
        before = self.dataplane.status()["generation"]
        self.put(self.compile(**options))
        await_that(lambda: self.dataplane.status()["generation"] > before)


@pytest.fixture
def served(stack, tmp_path):
    def start(backends, args=(), **options):
        made = Served(tmp_path, backends, args, **options)
        stack.enter_context(made.dataplane)
        return made

    return start


def models(dataplane, count):
    return "".join(ask(dataplane)["x-rtbl-model"] for _ in range(count))


def by_rename(served, table):
    served.put(table)


def by_writing_in_place(served, table):
    served.table.write_bytes(table.read_bytes())


def by_signal(served, table):
    served.table.write_bytes(table.read_bytes())
    os.kill(served.dataplane.pid, signal.SIGHUP)


def by_call(served, table):
    served.put(table)
    status, text = served.dataplane.admin("/reload", "POST")
    assert status == 200 and b"generation" in text


@pytest.mark.parametrize("way", [by_rename, by_writing_in_place, by_signal, by_call])
def test_a_new_table_serves(scripted, served, way):
    one = served({"one": scripted()}, production=[("A", "one")])
    assert models(one.dataplane, 2) == "AA"
    way(one, one.compile(production=[("B", "one")]))
    await_that(lambda: models(one.dataplane, 1) == "B", within=1.0)
    status = one.dataplane.status()
    assert status["generation"] >= 2 and status["reload"]["result"] == "loaded" and status["reload"]["reason"] is None
    assert 'rtbl_table_reloads_total{result="refused"} 0' in one.dataplane.metrics()
    assert f'rtbl_table_info{{digest="{status["digest"]}"}} 1' in one.dataplane.metrics()


def test_the_link_swap_of_a_kubernetes_volume(scripted, served, stack, tmp_path):
    one = served({"one": scripted()}, production=[("A", "one")])
    volume = tmp_path / "volume"
    for name, model in (("..2026_1", "A"), ("..2026_2", "B")):
        (volume / name).mkdir(parents=True)
        shutil.copyfile(one.compile(production=[(model, "one")]), volume / name / "routes.rtbl")
    (volume / "..data").symlink_to("..2026_1")
    (volume / "routes.rtbl").symlink_to("..data/routes.rtbl")
    dataplane = stack.enter_context(Dataplane(volume / "routes.rtbl"))
    assert models(dataplane, 1) == "A"
    (volume / "..data_tmp").symlink_to("..2026_2")
    os.replace(volume / "..data_tmp", volume / "..data")
    await_that(lambda: models(dataplane, 1) == "B", within=1.0)


@pytest.mark.parametrize("damage", [lambda table: b"", lambda table: table[:-40], lambda table: table[:200] + bytes([table[200] ^ 1]) + table[201:], lambda table: b"RTBL\r\n\x1a\n" + b"\xff" * 200])
def test_a_bad_table_is_refused_and_the_old_one_serves_on(scripted, served, damage):
    one = served({"one": scripted()}, production=[("A", "one"), ("B", "one")])
    digest = one.dataplane.status()["digest"]
    one.table.write_bytes(damage(one.table.read_bytes()))  # in place, under the running process
    status, reason = one.dataplane.admin("/reload", "POST")
    assert status == 422 and reason.strip()
    assert sorted(models(one.dataplane, 4)) == list("AABB")
    said = one.dataplane.status()
    assert said["digest"] == digest and said["generation"] == 1
    assert said["reload"]["result"] == "refused" and said["reload"]["reason"] == reason.decode().strip()
    refused = re.search(r'rtbl_table_reloads_total\{result="refused"\} (\d+)', one.dataplane.metrics())
    assert int(refused[1]) >= 1
    assert reason.decode().strip() in one.dataplane.stderr()
    one.reload(production=[("C", "one")])
    assert models(one.dataplane, 1) == "C"


def test_a_missing_table_changes_nothing(scripted, served):
    one = served({"one": scripted()}, production=[("A", "one")])
    one.table.unlink()
    assert one.dataplane.admin("/reload", "POST")[0] == 422
    assert models(one.dataplane, 2) == "AA"


def test_only_signed_tables(scripted, served, stack, tmp_path):
    assert run("rtblc", "keygen", "-o", tmp_path / "release").returncode == 0
    assert run("rtblc", "keygen", "-o", tmp_path / "other").returncode == 0
    one = served({"one": scripted()}, production=[("A", "one")])

    def signed(model, key):
        table = one.compile(production=[(model, "one")])
        assert run("rtblc", "sign", table, "--key", tmp_path / f"{key}.key").returncode == 0
        return table

    arguments = ["--public-key", tmp_path / "release.pub"]
    unsigned = run("dataplane", "--table", one.table, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", *arguments)
    assert unsigned.returncode == 1 and "not signed" in unsigned.stderr
    one.put(signed("A", "release"))
    dataplane = stack.enter_context(Dataplane(one.table, args=arguments))
    one.put(signed("B", "other"))
    assert dataplane.admin("/reload", "POST")[0] == 422
    assert models(dataplane, 1) == "A"
    one.put(signed("C", "release"))
    assert dataplane.admin("/reload", "POST")[0] == 200
    assert models(dataplane, 1) == "C"
    unreadable = run("dataplane", "--table", one.table, "--public-key", tmp_path / "absent.pub")
    assert unreadable.returncode == 66


def test_the_same_cycle_goes_on_where_it_was(scripted, served):
    one = served({"one": scripted()}, production=[("A", "one", 3), ("B", "one", 1)])
    turn = models(one.dataplane, 4)
    assert models(one.dataplane, 1) == turn[0]
    one.reload(production=[("A", "one", 3), ("B", "one", 1)], suspend=61)  # another table, the same cycle
    assert models(one.dataplane, 7) == turn[1:] + turn


def test_another_cycle_goes_on_behind_the_last_picked(scripted, served):
    one = served({"one": scripted()}, production=[("A", "one"), ("B", "one"), ("C", "one")])
    assert models(one.dataplane, 2) == "AB"
    one.reload(production=[("A", "one"), ("B", "one"), ("C", "one"), ("D", "one")])
    assert models(one.dataplane, 4) == "CDAB"


def test_suspensions_carry_over_and_so_do_counts(scripted, served):
    limited = lambda request, number: answer(429) if request.model == "A" else answer()
    one = served({"one": scripted(limited)}, production=[("A", "one"), ("B", "one")], suspend=60)
    assert models(one.dataplane, 3) == "BBB"
    before = one.dataplane.targets()["A", "one"]
    assert before["suspended"]
    one.reload(production=[("B", "one"), ("A", "one"), ("C", "one")], suspend=30)
    after = one.dataplane.targets()["A", "one"]
    assert after["suspended"] and after["reason"] == "429" and after["since"] == before["since"] and after["picks"] == before["picks"]
    assert abs(seconds_of(after["until"]) - seconds_of(before["until"])) < 0.1
    assert "A" not in models(one.dataplane, 6)
    assert re.search(r'rtbl_requests_total\{api="default/chat",environment="production",code="200"\} 9\n', one.dataplane.metrics())
    # a target that is away for a while comes back as it was
    one.reload(production=[("B", "one")])
    one.reload(production=[("A", "one"), ("B", "one")])
    assert abs(seconds_of(one.dataplane.targets()["A", "one"]["until"]) - seconds_of(before["until"])) < 0.1


def test_a_request_under_way_ends_on_the_table_that_it_began_with(scripted, served):
    """Its backend, its policy and its counts are those of the old table, even where the new one has fewer of everything."""
    script = lambda request, number: stream([b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n"], delay=0.8)
    one = served({"one": scripted(), "two": scripted(script)}, production=[("A", "two")])
    others = one.compile(production=[("B", "one"), ("C", "one")])
    with Connection(one.dataplane.port) as connection:
        connection.send(request(body={"model": "x"}))
        time.sleep(0.2)
        one.put(others)
        for _ in range(200):  # more than once around all places
            assert one.dataplane.admin("/reload", "POST")[0] == 200
        await_that(lambda: "rtbl_tables_held 2" in one.dataplane.metrics())
        got = connection.read_answer()
        assert got.status == 200 and got["x-rtbl-model"] == "A" and got.body.endswith(b"data: 3\n\n")
        # the next request of the same connection goes by the new table
        connection.send(request(body={"model": "x"}))
        assert connection.read_answer()["x-rtbl-model"] in "BC"
    await_that(lambda: "rtbl_tables_held 1" in one.dataplane.metrics())


def test_a_quota_that_is_seen_on_the_old_table_counts_in_the_new_one(scripted, served):
    slow = lambda request, number: [Wait(0.6), answer(429)] if request.model == "A" else answer()
    one = served({"one": scripted(slow)}, production=[("A", "one"), ("B", "one")], suspend=60)
    with Connection(one.dataplane.port) as connection:
        connection.send(request(body={"model": "x"}))
        time.sleep(0.2)
        one.reload(production=[("A", "one"), ("C", "one")], suspend=60)
        assert connection.read_answer()["x-rtbl-model"] == "B"
    assert one.dataplane.targets()["A", "one"]["reason"] == "429"
    assert models(one.dataplane, 3) == "CCC"


def test_tables_that_requests_hold_are_bounded(scripted, served):
    script = lambda request, number: [Wait(2.5), answer()]
    one = served({"one": scripted(script)}, production=[("A", "one")])
    tables = [one.compile(production=[(f"M{number}", "one")]) for number in range(2)]
    connections, refused = [], 0
    for number in range(70):
        connection = Connection(one.dataplane.port)
        connection.send(request(body={"model": "x"}))
        connections.append(connection)
        time.sleep(0.005)
        one.put(tables[number % 2])
        status, text = one.dataplane.admin("/reload", "POST")
        if status == 422:
            refused += 1
            assert b"requests under way" in text
    assert refused > 0
    for connection in connections:
        assert connection.read_answer().status == 200
        connection.close()
    await_that(lambda: "rtbl_tables_held 1" in one.dataplane.metrics())
    before = one.dataplane.status()["generation"]
    await_that(lambda: one.dataplane.status()["generation"] == before + 1, within=13)  # it tries again by itself
    assert one.dataplane.admin("/reload", "POST")[0] == 200


def test_more_signals_than_reloads(scripted, served):
    one = served({"one": scripted()}, production=[("A", "one")])
    for _ in range(2000):
        os.kill(one.dataplane.pid, signal.SIGHUP)
    begin = time.monotonic()
    assert one.dataplane.admin("/readyz")[0] == 200 and time.monotonic() - begin < 2
    assert models(one.dataplane, 2) == "AA"
    one.reload(production=[("B", "one")])
    assert models(one.dataplane, 1) == "B"


def test_a_log_that_nobody_reads_stops_nothing(scripted, served):
    """Its pipe is full after some hundred lines."""
    one = served({"one": scripted()}, production=[("A", "one")])
    other = Dataplane(one.table)
    with subprocess.Popen(other.command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        try:
            await_that(other.is_ready)
            for _ in range(1500):
                assert other.admin("/reload", "POST")[0] == 200
            assert models(other, 2) == "AA"
            said = os.read(process.stderr.fileno(), 1 << 20)
            assert other.admin("/reload", "POST")[0] == 200
            said += os.read(process.stderr.fileno(), 1 << 20)
            assert b"lines were lost here" in said and all(line.startswith(b"dataplane: ") for line in said.splitlines())
        finally:
            process.kill()


def test_an_open_table_is_refused_on_a_public_listener(scripted, served):
    asked = [token_issuer("https://issuer.local", certificate=Key("ES256").pem.decode()), authentication()]
    one = served({"one": scripted()}, args=["--listen", f"0.0.0.0:{free_port()}"], production=[("A", "one")], more=asked)
    one.put(one.compile(production=[("B", "one")]))
    status, reason = one.dataplane.admin("/reload", "POST")
    assert status == 422 and b"default/chat" in reason and b"--allow-open" in reason
    one.put(one.compile(production=[("B", "one")], more=asked))
    assert one.dataplane.admin("/reload", "POST")[0] == 200


@pytest.mark.unsanitized
def test_a_thousand_reloads_under_load(scripted, served, tmp_path):
    """No request fails, every turn of the rotation is given out, and memory stays flat."""
    one = served({"one": scripted(), "two": scripted()}, production=[("A", "one", 5), ("B", "two", 1), ("C", "two", 1)])
    tables = [one.compile(production=[("A", "one", 5), ("B", "two", 1), ("C", "two", 1)], suspend=seconds) for seconds in (60, 61)]
    stop, counts, faults, lock = threading.Event(), {}, [], threading.Lock()

    def client():
        with Connection(one.dataplane.port) as connection:
            while not stop.is_set():
                connection.send(request(body={"model": "x"}))
                got = connection.read_answer()
                with lock:
                    if got.status != 200:
                        faults.append(got)
                    counts[got["x-rtbl-model"]] = counts.get(got["x-rtbl-model"], 0) + 1

    threads = [threading.Thread(target=client) for _ in range(8)]
    for thread in threads:
        thread.start()
    memory = []
    for number in range(1000):
        one.put(tables[number % 2])
        assert one.dataplane.admin("/reload", "POST")[0] == 200
        if number % 100 == 99:
            memory.append(one.dataplane.rss_bytes())
    stop.set()
    for thread in threads:
        thread.join()
    assert not faults
    total = sum(counts.values())
    assert total > 500
    for model, weight in (("A", 5), ("B", 1), ("C", 1)):
        assert abs(counts[model] - total * weight / 7) <= 6, counts
    assert one.dataplane.status()["generation"] >= 1001
    assert max(memory) - memory[0] < 2_000_000, memory

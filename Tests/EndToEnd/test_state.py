"""--state: suspensions and rotation in a file that restarts survive and that processes of one host share."""

import os
import pathlib
import signal
import struct
import subprocess
import time

import pytest

from support.policies import Backend, Chat
from support.programs import Dataplane, compile_table, free_port, run
from support.scripted import answer
from support.waiting import await_that, seconds_of
from support.wire import ask

HEADER = struct.Struct("<8sIIQQQQ")


def limited(request, number):
    return answer(429) if request.model == "A" else answer()


@pytest.fixture
def stateful(stack, tmp_path, scripted):
    """Starts dataplanes on one table, backend and state file."""
    backend, state = scripted(limited), tmp_path / "state"

    def table(**options):
        options = {"production": [("A", "one"), ("B", "one"), ("C", "one")], **options}
        return compile_table(tmp_path, Chat([Backend("one", backend.port)], **options).yaml())

    first = table()

    def start(state=state, table=first):
        return stack.enter_context(Dataplane(table, args=["--state", state]))

    start.state, start.table = state, table
    return start


def models(dataplane, count):
    return "".join(ask(dataplane)["x-rtbl-model"] for _ in range(count))


def kill(dataplane):
    os.kill(dataplane.pid, signal.SIGKILL)
    dataplane.process.wait()


def test_a_suspension_survives_kill_and_restart(stateful):
    one = stateful()
    assert ask(one)["x-rtbl-model"] == "B"  # A said 429
    before = one.targets()["A", "one"]
    assert before["reason"] == "429"
    kill(one)
    two = stateful()
    after = two.targets()["A", "one"]
    assert after["suspended"] and after["reason"] == "429" and after["since"] == before["since"]
    assert abs(seconds_of(after["until"]) - seconds_of(before["until"])) < 0.05
    assert "A" not in models(two, 6)


def test_the_rotation_goes_on_after_a_restart(stateful, scripted, stack, tmp_path):
    table = compile_table(tmp_path, Chat([Backend("one", scripted().port)], production=[("A", "one"), ("B", "one"), ("C", "one")]).yaml())
    turns = ""
    for count in (1, 1, 2, 5):
        one = stateful(table=table)
        turns += models(one, count)
        kill(one)
    assert turns == "ABCABCABC"


def test_two_processes_share(stateful):
    one, two = stateful(), stateful()
    assert ask(one)["x-rtbl-model"] == "B"
    assert two.targets()["A", "one"]["suspended"]
    assert models(two, 1) + models(one, 1) + models(two, 1) + models(one, 1) == "BCBC"
    identifier = two.targets()["A", "one"]["id"]
    assert two.admin(f"/targets/{identifier}/resume", "POST")[0] == 200
    assert not one.targets()["A", "one"]["suspended"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"garbage",
        lambda content: os.urandom(len(content)),
        lambda content: content[:-64],
        lambda content: content + b"\0" * 64,
        lambda content: content[:8] + struct.pack("<I", 99) + content[12:],
        lambda content: content[:40] + struct.pack("<Q", 1 << 32) + content[48:],
        lambda content: content[:4096] + b"\xff" * 8 + content[4104:],
        lambda content: content[:4096] + content[4104:4112] + content[4104:],
    ],
    ids=["empty", "garbage", "random", "short", "long", "version", "count", "key", "twice"],
)
def test_a_damaged_file_is_set_aside(stateful, damage):
    one = stateful()
    assert ask(one)["x-rtbl-model"] == "B"
    kill(one)
    content = damage(stateful.state.read_bytes())
    stateful.state.write_bytes(content)
    two = stateful()
    assert models(two, 1) == "B"  # A is asked again
    aside = pathlib.Path(f"{stateful.state}.damaged")
    assert aside.read_bytes() == content
    assert str(aside) in two.stderr() and "warning" in two.stderr()
    assert stateful.state.stat().st_mode & 0o777 == 0o600


def test_every_damaged_byte_is_survived(stateful):
    """Of the header, of the keys and of the rows in use: set aside or served, never fatal."""
    one = stateful()
    ask(one)
    kill(one)
    sound = stateful.state.read_bytes()
    capacity = HEADER.unpack(sound[:HEADER.size])[2]
    rows = 4096 + 8 * capacity
    places = [*range(0, 48, 3), *range(4096, 4096 + 40, 5), *range(rows, rows + 5 * 64, 13)]
    for place in places:
        stateful.state.write_bytes(sound[:place] + bytes([sound[place] ^ 0x5A]) + sound[place + 1:])
        two = stateful()
        assert ask(two).status == 200
        kill(two)


@pytest.mark.parametrize("end", [0, 100, 4096, 135_168, -64])
def test_a_file_truncated_under_the_process(stateful, end):
    one = stateful()
    assert ask(one)["x-rtbl-model"] == "B"
    os.truncate(stateful.state, end if end >= 0 else stateful.state.stat().st_size + end)
    for _ in range(8):
        assert ask(one).status == 200
    await_that(lambda: "opened anew" in one.stderr())
    await_that(lambda: one.status()["generation"] == 2)
    assert stateful.state.stat().st_size > 1_000_000
    assert ask(one).status == 200
    # what is suspended from now on is kept again
    identifier = one.targets()["C", "one"]["id"]
    assert one.admin(f"/targets/{identifier}/suspend?seconds=60", "POST")[0] == 200
    kill(one)
    assert stateful().targets()["C", "one"]["reason"] == "manual"


def test_a_file_deleted_under_the_process_is_made_anew_with_what_stands(stateful):
    one = stateful()
    assert ask(one)["x-rtbl-model"] == "B"
    stateful.state.unlink()
    await_that(stateful.state.exists)
    await_that(lambda: one.status()["generation"] == 2)
    assert one.targets()["A", "one"]["reason"] == "429"
    kill(one)
    assert stateful().targets()["A", "one"]["reason"] == "429"


def test_after_a_reboot_the_wall_clock_counts(stateful):
    one = stateful()
    assert ask(one)["x-rtbl-model"] == "B"
    before = one.targets()["A", "one"]
    kill(one)
    content = bytearray(stateful.state.read_bytes())
    content[24:40] = os.urandom(16)  # another boot_id
    capacity = HEADER.unpack(content[:HEADER.size])[2]
    for row in range(5):  # and a boot clock that had gone much further
        start = 4096 + 8 * capacity + 64 * row
        if int.from_bytes(content[4096 + 8 * row:4104 + 8 * row], "little") & 7 == 2 and any(content[start:start + 8]):
            content[start:start + 8] = struct.pack("<Q", 1 << 60)
    stateful.state.write_bytes(content)
    after = stateful().targets()["A", "one"]
    assert after["suspended"] and abs(seconds_of(after["until"]) - seconds_of(before["until"])) < 0.1


def test_a_clock_that_was_set_back_over_a_reboot_makes_no_suspension_longer(stateful):
    one = stateful()
    assert ask(one)["x-rtbl-model"] == "B"
    kill(one)
    content = bytearray(stateful.state.read_bytes())
    content[24:40] = os.urandom(16)  # another boot_id
    capacity = HEADER.unpack(content[:HEADER.size])[2]
    later = 3_600_000  # milliseconds: the clock says an hour less than when it was suspended
    for row in range(5):
        start = 4096 + 8 * capacity + 64 * row
        until, since = struct.unpack_from("<QQ", content, start + 8)
        if int.from_bytes(content[4096 + 8 * row:4104 + 8 * row], "little") & 7 == 2 and until:
            struct.pack_into("<QQ", content, start + 8, until + later, since + later)
    stateful.state.write_bytes(content)
    after = stateful().targets()["A", "one"]
    assert after["suspended"] and 0 < seconds_of(after["until"]) - time.time() <= 60


def test_a_table_that_needs_more_room_gets_it_and_others_follow(stateful, stack, tmp_path, scripted):
    one, two = stateful(), stateful()
    assert ask(one)["x-rtbl-model"] == "B"
    size = stateful.state.stat().st_size
    backends = [Backend("one", scripted().port)]
    many = [(f"model-{number}", "one") for number in range(17_000)]
    large = stateful(table=compile_table(tmp_path, Chat(backends, production=many).yaml()))
    assert stateful.state.stat().st_size > size
    await_that(lambda: one.status()["generation"] == 2 and two.status()["generation"] == 2)
    assert large.admin("/readyz")[0] == 200
    assert one.targets()["A", "one"]["reason"] == "429" == two.targets()["A", "one"]["reason"]
    # both are on the new file
    identifier = one.targets()["C", "one"]["id"]
    assert one.admin(f"/targets/{identifier}/suspend?seconds=60", "POST")[0] == 200
    assert two.targets()["C", "one"]["reason"] == "manual"


def test_where_there_can_be_no_such_file(stateful, tmp_path):
    for path in (tmp_path / "absent" / "state", tmp_path):
        done = run("dataplane", "--table", stateful.table(), "--listen", f"127.0.0.1:{free_port()}", "--admin", f"127.0.0.1:{free_port()}", "--state", path)
        assert done.returncode == 73 and str(path) in done.stderr


def test_with_user_the_file_is_that_users(stateful, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    folder = tmp_path / "kept"
    folder.mkdir()
    os.chmod(tmp_path, 0o755)
    for parent in tmp_path.parents:
        if parent != pathlib.Path("/tmp") and parent != pathlib.Path("/"):
            os.chmod(parent, 0o755)
    subprocess.run(["chown", "nobody", folder], check=True)
    table = stateful.table()
    os.chmod(table.parent, 0o755)
    with Dataplane(table, args=["--user", "nobody", "--state", folder / "state"]) as one:
        assert ask(one).status == 200
        assert (folder / "state").owner() == "nobody"

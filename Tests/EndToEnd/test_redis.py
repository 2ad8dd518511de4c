"""Instances that share suspensions and counts of limits through Redis."""

import datetime
import os
import re
import shutil
import statistics
import threading
import time

import pytest

from support.policies import Backend, Chat
from support.programs import ROOT, Dataplane, compile_table, run
from support.redis import Client, Redis
from support.scripted import answer
from support.wire import CHAT, Connection, ask, request
from test_rate_limits import request_limit, token_limit, usage, wait_for_room

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")


@pytest.fixture
def redis(stack):
    return stack.enter_context(Redis())


@pytest.fixture
def table(tmp_path, scripted):
    """A table with models A and B at a backend that answers 429 to the models in `exhausted`."""

    def script(received, number):
        return answer(429, [("Retry-After", str(script.seconds))]) if received.model in script.exhausted else answer()

    script.exhausted, script.seconds = set(), 30
    backend = scripted(script)
    compiled = compile_table(tmp_path, Chat([Backend("one", backend.port)], production=[("A", "one"), ("B", "one")], suspend=10).yaml())
    script.table, script.backend = compiled, backend
    return script


@pytest.fixture
def instance(stack, table):
    def start(redis, *args, wait=True, path=None, **options):
        url = redis if isinstance(redis, str) else redis.url
        dataplane = stack.enter_context(Dataplane(path or table.table, args=("--redis", url, "--workers", "1", *args), **options))
        if wait:
            until(lambda: connected(dataplane))
        return dataplane

    return start


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.002)
    return value


def connected(dataplane):
    return dataplane.status()["redis"]["connected"]


def target(dataplane, model="A"):
    return dataplane.targets()[model, "one"]


def is_suspended(dataplane, model="A"):
    return target(dataplane, model)["suspended"]


def seconds_left(target):
    until = datetime.datetime.fromisoformat(target["until"])
    return (until - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


def metric(dataplane, name):
    return float(re.search(rf"^{re.escape(name)} (\S+)$", dataplane.metrics(), re.M)[1])


def suspend(dataplane, seconds=30, model="A"):
    assert dataplane.admin(f"/targets/{target(dataplane, model)['id']}/suspend?seconds={seconds}", "POST")[0] == 200


def resume(dataplane, model="A"):
    assert dataplane.admin(f"/targets/{target(dataplane, model)['id']}/resume", "POST")[0] == 200


# What is shared


def test_one_sees_the_429_and_all_avoid_the_target(redis, table, instance):
    one, two, three = (instance(redis) for _ in range(3))
    table.exhausted = {"A"}
    assert [ask(one)["x-rtbl-model"] for _ in range(2)] == ["B", "B"]
    until(lambda: is_suspended(two) and is_suspended(three), 1)
    asked = len(table.backend.requests)
    assert {ask(other)["x-rtbl-model"] for other in (two, three) for _ in range(4)} == {"B"}
    assert table.backend.models[asked:] == ["B"] * 8, "nobody asks for A again"
    assert target(one)["reason"] == "429" and target(two)["reason"] == target(three)["reason"] == "shared"
    assert abs(seconds_left(target(two)) - seconds_left(target(one))) < 0.2 and 28 < seconds_left(target(two)) <= 30.1
    assert 'reason="shared"} 1\n' in two.metrics() and 'reason="shared"' not in one.metrics()
    assert metric(one, 'rtbl_redis_messages_total{direction="sent"}') == 1 and metric(two, 'rtbl_redis_messages_total{direction="received"}') == 1
    assert metric(one, 'rtbl_redis_messages_total{direction="received"}') == 0, "its own echo is known"


def test_how_long_it_takes(redis, table, instance, record_property):
    """From the call that suspends to the other's answer that says so, the admin calls included."""
    one, two = instance(redis), instance(redis)
    identifier = target(one)["id"]
    delays = []
    for _ in range(20):
        begin = time.monotonic()
        assert one.admin(f"/targets/{identifier}/suspend?seconds=30", "POST")[0] == 200
        until(lambda: is_suspended(two), 2)
        delays.append(time.monotonic() - begin)
        begin = time.monotonic()
        assert two.admin(f"/targets/{identifier}/resume", "POST")[0] == 200
        until(lambda: not is_suspended(one), 2)
        delays.append(time.monotonic() - begin)
        time.sleep(0.01)
    print(f"median {statistics.median(delays) * 1000:.1f} ms, longest {max(delays) * 1000:.1f} ms")
    assert statistics.median(delays) < 0.1 and max(delays) < 0.5


def test_a_later_end_moves_it_and_an_earlier_one_does_not(redis, instance):
    one, two = instance(redis), instance(redis)
    suspend(one, 20)
    until(lambda: is_suspended(two), 1)
    suspend(two, 60)
    until(lambda: seconds_left(target(one)) > 55, 1)
    assert target(two)["reason"] == "shared" and target(one)["reason"] == "manual", "why it began stays"
    suspend(one, 5)
    time.sleep(0.3)
    assert seconds_left(target(one)) > 55 and seconds_left(target(two)) > 55
    [end] = redis.suspended().values()
    seconds, micros = map(int, redis.call("TIME"))
    assert 55_000 < end - (seconds * 1000 + micros / 1000) <= 60_000, "milliseconds of Redis' own clock"


def test_who_comes_later_reads_what_stands(redis, instance):
    one = instance(redis)
    suspend(one, 30)
    until(lambda: redis.suspended(), 1)
    two = instance(redis)
    assert target(two)["reason"] == "shared" and 27 < seconds_left(target(two)) <= 30
    one.__exit__()
    three = instance(redis)
    assert is_suspended(three), "also from one that has ended"


def test_a_resume_by_hand_holds_everywhere(redis, instance):
    one, two = instance(redis), instance(redis)
    suspend(one, 30)
    until(lambda: is_suspended(two), 1)
    resume(two)
    until(lambda: not is_suspended(one), 1)
    assert redis.suspended() == {} and not is_suspended(instance(redis))
    suspend(one, 30)
    until(lambda: is_suspended(two), 1)


def test_all_ends_by_itself(redis, instance):
    one, two = instance(redis), instance(redis)
    suspend(one, 1)
    until(lambda: is_suspended(two), 1)
    resume(one, "B")
    until(lambda: not is_suspended(two), 2)
    assert redis.call("PTTL", "rtbl:resumed") > 0
    until(lambda: redis.call("EXISTS", "rtbl:suspended") == 0, 2)


def test_tables_share_what_they_have_in_common(redis, table, instance, tmp_path):
    other = compile_table(tmp_path, Chat([Backend("one", table.backend.port)], production=[("A", "one"), ("C", "one")], suspend=10).yaml())
    one, two = instance(redis), instance(redis, path=other)
    suspend(one, 30)
    suspend(one, 30, "B")
    until(lambda: is_suspended(two, "A"), 1)
    assert not is_suspended(two, "C") and set(two.targets()) == {("A", "one"), ("C", "one")}
    # with another table it asks again for what stands
    os.replace(table.table, other)
    assert two.admin("/reload", "POST")[0] == 200
    until(lambda: is_suspended(two, "B"), 2)


def test_databases_are_apart(redis, instance):
    one, two, three = instance(redis), instance(redis.url + "/3"), instance(redis.url + "/3")
    suspend(two, 30)
    until(lambda: is_suspended(three), 1)
    assert not is_suspended(one) and redis.suspended() == {}


def test_over_a_unix_socket(stack, tmp_path, instance):
    path = tmp_path / "redis.sock"
    redis = stack.enter_context(Redis("--unixsocket", str(path)))
    one, two = instance(f"unix:{path}"), instance(f"redis://localhost:{redis.port}")  # a name is looked up within the sandbox
    suspend(one, 30)
    until(lambda: is_suspended(two), 1)


def test_a_thousand_at_once(redis, scripted, stack, tmp_path):
    models = [(f"m{number}", "one") for number in range(1000)]
    backend = scripted(lambda received, number: answer(429, [("Retry-After", "60")]) if received.model.startswith("m") else answer())
    path = compile_table(tmp_path, Chat([Backend("one", backend.port)], production=models, suspend=60).yaml())
    one, two = (stack.enter_context(Dataplane(path, args=("--redis", redis.url, "--workers", "1"))) for _ in range(2))
    until(lambda: connected(one) and connected(two))
    redis.pause()  # nothing drains: the ring and the commands on their way fill up
    threads = [threading.Thread(target=ask_often, args=(one, 120)) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    # of requests at the same time two may find the same target
    until(lambda: set(ask_often(one, 20)) == {503}, 5)
    assert sum(is_on["suspended"] for is_on in one.targets().values()) == 1000 and not any(is_on["suspended"] for is_on in two.targets().values())
    redis.go_on()
    until(lambda: sum(is_on["suspended"] for is_on in two.targets().values()) == 1000, 8)
    assert len(redis.suspended()) == 1000 and connected(one)


def ask_often(dataplane, count, pause=0.0, times=None):
    statuses = []
    with Connection(dataplane.port) as connection:
        for _ in range(count):
            begin = time.monotonic()
            statuses.append(connection.ask(request(body=CHAT)).status)
            if times is not None:
                times.append(time.monotonic() - begin)
            time.sleep(pause)
    return statuses


# Redis away


def test_killed_and_back_with_nothing(redis, table, instance):
    one, two = instance(redis), instance(redis)
    suspend(one, 60, "B")
    until(lambda: is_suspended(two, "B"), 1)
    redis.kill()
    until(lambda: not connected(one) and not connected(two), 2)
    assert [ask(one).status for _ in range(5)] == [200] * 5
    table.exhausted = {"A"}
    resume(one, "B")  # meant for two as well, as soon as it can be told
    assert [ask(one)["x-rtbl-model"] for _ in range(2)] == ["B"] * 2 and target(one)["reason"] == "429", "the suspension holds here"
    assert not is_suspended(two) and is_suspended(two, "B")
    redis.start()
    until(lambda: is_suspended(two) and not is_suspended(two, "B"), 8)
    assert set(redis.suspended()) == {target(one)["id"]}
    assert "Connection refused" in one.status()["redis"]["lastError"] or "closed" in one.status()["redis"]["lastError"]
    for dataplane in (one, two):
        assert dataplane.stderr().count("hold here alone until it is back") == 1 and dataplane.stderr().count("are shared through") == 2


def test_what_one_has_comes_back_from_the_other(redis, instance):
    one, two = instance(redis), instance(redis)
    suspend(one, 60)
    until(lambda: is_suspended(two), 1)
    redis.kill()
    one.__exit__()  # who found it is gone, and so is Redis' memory
    redis.start()
    until(lambda: target(two)["id"] in redis.suspended(), 8)
    assert is_suspended(instance(redis))


def test_a_resume_that_was_missed_is_not_undone(redis, stack, instance):
    one, two = instance(redis), instance(redis)
    suspend(one, 60)
    until(lambda: is_suspended(two), 1)
    os.kill(two.pid, 19)  # two sees nothing of it
    stack.callback(lambda: two.process.poll() is None and os.kill(two.pid, 18))
    redis.call("CLIENT", "KILL", "TYPE", "pubsub")
    until(lambda: connected(one), 5)
    time.sleep(0.5)
    resume(one)
    until(lambda: redis.suspended() == {}, 2)
    os.kill(two.pid, 18)
    until(lambda: not is_suspended(two), 8)
    time.sleep(0.5)
    assert not is_suspended(one) and redis.suspended() == {}


def test_started_without_redis(stack, instance):
    redis = Redis()
    one = instance(redis, wait=False)
    suspend(one, 60)
    until(lambda: one.status()["redis"]["lastError"], 2)
    state = one.status()["redis"]
    assert state["connected"] is False and state["since"] is None and "refused" in state["lastError"] and state["lagMillis"] is None
    assert metric(one, "rtbl_redis_connected") == 0 and metric(one, "rtbl_redis_errors_total") >= 1
    stack.enter_context(redis)
    until(lambda: connected(one), 8)
    until(lambda: redis.suspended(), 1)
    assert metric(one, "rtbl_redis_connected") == 1


@pytest.mark.parametrize("how", ["stop", "sleep"])
def test_a_pause_disturbs_no_request(redis, table, instance, stack, how):
    """Beside one that shares nothing, asked at the same time: whatever else this machine does, it does to both."""
    one, two = instance(redis), instance(redis)
    alone = stack.enter_context(Dataplane(table.table, args=("--workers", "1")))
    times = {one: [], alone: []}
    if how == "stop":
        redis.pause()
        threading.Timer(3, redis.go_on).start()
    else:
        threading.Thread(target=lambda: Client(redis.port).call("DEBUG", "SLEEP", 3)).start()
    time.sleep(0.1)
    table.exhausted, end = {"A"}, time.monotonic() + 2.5
    while time.monotonic() < end:
        for dataplane, taken in times.items():
            assert set(ask_often(dataplane, 5, 0.002, taken)) == {200}
    assert is_suspended(one) and not is_suspended(two)
    until(lambda: is_suspended(two), 4)
    assert connected(one) and connected(two), "a pause of three seconds is waited out"
    shared, unshared = ([statistics.quantiles(times[dataplane], n=100)[place] * 1000 for place in (49, 98)] for dataplane in (one, alone))
    print(f"median and p99: {shared[0]:.2f} and {shared[1]:.2f} ms of {len(times[one])}, without Redis {unshared[0]:.2f} and {unshared[1]:.2f} ms")
    assert shared[0] < 2 * unshared[0] + 1 and shared[1] < 3 * unshared[1] + 20


def test_a_long_pause_is_a_loss_and_is_made_good(redis, table, instance):
    one, two = instance(redis), instance(redis)
    redis.pause()
    suspend(one, 60)
    until(lambda: one.status()["redis"]["lagMillis"] > 1000, 4)
    until(lambda: not connected(one), 9)
    assert ask(one)["x-rtbl-model"] == "B"
    redis.go_on()
    until(lambda: is_suspended(two), 12)


def test_the_end_does_not_wait_for_redis(redis, instance):
    one, two = instance(redis), instance("redis://192.0.2.1:6379", wait=False)
    redis.pause()
    suspend(one, 60)
    for dataplane in (one, two):
        begin = time.monotonic()
        dataplane.process.terminate()
        assert dataplane.process.wait(5) == 0 and time.monotonic() - begin < 2


# Redis refuses


def test_a_password(stack, tmp_path, instance):
    redis = stack.enter_context(Redis(password="tricky secret"))
    file = tmp_path / "redis-url"
    file.write_text(f"redis://:tricky%20secret@127.0.0.1:{redis.port}\n")
    one, two = instance(f"file:{file}"), instance(f"redis://default:tricky%20secret@127.0.0.1:{redis.port}")
    suspend(one, 30)
    until(lambda: is_suspended(two), 1)
    seen = [one.stderr(), two.stderr(), one.admin("/status")[1].decode(), two.admin("/status")[1].decode(), two.metrics()]
    assert not any("secret" in text for text in seen)
    assert "every user of this machine can see" in two.stderr() and "every user" not in one.stderr()
    # a new password in the file is taken at the next connection
    redis.call("CONFIG", "SET", "requirepass", "another secret")
    redis.password = "another secret"
    redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    until(lambda: not connected(one), 5)
    file.write_text(f"redis://:another%20secret@127.0.0.1:{redis.port}\n")
    until(lambda: connected(one), 8)
    assert "WRONGPASS" in one.status()["redis"]["lastError"] or "closed" in one.status()["redis"]["lastError"]


def test_a_wrong_password(stack, instance):
    redis = stack.enter_context(Redis(password="right"))
    one = instance(f"redis://:wr0ng@127.0.0.1:{redis.port}", wait=False)
    state = until(lambda: (state := one.status()["redis"])["lastError"] and state, 2)
    assert state["connected"] is False and "WRONGPASS" in state["lastError"] and "wr0ng" not in one.stderr()
    none = instance(f"redis://127.0.0.1:{redis.port}", wait=False)
    until(lambda: "NOAUTH" in (none.status()["redis"]["lastError"] or ""), 2)
    assert [ask(dataplane).status for dataplane in (one, none) for _ in range(3)] == [200] * 6
    time.sleep(1)
    assert one.stderr().count("refuses the user or the password") == 1, "said once"


def test_a_user_with_few_rights(redis, table, instance):
    """Those that the README names."""
    rights = "~rtbl:* &rtbl:* +@sortedset +eval +get +set +del +type +pexpire +time +publish +subscribe +select +ping"
    assert f"`{rights}`" in (ROOT / "README.md").read_text()
    redis.call("ACL", "SETUSER", "rt", "on", ">pw", *rights.split())
    one, two = instance(f"redis://rt:pw@127.0.0.1:{redis.port}/2"), instance(f"redis://rt:pw@127.0.0.1:{redis.port}/2")
    suspend(one, 30)
    until(lambda: is_suspended(two), 1)
    resume(two)
    until(lambda: not is_suspended(one), 1)
    assert one.status()["redis"]["lastError"] is None and two.status()["redis"]["lastError"] is None
    redis.call("ACL", "SETUSER", "rt", "-eval")
    suspend(one, 30)
    until(lambda: "NOPERM" in (one.status()["redis"]["lastError"] or ""), 2)


def test_no_memory_left_in_redis(redis, instance):
    one, two = instance(redis), instance(redis)
    redis.call("CONFIG", "SET", "maxmemory", "1")
    suspend(one, 60)
    until(lambda: is_suspended(two), 1)  # it is told, though it does not stand
    until(lambda: "OOM" in (one.status()["redis"]["lastError"] or ""), 2)
    assert connected(one) and redis.suspended() == {}
    redis.call("CONFIG", "SET", "maxmemory", "0")
    until(lambda: redis.suspended(), 12)


def test_a_replica_that_cannot_be_written(redis, stack, instance):
    one = instance(redis)
    with Redis() as other:
        redis.call("REPLICAOF", "127.0.0.1", other.port)
        suspend(one, 60)
        until(lambda: "READONLY" in (one.status()["redis"]["lastError"] or ""), 15)
        assert ask(one)["x-rtbl-model"] == "B"
        time.sleep(3)
        assert one.stderr().count("READONLY") == 1, "said once, though it comes and goes"
        redis.call("REPLICAOF", "NO", "ONE")
        until(lambda: redis.suspended(), 15)


GARBAGE = [
    b"", b"hello", b"1", b"\x00\xff" * 100, b"1 0123456789abcdef s", b"1 0123456789abcdef s 0123456789abcdef", b"1 0123456789ABCDEF s 0123456789abcdef 1",
    b"1 0123456789abcdef x 0123456789abcdef 1", b"2 0123456789abcdef s 0123456789abcdef 1", b"1 0123456789abcdef s 0123456789abcdef 99999999999999",
    b"1 0123456789abcdef s 0123456789abcdef -1", b"x" * 1_000_000,
]


def test_garbage_in_the_channel(redis, instance):
    one, two = instance(redis), instance(redis)
    for garbage in GARBAGE:
        assert redis.call("PUBLISH", "rtbl:suspensions:0", garbage) == 2
    # one of ours, for a target that nobody has
    redis.call("PUBLISH", "rtbl:suspensions:0", b"1 0123456789abcdef s 0123456789abcdef 60000")
    suspend(one, 30)
    until(lambda: is_suspended(two), 1)
    assert metric(one, "rtbl_redis_errors_total") == len(GARBAGE) and connected(one)
    assert not is_suspended(two, "B")


def test_garbage_in_the_keys(redis, instance):
    redis.call("SET", "rtbl:suspended", "something")
    redis.call("LPUSH", "rtbl:resumed", "something")
    one, two = instance(redis), instance(redis)
    suspend(one, 30)
    until(lambda: is_suspended(two), 1)
    assert set(redis.suspended()) == {target(one)["id"]}
    assert "held something else and were made anew" in one.stderr()
    b = target(one, "B")["id"]
    for score, member in [("inf", b), ("1e300", "x" * 1000), ("-inf", b""), ("12345", b"\xff\x00"), ("1e17", "0123456789abcdef")]:
        redis.call("ZADD", "rtbl:suspended", score, member)
    three = instance(redis)
    assert is_suspended(three) and not is_suspended(three, "B"), "an end that no suspension has is none"
    suspend(one, 30, "B")
    until(lambda: is_suspended(three, "B"), 1)
    assert set(redis.suspended()) == {target(one)["id"], b}, "what is none of ours is gone"


def test_no_end_of_a_message(redis, instance):
    """A message that would fill the memory ends the connection, not the process."""
    one = instance(redis)
    before = one.rss_bytes()
    for _ in range(3):
        redis.call("PUBLISH", "rtbl:suspensions:0", b"x" * 20_000_000)
    until(lambda: "larger than" in (one.status()["redis"]["lastError"] or ""), 5)
    assert one.rss_bytes() - before < 40_000_000
    until(lambda: connected(one), 8)


# The command line


@pytest.mark.parametrize(
    "url, said",
    [
        ("rediss://h3ost", "no TLS"),
        ("http://h3ost", "is needed"),
        ("redis://user:s3cret@h3ost:99999", "is needed"),
        ("redis://s3cret@h3ost", "user:password"),
        ("redis://:s3cret@h3ost/x", "the database is a number"),
    ],
)
def test_wrong_urls(table, url, said):
    ended = run("dataplane", "--table", table.table, "--redis", url)
    assert ended.returncode == 64 and said in ended.stderr and "s3cret" not in ended.stderr


def test_a_missing_file(table, tmp_path):
    ended = run("dataplane", "--table", table.table, "--redis", f"file:{tmp_path}/none")
    assert ended.returncode == 66 and "cannot read" in ended.stderr


def test_without_it_nothing_is_there(serve, scripted):
    dataplane = serve({"one": scripted()}, production=[("A", "one")])
    assert dataplane.status()["redis"] is None and "rtbl_redis" not in dataplane.metrics()


# Limits


@pytest.fixture
def limited(stack, tmp_path, redis):
    """Two dataplanes with these limits and, unless it is said otherwise, one Redis."""

    def start(backend, limits, count=2, args=(), **options):
        wait_for_room(20)
        chat = Chat([Backend("one", backend.port)], **options)
        path = compile_table(tmp_path, "\n---\n".join([chat.yaml(), *limits]))
        instances = [stack.enter_context(Dataplane(path, args=("--redis", redis.url, "--workers", "1", *args))) for _ in range(count)]
        until(lambda: all(map(connected, instances)))
        return instances

    return start


def test_a_limit_is_one_for_all(scripted, limited):
    """Each asks 50 times a second: with an exchange every 100 ms, of a limit of 100 both together may have 100, and what each
    lets through in one interval and the way: 2 × 50/s × 0.2 s."""
    backend = scripted()
    instances = limited(backend, [request_limit(100)], production=[("A", "one")])
    results = []
    threads = [threading.Thread(target=lambda one=one: results.append(ask_often(one, 120, 0.02))) for one in instances]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    passed = [statuses.count(200) for statuses in results]
    print(f"let through {passed}")
    assert 100 <= sum(passed) <= 120 and min(passed) >= 30 and len(backend.requests) == sum(passed)
    assert {status for statuses in results for status in statuses} == {200, 429}


def test_who_comes_later_finds_the_limit_used_up(scripted, limited, redis, stack, tmp_path):
    backend = scripted()
    one, two = limited(backend, [request_limit(5)], production=[("A", "one")])
    assert [ask(one).status for _ in range(6)] == [200] * 5 + [429]
    until(lambda: redis.call("KEYS", "rtbl:count:*"), 1)
    [key] = redis.call("KEYS", "rtbl:count:*")
    assert redis.call("GET", key) == b"5" and 0 < redis.call("PTTL", key) <= 71_000
    time.sleep(1.3)  # an instance that has counted nothing asks once a second
    assert ask(two).status == 429 and len(backend.requests) == 5


def test_tokens_used_up_elsewhere(scripted, limited):
    backend = scripted(lambda received, number: answer(body=usage(30, 40)))
    one, two = limited(backend, [token_limit(totalTokenCount=100)], production=[("A", "one")])
    assert [ask(one).status for _ in range(2)] == [200, 200]
    until(lambda: target(two)["reason"] == "limit", 2)
    assert ask(two).status == 429 and len(backend.requests) == 2


def test_counts_without_redis_and_after(scripted, limited, redis):
    backend = scripted()
    one, two = limited(backend, [request_limit(10)], production=[("A", "one")])
    assert [ask(one).status for _ in range(3)] == [200] * 3
    time.sleep(1.3)
    redis.kill()
    until(lambda: not connected(one) and not connected(two), 2)
    assert [ask(one).status for _ in range(8)] == [200] * 7 + [429], "each counts on for itself"
    assert [ask(two).status for _ in range(2)] == [200] * 2
    redis.start()
    until(lambda: connected(one) and connected(two), 8)
    until(lambda: (keys := redis.call("KEYS", "rtbl:count:*")) and redis.call("GET", keys[0]) == b"12", 3)  # 3 that both knew, 7, 2
    until(lambda: ask(two).status == 429, 2)


def test_garbage_counts(scripted, limited, redis):
    backend = scripted()
    one, two = limited(backend, [request_limit(100)], production=[("A", "one")])
    assert ask(one).status == 200
    [key] = until(lambda: redis.call("KEYS", "rtbl:count:*"), 1)
    for number, garbage in enumerate([b"many", b"-5", b"1e300", b"nan", b"inf", b"\xff\x00", b""]):
        redis.call("SET", key, garbage)
        assert ask(one).status == 200
        until(lambda: redis.call("GET", key) == b"%d" % (number + 2), 2)
    time.sleep(1.3)  # both know all of them
    redis.call("DEL", key)
    redis.call("LPUSH", key, "x")
    assert ask(two).status == 200
    until(lambda: redis.call("TYPE", key) == b"string" and redis.call("GET", key) == b"9", 2)
    assert metric(one, "rtbl_redis_errors_total") + metric(two, "rtbl_redis_errors_total") >= 8


def test_processes_that_share_a_state_file_count_once(scripted, limited, redis, tmp_path):
    backend = scripted()
    one, two = limited(backend, [request_limit(100)], args=("--state", str(tmp_path / "state")), production=[("A", "one")])
    assert [ask(dataplane).status for dataplane in (one, two) for _ in range(3)] == [200] * 6
    [key] = until(lambda: redis.call("KEYS", "rtbl:count:*"), 1)
    time.sleep(1.5)
    assert redis.call("GET", key) == b"6"
    one.__exit__()
    time.sleep(1.2)
    assert ask(two).status == 200
    until(lambda: redis.call("GET", key) == b"7", 3)

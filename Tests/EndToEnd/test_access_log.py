"""--access-log: one line for each request, whatever became of it and whatever the file does."""

import contextlib
import datetime
import json
import os
import re
import select
import signal
import subprocess
import threading
import time

import pytest

from support.access_log import parse, wait_for
from support.identity import ISSUER, Key, token
from support.policies import authentication, token_issuer
from support.programs import binary, free_port
from support.scripted import Hang, Reset, Wait, answer, stream
from support.wire import CHAT, Connection, ask, request

USAGE = {"id": "x", "choices": [{"message": {"content": 'says "usage":{"prompt_tokens":99}'}}], "usage": {"prompt_tokens": 12, "completion_tokens": 34, "total_tokens": 46}}
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def logged(serve, tmp_path):
    """logged({"one": backend}, …): a dataplane, and the file of its access log."""

    def start(backends, args=("--workers", "2"), path=None, **options):
        path = path or tmp_path / "access.log"
        return serve(backends, args=[*args, "--access-log", path], **options), path

    return start


def counted(dataplane):
    """All requests of rtbl_requests_total."""
    return sum(int(line.rsplit(" ", 1)[1]) for line in dataplane.metrics().splitlines() if line.startswith("rtbl_requests_total{"))


def value(dataplane, name):
    return int(re.search(rf"^{name} (\d+)$", dataplane.metrics(), re.M)[1])


def test_what_a_line_says(scripted, logged):
    backend = scripted(lambda received, number: [Wait(0.05), answer(body=USAGE)])
    dataplane, path = logged({"one": backend}, production=[("gpt-4o", "one")])
    before = time.time()
    body = {"model": "any", "messages": []}
    assert ask(dataplane, body=body, headers=[("traceparent", TRACE), ("tracestate", "a=b")]).status == 200
    (line,) = wait_for(path, 1)
    began = datetime.datetime.fromisoformat(line.pop("time"))
    assert began.tzinfo is not None and abs(began.timestamp() - before) < 5
    duration, overhead, first = (line.pop(name) for name in ("duration", "overhead", "rtbl.upstream.time_to_first_byte"))
    assert 0.05 <= first <= duration < 5 and 0 < overhead < 0.05
    pool = dataplane.status()["pools"][0]
    assert line == {
        "client.address": "127.0.0.1",
        "http.request.method": "POST",
        "server.address": "chat.local",
        "url.path": "/chat/1.0/chat/completions",
        "trace_id": TRACE[3:35],
        "span_id": TRACE[36:52],
        "http.response.status_code": 200,
        "http.request.body.size": len(json.dumps(body)),
        "http.response.body.size": len(json.dumps(USAGE)),
        "rtbl.api": pool["api"],
        "rtbl.environment": "production",
        "rtbl.pool": pool["id"],
        "rtbl.target": pool["targets"][0]["id"],
        "gen_ai.request.model": "gpt-4o",
        "rtbl.backend": pool["targets"][0]["backend"],
        "rtbl.attempts": 1,
        "rtbl.upstream.status_code": 200,
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 34,
        "rtbl.usage.total_tokens": 46,
    }


def test_every_request_of_a_mixed_run_has_one_line(scripted, logged):
    def script(received, number):
        if b'"stream"' in received.body:
            return stream([b'data: {"choices":[]}\n\n', b'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":6}}\n\n', b"data: [DONE]\n\n"])
        if b'"cut"' in received.body:
            return [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", Wait(0.1), Reset()]
        return answer(body=USAGE)

    busy = scripted(lambda received, number: answer(429, [("Retry-After", "30")], {}))
    dataplane, path = logged({"one": scripted(script), "busy": busy}, production=[("A", "busy"), ("B", "one")], args=("--workers", "2", "--max-body", "4000"))
    expected = {}

    def expect(status, error=None):
        expected[status, error] = expected.get((status, error), 0) + 1

    for number in range(40):
        assert ask(dataplane).status == 200
        expect(200)
    assert ask(dataplane, body={"model": "m", "stream": True}).status == 200
    expect(200)
    assert ask(dataplane, path="/none").status == 404
    expect(404, "route_not_found")
    assert ask(dataplane, body=b"[]").status == 400
    expect(400, "invalid_json")
    assert ask(dataplane, body=b"x" * 5000).status == 413
    expect(413, "request_too_large")
    with Connection(dataplane.port) as connection:
        assert connection.ask(b"GET / HTTP/1.1\nHost: x\r\n\r\n", "GET").status == 400
    expect(400, "malformed_request")
    with Connection(dataplane.port) as connection:
        pipelined = request(path="/none") + request(path="/none?two") + request(method="OPTIONS", path="*")
        assert [connection.ask(pipelined if n == 0 else b"", "POST" if n < 2 else "OPTIONS").status for n in range(3)] == [404, 404, 204]
    expect(404, "route_not_found"), expect(404, "route_not_found"), expect(204)
    with Connection(dataplane.port) as connection:
        connection.send(request(body={"model": "m", "x": "cut"}))
        assert connection.read_head().status == 200
        with contextlib.suppress(ConnectionResetError):
            assert connection.stream.read() == b"half", "the answer ends before its 100 bytes"
    expect(200, "bad_gateway")
    lines = wait_for(path, sum(expected.values()))
    found = {}
    for line in lines:
        key = line["http.response.status_code"], line.get("error.type")
        found[key] = found.get(key, 0) + 1
    assert found == expected
    assert counted(dataplane) == len(lines)
    suspended = [line for line in lines if "rtbl.suspension" in line]
    assert [(line["rtbl.suspension"], line["rtbl.attempts"], line["gen_ai.request.model"]) for line in suspended] == [("429", 2, "B")]
    streamed = [line for line in lines if line.get("gen_ai.usage.input_tokens") == 5]
    assert [line["gen_ai.usage.output_tokens"] for line in streamed] == [6] and "rtbl.usage.total_tokens" not in streamed[0]
    malformed = [line for line in lines if line.get("error.type") == "malformed_request"]
    assert malformed[0]["client.address"] == "127.0.0.1" and "url.path" not in malformed[0] and "rtbl.target" not in malformed[0]


def test_a_client_that_goes_before_its_answer(scripted, logged):
    dataplane, path = logged({"one": scripted(lambda received, number: [Hang()])}, production=[("A", "one")])
    connection = Connection(dataplane.port)
    connection.send(request(body=CHAT))
    time.sleep(0.2)
    connection.socket.setsockopt(1, 13, b"\x01\0\0\0\0\0\0\0")  # SO_LINGER 0: a reset
    connection.close()
    (line,) = wait_for(path, 1)
    assert (line["http.response.status_code"], line["error.type"], line["rtbl.attempts"]) == (499, "client_closed_request", 1)
    assert line["duration"] >= 0.15


def test_strange_bytes_stay_within_their_line(scripted, logged):
    dataplane, path = logged({"one": scripted()}, production=[("A", "one")], args=("--workers", "1"))
    asked = [("QUERY-\u007c!", "/a%22%0a%00"), ("POST", '/"quoted\\x'), ("POST", "/%ff"), ("POST", "/" + "p" * 7000)]
    for method, target in asked:
        with Connection(dataplane.port) as connection:
            connection.send(f"{method} {target} HTTP/1.1\r\nHost: chat.local\r\nContent-Length: 0\r\n\r\n".encode())
            assert connection.read_head().status >= 400
    lines = wait_for(path, len(asked))
    paths = [line.get("url.path") for line in lines]
    assert paths[0] == "/a%22%0a%00" and lines[0]["http.request.method"] == "QUERY-|!"
    assert paths[3].endswith("…") and len(paths[3]) > 4000


def test_secrets_are_in_no_line(scripted, stack, tmp_path, serve):
    key = Key("RS256")
    secrets = tmp_path / "secrets/provider"
    secrets.mkdir(parents=True)
    (secrets / "key").write_text("canary-credential")
    more = [
        token_issuer(ISSUER, certificate=json.dumps({"keys": [key.jwk()]})),
        authentication(oauth2={}, apiKey=[{"in": "Query", "name": "apikey"}, {"in": "Header", "name": "X-Key"}]),
    ]
    path = tmp_path / "access.log"
    backend = scripted()
    dataplane = serve(
        {"one": backend}, args=["--workers", "1", "--access-log", path, "--secrets", tmp_path / "secrets"], credentials={"one": ("provider", "key", "Authorization")},
        production=[("A", "one")], more=more)
    good, bad = token(key, sub='somebody "quoted"'), "canary-token"
    assert ask(dataplane, headers=[("Authorization", f"Bearer {good}")]).status == 200
    assert ask(dataplane, path=f"/chat/1.0/chat/completions?apikey={good}").status == 200
    assert ask(dataplane, path=f"/chat/1.0/chat/completions?apikey={bad}").status == 401
    assert ask(dataplane, headers=[("X-Key", bad), ("Cookie", "canary-cookie")], body=b'{"canary-body":1}').status == 401
    assert ask(dataplane, path="/none?canary-query").status == 404
    lines = wait_for(path, 5)
    assert [line.get("rtbl.authentication") for line in lines] == ["passed", "passed", "malformed", "malformed", None]
    assert [line.get("enduser.id") for line in lines] == ['somebody "quoted"'] * 2 + [None] * 3
    for output in (path.read_text(), dataplane.stderr(), dataplane.metrics(), json.dumps(dataplane.status())):
        assert "canary" not in output and "apikey" not in output
        assert not any(part in output for part in good.split("."))


@pytest.mark.parametrize("fields", [
    [("traceparent", TRACE), ("tracestate", "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7")],
    [("TraceParent", TRACE), ("tracestate", "a=1"), ("tracestate", "b=2")],
    [("traceparent", "00-zz-not-valid")],
    [("traceparent", TRACE), ("traceparent", TRACE)],
])
def test_trace_context_passes_on_unchanged(scripted, logged, fields):
    backend = scripted()
    dataplane, path = logged({"one": backend}, production=[("A", "one")])
    assert ask(dataplane, headers=fields).status == 200
    assert [(name, text) for name, text in backend.requests[0].headers if name.lower().startswith("trace")] == fields
    (line,) = wait_for(path, 1)
    isValid = [text for name, text in fields if name.lower() == "traceparent"] == [TRACE]
    assert (line.get("trace_id"), line.get("span_id")) == ((TRACE[3:35], TRACE[36:52]) if isValid else (None, None))


def test_sighup_goes_on_in_the_file_that_has_the_name_now(scripted, logged, tmp_path):
    dataplane, path = logged({"one": scripted()}, production=[("A", "one")])
    assert path.stat().st_mode & 0o777 == 0o640 & ~current_umask()
    assert ask(dataplane).status == 200
    wait_for(path, 1)
    earlier = tmp_path / "access.log.1"
    path.rename(earlier)
    assert ask(dataplane).status == 200
    wait_for(earlier, 2)
    dataplane.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 5
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.2)
    assert ask(dataplane).status == 200
    assert len(wait_for(path, 1)) == 1 and len(parse(earlier.read_text())) == 2


def current_umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_file_that_cannot_be_opened_again_leaves_the_old_one(scripted, logged, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    dataplane, path = logged({"one": scripted()}, production=[("A", "one")], path=folder / "access.log")
    moved = tmp_path / "moved"
    folder.rename(moved)
    dataplane.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 5
    while "goes on where it was" not in dataplane.stderr():
        assert time.monotonic() < deadline, dataplane.stderr()
        time.sleep(0.01)
    assert ask(dataplane).status == 200
    wait_for(moved / "access.log", 1)


def test_reopening_under_load_loses_and_doubles_nothing(scripted, logged, tmp_path):
    dataplane, path = logged({"one": scripted()}, production=[("A", "one")])
    done = []

    def load():
        with Connection(dataplane.port) as connection:
            for number in range(300):
                assert connection.ask(request(body=CHAT)).status == 200
                done.append(number)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(10):
        time.sleep(0.03)
        path.rename(tmp_path / f"access.log.{number}")
        dataplane.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 5
        while not path.exists():
            assert time.monotonic() < deadline
            time.sleep(0.002)
    for thread in threads:
        thread.join()
    dataplane.process.send_signal(signal.SIGTERM)
    assert dataplane.process.wait(timeout=10) == 0
    lines = [line for file in [path, *tmp_path.glob("access.log.*")] for line in parse(file.read_text())]
    assert len(lines) == len(done) == 1200


def test_the_last_requests_are_in_the_file(scripted, logged):
    backend = scripted(lambda received, number: [Wait(0.3), answer()])
    dataplane, path = logged({"one": backend}, production=[("A", "one")])
    connections = [Connection(dataplane.port) for _ in range(8)]
    for connection in connections:
        connection.send(request(body=CHAT))
    time.sleep(0.1)
    dataplane.process.send_signal(signal.SIGTERM)
    for connection in connections:
        assert connection.read_answer().status == 200
        connection.close()
    assert dataplane.process.wait(timeout=10) == 0
    assert [line["http.response.status_code"] for line in parse(path.read_text())] == [200] * 8


def test_requests_that_the_drain_timeout_cuts_are_in_the_file(scripted, logged):
    backend = scripted(lambda received, number: stream([b"data: x\n\n"] * 100, delay=0.5) if number == 0 else [Hang()])
    dataplane, path = logged({"one": backend}, production=[("A", "one")], args=("--workers", "2", "--drain-timeout", "1"))
    with Connection(dataplane.port) as streaming, Connection(dataplane.port) as waiting:
        streaming.send(request(body=CHAT))
        assert streaming.read_head().status == 200
        waiting.send(request(body=CHAT))
        time.sleep(0.2)
        dataplane.process.send_signal(signal.SIGTERM)
        assert dataplane.process.wait(timeout=5) == 0
    lines = parse(path.read_text())
    assert sorted((line["http.response.status_code"], line["error.type"]) for line in lines) == [(200, "shutdown"), (503, "shutdown")]


def test_standard_output(scripted, serve):
    dataplane = serve({"one": scripted()}, args=["--access-log", "-"], production=[("A", "one")])
    assert ask(dataplane).status == ask(dataplane).status == 200
    deadline = time.monotonic() + 5
    while dataplane.stdout().count("\n") < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    dataplane.process.send_signal(signal.SIGHUP)
    assert ask(dataplane).status == 200
    dataplane.process.send_signal(signal.SIGTERM)
    assert dataplane.process.wait(timeout=10) == 0
    assert len(parse(dataplane.stdout())) == 3


def read_lines(file, count, seconds=10):
    """So many lines out of a pipe."""
    text, deadline = b"", time.monotonic() + seconds
    while text.count(b"\n") < count:
        assert time.monotonic() < deadline, f"{text.count(chr(10).encode())} lines of {count}"
        if select.select([file], [], [], 0.1)[0]:
            text += os.read(file, 1 << 16)
    return text


def test_a_pipe_that_nobody_empties(scripted, logged, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    dataplane, _ = logged({"one": scripted()}, production=[("A", "one")], path=fifo, args=("--workers", "1"))
    count = 4000
    slowest = 0
    with Connection(dataplane.port) as connection:
        for _ in range(count):
            begin = time.monotonic()
            assert connection.ask(request(path="/" + "n" * 600)).status == 404
            slowest = max(slowest, time.monotonic() - begin)
    assert slowest < 1
    time.sleep(0.3)  # an answer may be here before its line is lost
    lost = value(dataplane, "rtbl_access_log_lost_total")
    assert 0 < lost < count
    text = read_lines(reader, count - lost)
    assert ask(dataplane).status == 200
    text += read_lines(reader, 1)
    lines = parse(text.decode())
    assert len(lines) == count - lost + 1 and lines[-1]["http.response.status_code"] == 200
    assert value(dataplane, "rtbl_access_log_lost_total") == lost
    os.close(reader)


def test_a_reader_that_goes_and_comes_back(scripted, logged, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    dataplane, _ = logged({"one": scripted()}, production=[("A", "one")], path=fifo)
    os.close(reader)
    for _ in range(3):
        assert ask(dataplane).status == 200
        time.sleep(0.1)
    deadline = time.monotonic() + 5
    while value(dataplane, "rtbl_access_log_errors_total") == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with open(fifo, "rb") as back:
        lines = b"".join(back.readline() for _ in range(3))
    assert len(parse(lines.decode())) == 3
    assert dataplane.stderr().count("the access log cannot be written") == 1, dataplane.stderr()


def test_a_full_disk(scripted, logged):
    dataplane, _ = logged({"one": scripted()}, production=[("A", "one")], path="/dev/full")
    for _ in range(30):
        assert ask(dataplane).status == 200
    time.sleep(2.5)
    assert value(dataplane, "rtbl_access_log_errors_total") >= 2
    assert dataplane.stderr().count("the access log cannot be written") == 1, dataplane.stderr()
    dataplane.process.send_signal(signal.SIGTERM)
    assert dataplane.process.wait(timeout=5) == 0


@pytest.mark.parametrize("path, why", [("missing/access.log", "No such file"), (".", "Is a directory"), ("fifo", "nobody reads")])
def test_a_file_that_cannot_be_written_at_the_start(scripted, serve, tmp_path, path, why):
    table = next(iter(serve({"one": scripted()}, production=[("A", "one")]).command[i + 1] for i in [1]))
    os.mkfifo(tmp_path / "fifo")
    command = [binary("dataplane"), "--table", table, "--listen", f"127.0.0.1:{free_port()}", "--admin", f"127.0.0.1:{free_port()}", "--access-log", str(tmp_path / path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    assert done.returncode == 73 and "--access-log" in done.stderr and why in done.stderr, done.stderr


def test_over_tls_the_version_is_there(scripted, tmp_path, stack, serve):
    from support.certificates import Authority

    authority = Authority(tmp_path)
    path = tmp_path / "access.log"
    dataplane = serve({"one": scripted()}, args=["--access-log", path], production=[("A", "one")], certificates=[authority.issue("chat.local")])
    with Connection(dataplane.tls_port, tls=authority.client()) as connection:
        assert connection.ask(request(body=CHAT)).status == 200
    (line,) = wait_for(path, 1)
    assert line["tls.protocol.version"] == "1.3" and line["client.address"] == "127.0.0.1"


def test_a_connection_too_many_has_a_line(scripted, logged):
    dataplane, path = logged({"one": scripted()}, production=[("A", "one")], args=("--workers", "1", "--max-connections-per-client", "1"))
    with Connection(dataplane.port) as first:
        assert first.ask(request(body=CHAT)).status == 200
        with Connection(dataplane.port) as second:
            assert second.read_head().status == 503
    lines = wait_for(path, 2)
    assert sorted((line["http.response.status_code"], line.get("error.type")) for line in lines) == [(200, None), (503, "too_many_connections")]

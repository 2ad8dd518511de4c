"""Request streams and answers of public test suites: what must be refused is refused, and nothing gets out of step."""

import contextlib
import io
import socket
import ssl
import time

import pytest

from support import corpora
from support.certificates import Authority
from support.scripted import Close, answer
from support.wire import CHAT, Connection, Truncated, request

pytestmark = corpora.needed


# valid HTTP, but this route refuses it: a body with a content coding cannot have a model written into it
REFUSED_HERE = {"gw-smuggler-contentEnc-json": 415}


def ends_sending(case):
    """Whether the client says that it sends no more, so that what is incomplete shows."""
    return bool(case.get("incomplete")) or case["expect"] != "reject-400"


def statuses_in(connection, case):
    """The statuses that came back, and whether the connection was closed."""
    statuses = []
    try:
        while True:
            statuses.append(connection.read_answer("HEAD" if case["request_bytes"].startswith(b"HEAD ") else "POST").status)
    except TimeoutError:
        return statuses, False
    except (EOFError, ConnectionError):
        return statuses, True


def answers_to(port, case):
    with Connection(port, timeout=3) as connection:
        try:
            connection.send(case["request_bytes"])
            if ends_sending(case):
                connection.socket.shutdown(socket.SHUT_WR)
        except ConnectionError:
            return [], True
        return statuses_in(connection, case)


def answers_over_tls(port, case, tls):
    """The same with TLS, whose end is a close_notify; a socket of Python's cannot send one and go on reading."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    secured = tls.wrap_bio(incoming, outgoing, server_hostname="chat.local")
    with socket.create_connection(("127.0.0.1", port), timeout=3) as raw:

        def until_done(step, *arguments):
            while True:
                try:
                    return step(*arguments)
                except ssl.SSLWantReadError:
                    raw.sendall(outgoing.read())
                    data = raw.recv(1 << 16)
                    incoming.write(data) if data else incoming.write_eof()

        until_done(secured.do_handshake)
        received, closed = b"", True
        try:
            secured.write(case["request_bytes"])
            if ends_sending(case):
                with contextlib.suppress(ssl.SSLWantReadError):
                    secured.unwrap()
            raw.sendall(outgoing.read())
            while data := until_done(secured.read, 1 << 16):
                received += data
        except TimeoutError:
            closed = False
        except (ssl.SSLError, ConnectionError):
            pass
    answers = Connection.__new__(Connection)
    answers.stream = io.BytesIO(received)
    return statuses_in(answers, case)[0], closed


def faults_of(case, statuses, closed, received):
    """What is wrong with how this stream was handled."""
    if case["name"] in REFUSED_HERE:
        if received or (statuses and statuses != [REFUSED_HERE[case["name"]]]):
            yield f"not refused: {statuses}"
        return
    lines = [one.line.rsplit(" ", 1)[0] for one in received]
    if foreign := set(lines) - set(case["allowed"]):
        yield f"an upstream saw {foreign}"
    if case.get("never_upstream") and any(case["never_upstream"].encode() in one.raw for one in received):
        yield "the marker got upstream"
    if len(received) > case.get("forward_max", case["n_max"]) or len(received) != case.get("forward_exact", len(received)):
        yield f"{len(received)} requests went upstream"
    if case["expect"] == "reject-400":
        if not closed:
            yield "the connection stays open"
        if not case.get("incomplete") and not any(status >= 400 for status in statuses):
            yield f"not refused: {statuses}"
    elif case["expect"] == "accept" and not statuses:
        yield "no answer"


@pytest.mark.parametrize("kind", ["plain", "tls"])
def test_request_streams(scripted, serve, tmp_path, kind):
    backend, authority = scripted(), Authority(tmp_path)
    dataplane = serve(
        {"one": backend}, production=[("A", "one")], suspend=None, host="gw.example.com", base="/v1", certificates=[authority.issue("chat.local")])
    tls = authority.client()
    cases, faults = list(corpora.lines("http/requests.jsonl")), []
    for case in cases:
        before = len(backend.requests)
        statuses, closed = answers_over_tls(dataplane.tls_port, case, tls) if kind == "tls" else answers_to(dataplane.port, case)
        faults += [f"{case['name']}: {fault}" for fault in faults_of(case, statuses, closed, backend.requests[before:])]
        assert dataplane.process.poll() is None, case["name"]
    assert not faults, f"{len(faults)} of {len(cases)}:\n" + "\n".join(faults)


def outcome(connection, data):
    """An answer, or why there was none."""
    try:
        return connection.ask(data)
    except Truncated as truncated:
        return truncated
    except (ConnectionError, EOFError):
        return None


def fault_of_answer(case, got):
    if case["expect"] == "accept":
        if not (got and not isinstance(got, Truncated) and got.status == case["upstream_status"] and got.body == (case["expected_body"] or b"")):
            return f"not passed on: {got}"
    elif case["expect"] == "reject-502":
        if not (got and not isinstance(got, Truncated) and got.status == 502):
            return f"not 502: {got}"
    elif case["expect"] == "abort" and not (got is None or isinstance(got, Truncated) or got.status == 502):
        return f"the client cannot tell that it is cut: {got}"
    return None


def test_backend_answers(scripted, serve):
    current = {}
    backend = scripted(lambda received, number: [current["bytes"], Close()] if current["bytes"] else answer(body={"good": True}))
    dataplane = serve({"one": backend}, args=["--workers", "1"], production=[("A", "one")], suspend=None)
    cases, faults = list(corpora.lines("http/responses.jsonl")), []
    for case in cases:
        method = case.get("request_method", "POST")
        current["bytes"] = case["response_bytes"]
        with Connection(dataplane.port, timeout=3) as connection:
            got = outcome(connection, request(method, body=CHAT if method == "POST" else b""))
        fault = fault_of_answer(case, got)
        faults += [f"{case['name']}: {fault}"] if fault else []
        current["bytes"] = None
        # a backend that promises to keep its connection and then closes it: only what is seen in time can be avoided
        time.sleep(0.02)
        with Connection(dataplane.port) as connection:
            assert connection.ask(request(body=CHAT)).json == {"good": True}, f"after {case['name']}"
    assert not faults, f"{len(faults)} of {len(cases)}:\n" + "\n".join(faults)


@pytest.mark.parametrize("step", [1, 7])
def test_request_streams_in_pieces(scripted, serve, step):
    """The same refusals however the bytes arrive: those of the gateway's own streams, a few bytes at a time."""
    backend = scripted()
    dataplane = serve({"one": backend}, production=[("A", "one")], suspend=None, host="gw.example.com", base="/v1")
    cases = [case for case in corpora.lines("http/requests.jsonl") if case["level"] == "gateway" and len(case["request_bytes"]) < 2_000]
    faults = []
    for case in cases:
        before = len(backend.requests)
        whole = case["request_bytes"]
        with Connection(dataplane.port, timeout=3) as connection:
            statuses, closed = [], True
            try:
                for start in range(0, len(whole), step):
                    connection.send(whole[start : start + step])
                connection.socket.shutdown(socket.SHUT_WR)
                while True:
                    statuses.append(connection.read_answer().status)
            except TimeoutError:
                closed = False
            except (EOFError, OSError):
                pass
        # a reset may eat the answer of a client that goes on sending: what counts here is what went upstream
        received = backend.requests[before:]
        faults += [f"{case['name']}: {fault}" for fault in faults_of({**case, "incomplete": True}, statuses or [0], closed, received)]
    assert not faults, f"{len(faults)} of {len(cases)}:\n" + "\n".join(faults)

"""TLS between the dataplane and backends: always verified, and never replaced by a plain connection."""

import base64
import dataclasses
import json
import socket
import ssl
import threading
import time

import pytest

from support.certificates import Authority
from support.policies import Backend, Chat
from support.programs import Dataplane, compile_table
from support.scripted import Close, answer, stream
from support.wire import Truncated, ask


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def attempts(dataplane, result):
    return sum(int(line.rsplit(" ", 1)[1]) for line in dataplane.metrics().splitlines()
               if line.startswith("rtbl_upstream_attempts_total") and f'result="{result}"' in line)


def assert_eventually(condition, within=3):
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


@dataclasses.dataclass
class Described:
    """A Backend with https at a port where something else may listen."""

    port: int
    tls: bool = True


@pytest.fixture
def trusting(serve, authority):
    """trusting(backend) serves a backend whose certificate `authority` vouches for."""
    return lambda backend, *args, **options: serve(
        {"one": backend}, args=["--workers", "1", "--upstream-ca", authority.file, *args], **{"production": [("A", "one")], **options})


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_backend_by_its_address(scripted, trusting, authority, version):
    tls = authority.server("127.0.0.1")
    tls.minimum_version = tls.maximum_version = version
    backend = scripted(None, tls=tls)
    dataplane = trusting(backend)
    for _ in range(3):
        assert ask(dataplane).status == 200
    assert backend.models == ["A"] * 3
    # one connection, kept; an address is not sent as a server name
    assert backend.handshakes == [(None, False, version.name.replace("v1_", "v1."))]
    assert backend.requests[0]["Host"] == f"127.0.0.1:{backend.port}"


def test_a_backend_by_its_name(scripted, trusting, authority):
    backend = scripted(None, tls=authority.server("localhost"))
    dataplane = trusting(backend, backend_host="localhost")
    assert ask(dataplane).status == 200
    assert backend.handshakes[0][0] == "localhost"
    assert backend.requests[0]["Host"] == f"localhost:{backend.port}"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_next_connection_resumes_the_session(scripted, trusting, authority, version):
    tls = authority.server("127.0.0.1")
    tls.minimum_version = tls.maximum_version = version
    backend = scripted(lambda received, number: answer(headers=[("Connection", "close")]), tls=tls)
    dataplane = trusting(backend)
    for _ in range(3):
        assert ask(dataplane).status == 200
    assert [resumed for _, resumed, _ in backend.handshakes] == [False, True, True]


def refused(authority, tmp_path, fault):
    """The server's TLS for each way not to be trusted, and what is said of it."""
    match fault:
        case "wrong name":
            return authority.server("other.local"), "hostname mismatch"
        case "expired":
            return authority.server("127.0.0.1", days=-1), "certificate has expired"
        case "unknown authority":
            return Authority(tmp_path, "stranger").server("127.0.0.1"), "unable to get local issuer certificate"
        case "name in the subject alone":
            return authority.server("127.0.0.2"), "hostname mismatch"


@pytest.mark.parametrize("fault", ["wrong name", "expired", "unknown authority", "name in the subject alone"])
def test_a_backend_that_cannot_be_verified_gets_nothing(scripted, trusting, authority, tmp_path, fault):
    tls, said = refused(authority, tmp_path, fault)
    backend = scripted(None, tls=tls)
    dataplane = trusting(backend)
    got = ask(dataplane)
    assert got.status == 502 and got.json["error"]["code"] == "upstream_certificate"
    assert backend.requests == []
    assert attempts(dataplane, "certificate") == 1
    assert dataplane.targets()[("A", "one")]["certificate"].lower() == said
    assert_eventually(lambda: said in dataplane.stderr().lower() and "default/one" in dataplane.stderr())


def test_the_systems_trust_does_not_know_a_private_authority(scripted, serve, authority):
    backend = scripted(None, tls=authority.server("127.0.0.1"))
    assert ask(serve({"one": backend}, production=[("A", "one")])).status == 502
    assert backend.requests == []


def test_an_unverified_backend_fails_over(scripted, serve, authority):
    bad = scripted(None, tls=authority.server("other.local"))
    good = scripted(None, tls=authority.server("127.0.0.1"))
    dataplane = serve({"bad": bad, "good": good}, args=["--workers", "1", "--upstream-ca", authority.file], production=[("A", "bad"), ("B", "good")])
    got = [ask(dataplane) for _ in range(4)]
    assert [(one.status, one["x-rtbl-model"]) for one in got] == [(200, "B")] * 4
    assert bad.requests == [] and len(good.requests) == 4


def test_a_backend_that_speaks_plain_gets_no_request(trusting, stack):
    received = []

    def serve_plain():
        while True:
            try:
                connection, _ = plain.accept()
            except OSError:
                return
            with connection:
                received.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    plain = socket.create_server(("127.0.0.1", 0))
    stack.callback(plain.close)
    stack.callback(plain.shutdown, socket.SHUT_RDWR)
    threading.Thread(target=serve_plain, daemon=True).start()
    dataplane = trusting(Described(plain.getsockname()[1]))
    assert ask(dataplane).status == 502
    assert len(received) == 1 and b"POST" not in received[0]
    assert attempts(dataplane, "connect") == 1


@pytest.mark.field(
    "Backend.spec.tls.certificateInline",
    "Backend.spec.tls.allowedSANs[]",
)
@pytest.mark.parametrize("shown, allowed, status", [
    ("chat.internal", ["chat.internal"], 200),
    ("chat.internal", ["other.internal", "chat.internal"], 200),
    ("127.0.0.1", ["chat.internal"], 502),  # the host itself does not count beside a list
    ("127.0.0.1", ["127.0.0.1"], 200),
])
def test_the_names_that_the_backend_allows(scripted, serve, authority, shown, allowed, status):
    backend = scripted(None, tls=authority.server(shown))
    dataplane = serve({"one": backend}, production=[("A", "one")], backend_tls={"certificateInline": authority.text, "allowedSANs": allowed})
    assert ask(dataplane).status == status


@pytest.mark.field("Backend.spec.tls.secretRef.*", "Backend.spec.tls.configMapRef", "ConfigMap.data", "ConfigMap.binaryData")
@pytest.mark.parametrize("kind, member, reference", [
    ("Secret", "data", "secretRef"), ("Secret", "stringData", "secretRef"), ("ConfigMap", "data", "configMapRef"), ("ConfigMap", "binaryData", "configMapRef"),
])
def test_an_authority_in_a_secret_or_config_map(stack, scripted, tmp_path, authority, kind, member, reference):
    server = scripted(None, tls=authority.server("127.0.0.1"))
    is_coded = kind == "Secret" and member == "data" or member == "binaryData"
    value = base64.b64encode(authority.text.encode()).decode() if is_coded else authority.text
    holder = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "authority"}, member: {"ca.crt": value}}
    chat = Chat([Backend("one", server.port, protocol="https", tls={reference: {"name": "authority", "key": "ca.crt"}})], production=[("A", "one")])
    dataplane = stack.enter_context(Dataplane(compile_table(tmp_path, chat.yaml() + "---\n" + json.dumps(holder))))
    assert ask(dataplane).status == 200


def test_the_backends_own_authority_counts_before_the_given_one(scripted, serve, tmp_path, authority):
    stranger = Authority(tmp_path, "stranger")
    backend = scripted(None, tls=authority.server("127.0.0.1"))
    dataplane = serve(
        {"one": backend}, args=["--upstream-ca", authority.file], production=[("A", "one")], backend_tls={"certificateInline": stranger.text})
    assert ask(dataplane).status == 502


def test_connections_are_not_shared_between_backends_that_trust_differently(scripted, serve, tmp_path, authority):
    """Two Backends at one address: what the first may be trusted for says nothing about the second."""
    server = scripted(None, tls=authority.server("127.0.0.1"))
    backends = [
        Backend("trusting", server.port, protocol="https", tls={"certificateInline": authority.text}),
        Backend("doubting", server.port, protocol="https", tls={"certificateInline": Authority(tmp_path, "stranger").text}),
    ]
    chat = Chat(backends, production=[("A", "trusting"), ("B", "doubting")], annotations={"rtbl/failover-attempts": "1"})
    with Dataplane(compile_table(tmp_path, chat.yaml()), args=["--workers", "1"]) as dataplane:
        assert [ask(dataplane).status for _ in range(4)] == [200, 502, 200, 502]


def test_backend_by_option_is_verified_for_the_urls_host(scripted, serve, authority):
    backend = scripted(None, tls=authority.server("localhost"))
    plain = scripted()
    dataplane = serve(
        {"one": plain}, production=[("A", "one")],
        args=["--upstream-ca", authority.file, "--backend", f"one=https://localhost:{backend.port}/v1"])
    assert ask(dataplane).status == 200
    assert backend.handshakes[0][0] == "localhost" and plain.requests == []


def test_an_authority_file_without_certificates_is_named_at_the_start(scripted, trusting, tmp_path, authority):
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    backend = scripted(None, tls=authority.server("127.0.0.1"))
    dataplane = trusting(backend, "--upstream-ca", empty)
    assert str(empty) in dataplane.stderr() and ask(dataplane).status == 502


def test_a_body_until_the_end_is_whole_only_with_close_notify(scripted, trusting, authority):
    def script(received, number):
        return [b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nwhole or not", Close(cut=number == 1)]

    dataplane = trusting(scripted(script, tls=authority.server("127.0.0.1")))
    assert ask(dataplane).body == b"whole or not"
    with pytest.raises((Truncated, OSError)):
        ask(dataplane)


def test_large_bodies_and_streams(scripted, trusting, authority):
    content = bytes(range(32, 127)) * 60_000
    received = []

    def script(got, number):
        received.append(got.body)
        return answer(body=content, headers=[("Content-Type", "text/plain")]) if number == 0 else stream([b"data: x\n\n"] * 100)

    dataplane = trusting(scripted(script, tls=authority.server("127.0.0.1")))
    body = b'{"model":"any","text":"' + b"a" * 5_000_000 + b'"}'
    assert ask(dataplane, body=body).body == content
    assert received == [body.replace(b"any", b"A")]
    assert ask(dataplane).body == b"data: x\n\n" * 100


def test_a_handshake_that_never_ends_times_out(trusting, stack):
    silent = socket.create_server(("127.0.0.1", 0))
    stack.callback(silent.close)
    dataplane = trusting(Described(silent.getsockname()[1]), "--connect-timeout", "0.3")
    assert ask(dataplane).status == 504


def test_the_openai_client_over_tls_on_both_sides(scripted, serve, authority, tmp_path):
    import openai

    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "A",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hello"}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
    backend = scripted(lambda received, number: answer(body=body), tls=authority.server("127.0.0.1"))
    dataplane = serve(
        {"one": backend}, args=["--upstream-ca", authority.file], production=[("A", "one")], certificates=[authority.issue("localhost", "chat.local")])
    client = openai.OpenAI(
        api_key="none", base_url=f"https://localhost:{dataplane.tls_port}/chat/1.0", default_headers={"Host": "chat.local"},
        http_client=openai.DefaultHttpxClient(verify=authority.client()), max_retries=0)
    done = client.chat.completions.create(model="any", messages=[{"role": "user", "content": "Hi"}])
    assert done.choices[0].message.content == "hello"


@pytest.mark.parametrize("is_there", [True, False])
def test_trust_anchors_in_a_secret_that_the_compiler_has_not_seen(scripted, serve, tmp_path, authority, is_there):
    secrets = tmp_path / "secrets"
    (secrets / "anchors").mkdir(parents=True)
    if is_there:
        (secrets / "anchors" / "ca.crt").write_text(authority.text)
    backend = scripted(None, tls=authority.server("127.0.0.1"))
    dataplane = serve(
        {"one": backend}, args=["--secrets", secrets], production=[("A", "one")], backend_tls={"secretRef": {"name": "anchors", "key": "ca.crt"}})
    assert ask(dataplane).status == (200 if is_there else 502)
    assert len(backend.requests) == (1 if is_there else 0)
    assert ("default/anchors (ca.crt)" in dataplane.stderr()) != is_there


def test_trust_anchors_in_a_secret_that_changes(scripted, serve, tmp_path, authority):
    """Another authority takes the place of the one that vouched for nobody here: noticed without a word."""
    anchors = tmp_path / "secrets" / "anchors" / "ca.crt"
    anchors.parent.mkdir(parents=True)
    anchors.write_text(Authority(tmp_path, "other").text)
    backend = scripted(tls=authority.server("127.0.0.1"))
    dataplane = serve(
        {"one": backend}, args=["--secrets", tmp_path / "secrets"], production=[("A", "one")], backend_tls={"secretRef": {"name": "anchors", "key": "ca.crt"}})
    assert ask(dataplane).status == 502
    anchors.write_text(authority.text)
    deadline = time.monotonic() + 5
    while ask(dataplane).status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    anchors.write_text(Authority(tmp_path, "third").text)
    while ask(dataplane).status == 200:  # connections to another authority's backend are not shared
        assert time.monotonic() < deadline + 5
        time.sleep(0.1)

"""TLS between clients and the dataplane."""

import signal
import socket
import ssl
import subprocess
import time

import pytest

from support.certificates import Authority
from support.policies import Backend, Chat
from support.programs import compile_table, run
from support.scripted import Close, Wait, answer, stream
from support.wire import CHAT, Connection, Truncated, ask, request


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def secured(scripted, serve, authority):
    """secured(script) serves one backend behind a certificate for chat.local."""
    return lambda script=None, *args: serve(
        {"one": scripted(script)}, args=["--workers", "1", *args], production=[("A", "one")], certificates=[authority.issue("chat.local")])


def exchange(dataplane, tls, body=CHAT, **options):
    """The answer, the session, and whether it was resumed."""
    with Connection(dataplane.tls_port, tls=tls, **options) as connection:
        connection.send(request(body=body))
        return connection.read_answer(), connection.socket.session, connection.socket.session_reused


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_request_over_tls(secured, authority, version):
    tls = authority.client(minimum_version=version, maximum_version=version)
    tls.set_alpn_protocols(["h2", "http/1.1"])
    with Connection(secured().tls_port, tls=tls) as connection:
        assert connection.socket.selected_alpn_protocol() == "http/1.1"
        for _ in range(3):
            connection.send(request(body=CHAT))
            got = connection.read_answer()
            assert got.status == 200 and got["x-rtbl-model"] == "A"


def test_plain_and_tls_serve_side_by_side(secured, authority):
    dataplane = secured()
    assert ask(dataplane).status == 200
    assert exchange(dataplane, authority.client())[0].status == 200


def test_tls_1_1_is_refused(secured, authority):
    tls = authority.client()
    tls.minimum_version = ssl.TLSVersion.TLSv1
    tls.maximum_version = ssl.TLSVersion.TLSv1_1
    tls.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        Connection(secured().tls_port, tls=tls)


def test_a_client_that_speaks_another_protocol_alone_is_told_so(secured, authority):
    tls = authority.client()
    tls.set_alpn_protocols(["h2"])
    with pytest.raises(ssl.SSLError, match="NO_APPLICATION_PROTOCOL|no application protocol"):
        Connection(secured().tls_port, tls=tls)


def test_the_certificate_is_chosen_by_name(scripted, serve, authority):
    certificates = [authority.issue("chat.local"), authority.issue("other.local"), authority.issue("*.wild.local")]
    dataplane = serve({"one": scripted()}, production=[("A", "one")], certificates=certificates)
    tls = authority.client(check_hostname=False)
    for asked, shown in [("chat.local", "chat.local"), ("other.local", "other.local"), ("a.wild.local", "*.wild.local"), ("unknown.local", "chat.local")]:
        with Connection(dataplane.tls_port, tls=tls, server_name=asked) as connection:
            names = [value for kind, value in connection.socket.getpeercert()["subjectAltName"] if kind == "DNS"]
            assert names == [shown], asked


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_is_resumed(secured, authority, version):
    dataplane = secured()
    tls = authority.client(minimum_version=version, maximum_version=version)
    _, session, was_resumed = exchange(dataplane, tls)
    assert not was_resumed
    assert exchange(dataplane, tls, session=session)[2]


def test_a_session_survives_a_renewed_certificate(scripted, serve, authority):
    certificate, key = authority.issue("chat.local")
    dataplane = serve({"one": scripted()}, production=[("A", "one")], certificates=[(certificate, key)])
    tls = authority.client()
    session = exchange(dataplane, tls)[1]
    before = serial(dataplane, tls)
    replace(certificate, key, authority.issue("chat.local", days=2))
    deadline = time.monotonic() + 3
    while serial(dataplane, tls) == before:
        assert time.monotonic() < deadline, "the old certificate is still shown"
        time.sleep(0.05)
    assert exchange(dataplane, tls, session=session)[2]


def replace(certificate, key, by):
    certificate.write_bytes(by[0].read_bytes())
    key.write_bytes(by[1].read_bytes())


def serial(dataplane, tls):
    with Connection(dataplane.tls_port, tls=tls) as connection:
        return connection.socket.getpeercert()["serialNumber"]


@pytest.mark.parametrize("told", ["by its change", "by SIGHUP"])
def test_a_renewed_certificate_is_taken_up(scripted, serve, authority, told):
    certificate, key = authority.issue("chat.local")
    dataplane = serve({"one": scripted()}, production=[("A", "one")], certificates=[(certificate, key)])
    tls = authority.client()
    before = serial(dataplane, tls)
    with Connection(dataplane.tls_port, tls=tls) as kept:
        replace(certificate, key, authority.issue("chat.local", days=2))
        if told == "by SIGHUP":
            dataplane.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 3
        while serial(dataplane, tls) == before:
            assert time.monotonic() < deadline, "the old certificate is still shown"
            time.sleep(0.05)
        # who was connected stays so, and whoever has a session resumes it
        kept.send(request(body=CHAT))
        assert kept.read_answer().status == 200
    while "certificates were read again" not in dataplane.stderr(): # it is said after it is done
        assert time.monotonic() < deadline, dataplane.stderr()
        time.sleep(0.05)


def test_a_certificate_that_cannot_be_used_leaves_the_old_one_serving(scripted, serve, authority):
    certificate, key = authority.issue("chat.local")
    dataplane = serve({"one": scripted()}, production=[("A", "one")], certificates=[(certificate, key)])
    tls = authority.client()
    before = serial(dataplane, tls)
    key.write_text("not a key")
    deadline = time.monotonic() + 3
    while "old ones serve on" not in dataplane.stderr():
        assert time.monotonic() < deadline, dataplane.stderr()
        time.sleep(0.05)
    assert str(key) in dataplane.stderr()
    assert serial(dataplane, tls) == before


@pytest.mark.parametrize("fault", ["missing", "no certificate", "another's key"])
def test_a_start_with_an_unusable_certificate_says_which_file(tmp_path, authority, scripted, serve, fault):
    table = compile_table(tmp_path, Chat([Backend("one", 1)], production=[("A", "one")]).yaml())
    certificate, key = authority.issue("chat.local")
    named = certificate
    if fault == "missing":
        certificate.unlink()
    elif fault == "no certificate":
        certificate.write_text("nothing")
    else:
        named = key
        key.write_bytes(authority.issue("other.local")[1].read_bytes())
    done = run("dataplane", "--table", table, "--listen-tls", "127.0.0.1:0", "--cert", certificate, "--key", key, "--admin", "127.0.0.1:0")
    assert done.returncode == 66 and str(named) in done.stderr, done.stderr


@pytest.mark.parametrize("arguments", [["--listen-tls", "127.0.0.1:0"], ["--cert", "a.pem"], ["--cert", "a.pem", "--key", "a.key"]])
def test_options_that_need_each_other(arguments):
    done = run("dataplane", "--table", "none.rtbl", *arguments)
    assert done.returncode == 64 and "--" in done.stderr


def test_an_open_api_on_a_public_tls_address_is_refused(tmp_path, authority):
    table = compile_table(tmp_path, Chat([Backend("one", 1)], production=[("A", "one")]).yaml())
    certificate, key = authority.issue("chat.local")
    done = run("dataplane", "--table", table, "--listen-tls", "0.0.0.0:0", "--cert", certificate, "--key", key, "--admin", "127.0.0.1:0")
    assert done.returncode == 1 and "default/chat" in done.stderr, done.stderr


def test_curl_over_tls(secured, authority):
    dataplane = secured()
    done = subprocess.run(
        ["curl", "-sS", "--cacert", authority.file, "--resolve", f"chat.local:{dataplane.tls_port}:127.0.0.1", "-w", "%{http_code} %{ssl_verify_result}",
         "-H", "Content-Type: application/json", "-d", '{"model":"any","messages":[]}', "-o", "/dev/null",
         f"https://chat.local:{dataplane.tls_port}/chat/1.0/chat/completions"],
        capture_output=True, text=True, timeout=10)
    assert done.stdout == "200 0", done.stderr


def test_large_bodies_both_ways(secured, authority):
    content = bytes(range(32, 127)) * 60_000
    received = []

    def script(got, number):
        received.append(got.body)
        return answer(body=content, headers=[("Content-Type", "text/plain")])

    body = b'{"model":"any","text":"' + b"a" * 5_000_000 + b'"}'
    got, *_ = exchange(secured(script), authority.client(), body=body)
    assert got.body == content
    assert received == [body.replace(b"any", b"A")]


def test_a_slow_reader_gets_everything(secured, authority):
    content = b"0123456789" * 500_000
    dataplane = secured(lambda got, number: answer(body=content, headers=[("Content-Type", "text/plain")]))
    with Connection(dataplane.tls_port, tls=authority.client(), receive_buffer=4096) as connection:
        connection.send(request(body=CHAT))
        time.sleep(0.5)
        assert connection.read_answer().body == content


def test_events_pass_as_they_come(secured, authority):
    events = [b'data: {"n":%d}\n\n' % number for number in range(5)]
    sent = []

    def script(received, number):
        for step in stream(events, delay=0.1):
            sent.append((time.monotonic(), step))
            yield step

    got, *_ = exchange(secured(script), authority.client())
    left = [at for at, step in sent if isinstance(step, bytes) and b"data:" in step]
    delays = [arrived - begun for (arrived, _), begun in zip(got.chunks, left)]
    assert len(delays) == len(events) and max(delays) < 0.05, delays


def test_pipelined_requests_are_answered_in_order(secured, authority):
    with Connection(secured(lambda got, number: answer(body={"n": number})).tls_port, tls=authority.client()) as connection:
        connection.send(request(body=CHAT) * 50)
        assert [connection.read_answer().json["n"] for _ in range(50)] == list(range(50))


def test_the_end_is_announced(secured, authority):
    tls = authority.client()
    tls.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    with Connection(secured().tls_port, tls=tls) as connection:
        connection.send(request(body=CHAT, headers=[("Connection", "close")]))
        assert connection.read_answer().status == 200
        assert connection.stream.read() == b""  # an SSLEOFError without the close_notify


def test_a_cut_answer_ends_without_close_notify(secured, authority):
    script = [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", Close()]
    tls = authority.client()
    tls.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    with Connection(secured(lambda got, number: script).tls_port, tls=tls) as connection:
        connection.send(request(body=CHAT))
        with pytest.raises((Truncated, OSError)):
            connection.read_answer()


def test_a_client_that_ends_its_side_still_gets_its_answer(secured, authority):
    dataplane = secured(lambda got, number: [Wait(0.2), answer()])
    tls = authority.client()
    with socket.create_connection(("127.0.0.1", dataplane.tls_port)) as plain:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        secured_end = tls.wrap_bio(incoming, outgoing, server_hostname="chat.local")

        def move(step):
            while True:
                try:
                    result = step()
                except ssl.SSLWantReadError:
                    result = None
                if data := outgoing.read():
                    plain.sendall(data)
                if result is not None:
                    return result
                incoming.write(plain.recv(65536))

        move(lambda: secured_end.do_handshake() or True)
        move(lambda: secured_end.write(request(body=CHAT)))
        try:
            secured_end.unwrap()
        except ssl.SSLWantReadError:
            pass
        plain.sendall(outgoing.read())
        plain.shutdown(socket.SHUT_WR)
        got = b""
        while data := plain.recv(65536):
            incoming.write(data)
            try:
                got += secured_end.read(65536)
            except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                pass
        assert got.startswith(b"HTTP/1.1 200 ")


def test_plain_bytes_on_the_tls_port_reach_nobody(scripted, serve, authority):
    backend = scripted()
    dataplane = serve({"one": backend}, production=[("A", "one")], certificates=[authority.issue("chat.local")])
    with socket.create_connection(("127.0.0.1", dataplane.tls_port), timeout=5) as plain:
        plain.sendall(request(body=CHAT))
        got = b""
        while data := plain.recv(65536):
            got += data
    assert b"HTTP" not in got and backend.requests == []
    assert exchange(dataplane, authority.client())[0].status == 200


def test_a_handshake_cut_anywhere_harms_nobody(secured, authority):
    dataplane = secured()
    tls = authority.client()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    hello = tls.wrap_bio(incoming, outgoing, server_hostname="chat.local")
    with pytest.raises(ssl.SSLWantReadError):
        hello.do_handshake()
    first = outgoing.read()
    for end in range(0, len(first), 7):
        with socket.create_connection(("127.0.0.1", dataplane.tls_port), timeout=5) as plain:
            plain.sendall(first[:end])
    for position in range(0, len(first), 11):
        broken = bytearray(first)
        broken[position] ^= 0x55
        with socket.create_connection(("127.0.0.1", dataplane.tls_port), timeout=5) as plain:
            plain.sendall(broken)
    assert exchange(dataplane, tls)[0].status == 200
    deadline = time.monotonic() + 5
    while 'rtbl_connections{side="client"} 0' not in dataplane.metrics():
        assert time.monotonic() < deadline, dataplane.metrics()
        time.sleep(0.05)


def test_a_handshake_that_never_ends_is_ended(secured):
    dataplane = secured(None, "--head-timeout", "0.5")
    with socket.create_connection(("127.0.0.1", dataplane.tls_port), timeout=5) as plain:
        begun = time.monotonic()
        assert plain.recv(1) == b""
        assert 0.3 < time.monotonic() - begun < 2


def test_bytes_that_come_one_by_one(secured, authority):
    dataplane = secured()
    tls = authority.client()
    with socket.create_connection(("127.0.0.1", dataplane.tls_port), timeout=10) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        end = tls.wrap_bio(incoming, outgoing, server_hostname="chat.local")
        wanted, got = request(body=CHAT), b""
        is_done = False
        while b"choices" not in got:
            try:
                if not is_done:
                    end.do_handshake()
                    is_done = True
                    end.write(wanted)
                got += end.read(65536)
            except ssl.SSLWantReadError:
                pass
            for byte in outgoing.read():
                plain.sendall(bytes([byte]))
            if b"choices" not in got:
                incoming.write(plain.recv(65536))
        assert got.startswith(b"HTTP/1.1 200 ")

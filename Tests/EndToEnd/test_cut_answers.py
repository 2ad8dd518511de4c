"""An answer that breaks off looks broken off, and takes nothing with it that was whole."""

import contextlib
import re
import ssl
import threading
import time

import pytest

from support.certificates import Authority
from support.scripted import Close, Reset, answer
from support.wire import CHAT, Connection, Truncated, request

WHOLE = b"w" * 200_000
HALF = b"h" * 20_000
FRAMINGS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + HALF,
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(HALF), HALF),
}


@pytest.fixture(params=["plain", "TLS"])
def connect(request, stack, scripted, serve, tmp_path):
    """connect(script, …) is a connection to a dataplane before a backend, `connect.backend`, that answers by the script."""
    authority = Authority(tmp_path)

    def connect(script, *args, **options):
        connect.backend = scripted(script)
        connect.dataplane = serve(
            {"one": connect.backend}, args=["--workers", "1", *args], production=[("A", "one")], certificates=[authority.issue("chat.local")])
        port, tls = (connect.dataplane.tls_port, authority.client()) if connect.is_tls else (connect.dataplane.port, None)
        connection = stack.enter_context(Connection(port, tls=tls, **options))
        if tls:
            connection.socket.suppress_ragged_eofs = False # an end without close_notify is an error
        return connection

    connect.is_tls = request.param == "TLS"
    return connect


def assert_ends_unannounced(connection, is_tls):
    """In order: nothing that was sent is lost by a reset. Over TLS without close_notify."""
    with pytest.raises(ssl.SSLEOFError) if is_tls else contextlib.nullcontext():
        assert connection.socket.recv(1) == b""


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("fault", [Close(), Reset()], ids=["close", "reset"])
def test_a_cut_answer_takes_no_earlier_one_with_it(connect, framing, fault):
    """The client pipelines and reads nothing until all is over: the first answer waits in the kernel's buffers meanwhile."""
    connection = connect(lambda received, number: answer(body=WHOLE) if number == 0 else [FRAMINGS[framing], fault], receive_buffer=4096)
    connection.send(request(body=CHAT) * 20) # what is never read must not turn the close into a reset
    connect.backend.await_requests(2)
    time.sleep(2.5) # longer than the dataplane lingers
    assert connection.read_answer().body == WHOLE
    with pytest.raises((Truncated, ssl.SSLEOFError)) as caught:
        connection.read_answer()
    if caught.type is Truncated:
        assert caught.value.answer.body == HALF, "what had come of it has come"
    assert_ends_unannounced(connection, connect.is_tls)
    assert len(connect.backend.requests) == 2


@pytest.mark.parametrize("framing", FRAMINGS)
def test_what_has_come_of_a_cut_answer_arrives(connect, framing):
    connection = connect(lambda received, number: [FRAMINGS[framing], Reset()], receive_buffer=4096)
    connection.send(request(body=CHAT))
    connect.backend.await_requests(1)
    time.sleep(0.5)
    got = b""
    with contextlib.suppress(ssl.SSLEOFError):
        while data := connection.socket.recv(65536):
            got += data
    assert got.startswith(b"HTTP/1.1 200 OK\r\n") and got.count(b"h" * 1000) == len(HALF) // 1000 and not got.endswith(b"0\r\n\r\n")


def test_an_answer_that_the_end_of_the_connection_ends_is_cut_by_a_reset(connect):
    """HTTP/1.0 knows no chunks: an orderly end would pass for the answer's own."""
    connection = connect(lambda received, number: [FRAMINGS["chunks"], Close()])
    connection.send(request(body=CHAT, version="1.0"))
    with pytest.raises((ConnectionResetError, ssl.SSLEOFError)):
        while connection.socket.recv(65536):
            pass


REFUSED = 40_000


def pipeline_refusals(connect, *args):
    """A connection on which so many requests are being sent that the kernel has no room for their answers, which nobody
    reads, and the thread that sends them."""
    connection = connect(None, *args, receive_buffer=4096)

    def send():
        with contextlib.suppress(OSError):
            for _ in range(REFUSED // 100):
                connection.send(request(path="/nothing", method="GET") * 100)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    time.sleep(1.5)
    assert 0 < answered(connect.dataplane) < REFUSED
    return connection, thread


def answered(dataplane):
    return sum(int(count) for count in re.findall(r'^rtbl_requests_total\{.*code="404"\} (\d+)$', dataplane.metrics(), re.M))


@pytest.mark.parametrize("connect", ["plain"], indirect=True) # Python's TLS connections cannot send and receive at once
def test_a_request_that_waits_for_the_reader_is_not_late(connect):
    """Its head came in time: that the answer before it has not been read yet is no fault of its own."""
    connection, thread = pipeline_refusals(connect, "--head-timeout", "0.5")
    for _ in range(REFUSED):
        assert connection.read_answer().status == 404
    thread.join()


def test_a_client_that_reads_nothing_is_cut_off(connect):
    connection, thread = pipeline_refusals(connect, "--idle-timeout", "1")
    await_gone(connect.dataplane)
    thread.join()
    with pytest.raises((ConnectionResetError, ssl.SSLEOFError)):
        while connection.socket.recv(65536):
            pass


def await_gone(dataplane):
    deadline = time.monotonic() + 5
    while 'rtbl_connections{side="client"} 0' not in dataplane.metrics():
        assert time.monotonic() < deadline, dataplane.metrics()
        time.sleep(0.05)

"""Clients that people use: OpenAI's own, curl, wrk, and Python's standard library."""

import http.client
import json
import pathlib
import subprocess

import openai
import pytest

from support.certificates import Authority


@pytest.fixture(params=["mock-llm", "dataplane"])
def base_url(request, mock, serve):
    """The API directly, and through the dataplane."""
    server = mock("--quota", "limited=0/60")
    if request.param == "mock-llm":
        return f"{server.url}/v1", {}
    dataplane = serve({"one": server}, production=[("gpt-4o", "one"), ("o1-mini", "one")])
    return f"http://127.0.0.1:{dataplane.port}/chat/1.0", {"Host": "chat.local"}


@pytest.fixture
def client(base_url):
    url, headers = base_url
    with openai.OpenAI(base_url=url, api_key="sk-none", default_headers=headers, max_retries=0, timeout=10) as client:
        yield client


MESSAGES = [{"role": "user", "content": "Hi ü 😀"}]


def test_openai_plain(client):
    completion = client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    assert completion.model == "gpt-4o-2024-08-06" and completion.choices[0].message.content.startswith("Hello")
    assert completion.usage.total_tokens > 0


def test_openai_streaming(client):
    with client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True, stream_options={"include_usage": True}) as stream:
        chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices).startswith("Hello from gpt-4o-2024-08-06")
    assert chunks[-1].usage.total_tokens > 0


def test_openai_takes_turns(client, base_url):
    served = [client.chat.completions.create(model="gpt-4o", messages=MESSAGES).model for _ in range(4)]
    turns = ["gpt-4o-2024-08-06", "o1-mini-2024-09-12"] * 2
    assert served == (turns if base_url[1] else ["gpt-4o-2024-08-06"] * 4)


def test_openai_understands_errors(client, base_url):
    with pytest.raises(openai.NotFoundError) as caught:
        client.post("/none", body={}, cast_to=object)
    assert caught.value.status_code == 404 and caught.value.body["message"]
    if not base_url[1]:
        with pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(model="limited", messages=MESSAGES)
        assert caught.value.code == "rate_limit_exceeded" and caught.value.response.headers["retry-after"] == "60"


def curl(base_url, *arguments):
    url, headers = base_url
    fields = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["curl", "-sS", "--max-time", "10", *fields, "-H", "Content-Type: application/json", *arguments, f"{url}/chat/completions"]
    return subprocess.run(command, capture_output=True, check=True).stdout


BODY = json.dumps({"model": "gpt-4o", "messages": MESSAGES})


def test_curl_plain(base_url):
    assert json.loads(curl(base_url, "-d", BODY))["model"] == "gpt-4o-2024-08-06"


def test_curl_streaming(base_url):
    assert curl(base_url, "-N", "-d", BODY[:-1] + ',"stream":true}').endswith(b"data: [DONE]\n\n")


def test_curl_large_with_expect(base_url, tmp_path):
    large = tmp_path / "large.json"
    large.write_text(json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "x" * 3_000_000}]}))
    assert json.loads(curl(base_url, "--data-binary", f"@{large}"))["usage"]["prompt_tokens"] > 700_000


def test_curl_chunked(base_url):
    assert json.loads(curl(base_url, "-H", "Transfer-Encoding: chunked", "-d", BODY))["model"] == "gpt-4o-2024-08-06"


# ---- over HTTP and HTTPS

@pytest.fixture(params=["http", "https"])
def scheme(request):
    return request.param


@pytest.fixture
def served(mock, serve, tmp_path):
    """A dataplane with both kinds of port, and who vouches for it."""
    authority = Authority(tmp_path)
    dataplane = serve(
        {"one": mock()}, production=[("gpt-4o", "one", 2), ("o1-mini", "one")], certificates=[authority.issue("chat.local", "127.0.0.1")])
    dataplane.authority = authority
    return dataplane


def test_wrk(served, scheme):
    """Many connections, each answer looked at, and the shares exact afterwards."""
    port = served.port if scheme == "http" else served.tls_port
    script = pathlib.Path(__file__).parent / "support/chat.lua"
    done = subprocess.run(
        ["wrk", "-t2", "-c20", "-d2s", "-s", script, f"{scheme}://127.0.0.1:{port}"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    counted = json.loads(done.stdout.splitlines()[-1])
    assert counted["requests"] > 100 and counted["wrong"] == 0 and counted["errors"] == 0, counted
    picks = {model: target["picks"] for (model, _), target in served.targets().items()}
    assert counted["requests"] <= sum(picks.values()) <= counted["requests"] + 20 # wrk leaves its last ones
    assert abs(picks["gpt-4o"] - 2 * picks["o1-mini"]) <= 2


@pytest.fixture
def standard(served, scheme):
    """A connection of http.client."""
    if scheme == "http":
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    else:
        connection = http.client.HTTPSConnection("127.0.0.1", served.tls_port, timeout=10, context=served.authority.client())
    yield connection
    connection.close()


FIELDS = {"Host": "chat.local", "Content-Type": "application/json"}
COMPLETIONS = "/chat/1.0/chat/completions"


def completion(connection):
    """The model that the next answer names; http.client has read it to its end."""
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200 and response.version == 11, body
    return json.loads(body)["model"]


TURNS = ["gpt-4o-2024-08-06", "o1-mini-2024-09-12", "gpt-4o-2024-08-06"]


def test_http_client_keeps_its_connection(standard):
    standard.connect()
    kept = standard.sock
    for turn in TURNS * 3:
        standard.request("POST", COMPLETIONS, BODY, FIELDS)
        assert completion(standard) == turn
        assert standard.sock is kept, "it was closed"


def test_http_client_sends_chunks(standard):
    pieces = [BODY[start : start + 7].encode() for start in range(0, len(BODY), 7)]
    for turn in TURNS:
        standard.request("POST", COMPLETIONS, iter(pieces), FIELDS, encode_chunked=True)
        assert completion(standard) == turn


def test_http_client_reads_a_stream(standard):
    for _ in range(2):
        standard.request("POST", COMPLETIONS, BODY[:-1] + ',"stream":true}', FIELDS)
        response = standard.getresponse()
        assert response.status == 200 and response.chunked
        lines = list(response)
        assert lines[-2:] == [b"data: [DONE]\n", b"\n"] and len(lines) > 4


@pytest.mark.parametrize("waits", [True, False], ids=["waits", "does not wait"])
def test_http_client_expects_to_be_told_to_continue(standard, waits):
    body = json.dumps({"messages": [{"role": "user", "content": "x" * 100_000}]}).encode()
    for turn in TURNS:
        standard.putrequest("POST", COMPLETIONS, skip_host=True)
        for name, value in {**FIELDS, "Content-Length": len(body), "Expect": "100-continue"}.items():
            standard.putheader(name, value)
        standard.endheaders()
        if waits:
            said = standard.sock.recv(100)
            assert said == b"HTTP/1.1 100 Continue\r\n\r\n"
        standard.send(body) # who has not waited finds a 100 before its answer, which http.client skips
        assert completion(standard) == turn


def test_http_client_is_refused_before_it_sends(standard):
    """A body that would be too large is not asked for; the answer comes, and the connection ends."""
    standard.putrequest("POST", COMPLETIONS, skip_host=True)
    for name, value in {**FIELDS, "Content-Length": 40 << 20, "Expect": "100-continue"}.items():
        standard.putheader(name, value)
    standard.endheaders()
    response = standard.getresponse()
    assert response.status == 413 and json.loads(response.read())["error"]["code"] == "request_too_large"
    assert response.getheader("Connection") == "close"

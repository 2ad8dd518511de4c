"""mock-llm itself: the shapes and quotas that the other tests rely on."""

import base64
import json
import signal
import socket
import time

import jwt
import pytest

from support.programs import free_port, run
from support.wire import Connection, ask, chunked, request

pytestmark = pytest.mark.unsanitized

CHAT = "/v1/chat/completions"


def chat(model="gpt-4o", **members):
    return {"model": model, "messages": [{"role": "user", "content": "Hi"}], **members}


@pytest.mark.parametrize(
    "asked, answered",
    [
        ("gpt-4o", "gpt-4o-2024-08-06"),
        ("gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
        ("o1-mini", "o1-mini-2024-09-12"),
        ("other", "other-2024-07-18"),
        ("gpt-4o-2024-05-13", "gpt-4o-2024-05-13"),
    ],
)
def test_answers_under_the_dated_name(mock, asked, answered):
    answer = ask(mock(), path=CHAT, body=chat(asked))
    assert answer.status == 200 and answer.json["model"] == answered
    assert answer.json["object"] == "chat.completion" and answer.json["choices"][0]["finish_reason"] == "stop"
    usage = answer.json["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 0


@pytest.mark.parametrize("with_usage", [False, True])
def test_streams_events_in_openai_shape(mock, with_usage):
    options = {"stream_options": {"include_usage": True}} if with_usage else {}
    answer = ask(mock("--delay-ms", "20"), path=CHAT, body=chat(stream=True, **options))
    assert answer["Content-Type"].startswith("text/event-stream")
    *events, done, rest = answer.body.decode().split("\n\n")
    assert done == "data: [DONE]" and rest == ""
    chunks = [json.loads(event.removeprefix("data: ")) for event in events]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"} and len({chunk["id"] for chunk in chunks}) == 1
    usage = chunks.pop() if with_usage else None
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant" and chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert sum(1 for chunk in chunks if chunk["choices"][0]["delta"].get("content")) >= 3
    assert usage is None or (usage["choices"] == [] and usage["usage"]["total_tokens"] > 0)
    assert all(("usage" in chunk) == with_usage for chunk in chunks)
    assert answer.chunks[-1][0] - answer.chunks[0][0] > 0.02 * (len(events) - 1), "the events came at once"


def test_quota_is_a_window_from_the_first_request(mock):
    server = mock("--quota", "gpt-4o=2/1")
    answers = [ask(server, path=CHAT, body=chat()) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [answer["x-ratelimit-remaining-requests"] for answer in answers] == ["1", "0", "0"]
    assert {answer["x-ratelimit-limit-requests"] for answer in answers} == {"2"}
    assert answers[2]["Retry-After"] == "1" and answers[2].json["error"]["code"] == "rate_limit_exceeded"
    assert ask(server, path=CHAT, body=chat("gpt-4o-mini")).status == 200
    assert int(answers[2]["x-ratelimit-remaining-tokens"]) > 0
    time.sleep(1.05)
    assert ask(server, path=CHAT, body=chat())["x-ratelimit-remaining-requests"] == "1"


def test_embeddings_and_models(mock):
    server = mock("--quota", "mine=1/1")
    answer = ask(server, path="/v1/embeddings", body={"model": "text-embedding-3-small", "input": ["a", "b"], "dimensions": 4})
    assert [len(one["embedding"]) for one in answer.json["data"]] == [4, 4]
    listed = ask(server, method="GET", path="/v1/models", body=b"").json["data"]
    assert {"gpt-4o", "mine"} <= {model["id"] for model in listed}


@pytest.mark.parametrize(
    "path, body, status, message",
    [
        ("/v1/other", chat(), 404, "Invalid URL (POST /v1/other)"),
        (CHAT, b"{", 400, "could not parse"),
        (CHAT, {"messages": []}, 400, "model"),
        (CHAT, {"model": "gpt-4o"}, 400, "messages"),
        ("/v1/models", chat(), 405, "Not allowed to POST"),
    ],
)
def test_errors_have_openai_form(mock, path, body, status, message):
    answer = ask(mock(), path=path, body=body)
    assert answer.status == status and message in answer.json["error"]["message"]
    assert set(answer.json["error"]) == {"message", "type", "param", "code"}


def test_remembers_requests_byte_for_byte(mock):
    server = mock()
    sent = [
        request(path=CHAT, body=b'{"model" : "gpt-4o",\n "messages":[1]}', headers=[("X-Odd", "  two  blanks ")]),
        request(path=CHAT, headers=[("Transfer-Encoding", "chunked")]) + chunked(b'{"mo\n', b'del":1}'),
        request("GET", "/v1/models?a=b", body=b""),
    ]
    with Connection(server.port) as connection:
        connection.send(b"".join(sent))  # pipelined
        assert [connection.read_answer().status for _ in sent] == [200, 400, 200]
    assert server.requests() == sent
    shown = ask(server, method="GET", path="/requests", body=b"").body
    assert all(one in shown for one in sent) and b"=== request 3, connection 1, " in shown
    assert ask(server, method="DELETE", path="/requests", body=b"").status == 204
    assert server.requests() == []


def test_remembers_what_ended_too_early(mock):
    server = mock()
    half = request(path=CHAT, body=b"{}", headers=[("Content-Length", "10")])
    with Connection(server.port) as connection:
        connection.send(half)
    assert server.requests() == [half]


def test_remembers_the_last_thousand(mock):
    server = mock()
    with Connection(server.port) as connection:
        for number in range(1_010):
            connection.ask(request("GET", f"/v1/models?{number}", body=b""))
    recorded = server.requests()
    assert len(recorded) == 1_000 and recorded[0].startswith(b"GET /v1/models?10 ")


def test_answers_expect_head_and_http_1_0(mock):
    server = mock()
    with Connection(server.port) as connection:
        connection.send(request(path=CHAT, headers=[("Expect", "100-continue"), ("Content-Length", "2")]))
        assert connection.read_head().status == 100
        connection.send(b"{}")
        assert connection.read_answer().status == 400
        assert connection.ask(request("HEAD", "/v1/models", body=b"")).body == b""
        assert connection.ask(request("GET", "/v1/models", body=b"", version="1.0")).status == 200
        assert connection.is_closed()


def test_a_port_in_use_is_69_and_wrong_usage_64(mock):
    server = mock()
    done = run("mock-llm", "--listen", f"127.0.0.1:{server.port}")
    assert done.returncode == 69 and str(server.port) in done.stderr
    for arguments in (["--frobnicate"], ["--quota", "gpt-4o"], ["--quota", "gpt-4o=1/0"], ["--listen", "8081"], ["--delay-ms", "-1"]):
        assert run("mock-llm", *arguments).returncode == 64, arguments


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_ends_at_a_signal(mock, ending):
    server = mock()
    server.process.send_signal(ending)
    assert server.process.wait(timeout=5) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))


def test_listens_on_the_port_it_was_given(mock):
    port = free_port()
    server = mock("--listen", f"127.0.0.1:{port}")
    assert server.port == port


# ---- the identity provider

FORM = ("Content-Type", "application/x-www-form-urlencoded")
GRANT = "grant_type=client_credentials"


def basic(text):
    return ("Authorization", "Basic " + base64.b64encode(text.encode()).decode())


def token(server, form=GRANT, headers=(basic("me:secret"),)):
    return ask(server, path="/oauth2/token", body=form.encode(), headers=[FORM, *headers])


def test_a_token_that_its_key_set_verifies(mock):
    server = mock("--issuer", "https://idp.example.com")
    got = token(server, GRANT + "&scope=chat+models&audience=https%3A%2F%2Fapi")
    assert got.status == 200 and got["Cache-Control"] == "no-store"
    assert got.json["token_type"] == "Bearer" and got.json["expires_in"] == 3600 and got.json["scope"] == "chat models"
    keys = jwt.PyJWKSet.from_dict(ask(server, method="GET", path="/oauth2/jwks", body=b"").json)
    header = jwt.get_unverified_header(got.json["access_token"])
    claims = jwt.decode(got.json["access_token"], keys[header["kid"]].key, ["RS256"], audience="https://api", issuer="https://idp.example.com")
    assert header["alg"] == "RS256" and claims["sub"] == claims["azp"] == "me" and claims["scope"] == "chat models"
    assert abs(claims["exp"] - time.time() - 3600) < 5 and claims["jti"]
    assert token(server).json["access_token"] != token(server).json["access_token"]


def test_the_issuer_is_the_address_unless_it_is_named(mock):
    server = mock()
    claims = jwt.decode(token(server).json["access_token"], options={"verify_signature": False})
    found = ask(server, method="GET", path="/.well-known/openid-configuration", body=b"", host=f"127.0.0.1:{server.port}").json
    assert claims["iss"] == found["issuer"] == server.url
    assert found["jwks_uri"] == f"{server.url}/oauth2/jwks" and found["token_endpoint"] == f"{server.url}/oauth2/token"


@pytest.mark.parametrize("form, headers", [(GRANT + "&client_id=a%26b&client_secret=s%2B+t", ()), (GRANT, (basic("a%26b:s%2B+t"),))])
def test_who_gets_tokens(mock, form, headers):
    server = mock("--client", "a&b=s+ t", "--client", "other=pass")
    assert token(server, form, headers).status == 200
    for wrong in (basic("a%26b:pass"), basic("other:"), basic("nobody:pass"), ("Authorization", "Basic !"), ("Authorization", "Bearer x")):
        refused = token(server, headers=(wrong,))
        assert refused.status == 401 and refused.json["error"] == "invalid_client" and refused["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    "form, error",
    [
        ("", "invalid_request"), ("grant_type=", "invalid_request"), ("grant_type=password", "unsupported_grant_type"),
        (f"{GRANT}&{GRANT}", "invalid_request"), (GRANT + "&client_id=me&client_secret=secret", "invalid_request"),
    ],
)
def test_wrong_requests_for_tokens(mock, form, error):
    refused = token(mock(), form)
    assert refused.status == 400 and refused.json["error"] == error and refused["Cache-Control"] == "no-store"


def test_a_token_is_asked_for_by_a_form(mock):
    server = mock()
    assert ask(server, path="/oauth2/token", body={"grant_type": "client_credentials"}).json["error"] == "invalid_request"
    assert ask(server, method="GET", path="/oauth2/token", body=b"")["Allow"] == "POST"
    assert ask(server, path="/oauth2/jwks", body=b"")["Allow"] == "GET, HEAD"

"""Clients that people use: OpenAI's own, and curl."""

import json
import subprocess

import openai
import pytest


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

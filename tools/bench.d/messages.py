"""The request and the answer of every measurement, of the sizes that earlier figures were taken with."""

import json

REQUEST_BYTES = 934
ANSWER_BYTES = 652


def _padded(make, size):
    """`make(text)` encoded, with as much text as it takes to be `size` bytes long."""
    empty = len(json.dumps(make("")))
    text = ("The quick brown fox jumps over the lazy dog. " * (size // 45 + 1))[: size - empty]
    return json.dumps(make(text))


REQUEST = _padded(
    lambda text: {"model": "gpt-4", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}], "temperature": 0.7},
    REQUEST_BYTES,
).encode()

ANSWER = _padded(
    lambda text: {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": "gpt-4o-2024-08-06",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 200, "completion_tokens": 80, "total_tokens": 280},
    },
    ANSWER_BYTES,
)

assert len(REQUEST) == REQUEST_BYTES and len(ANSWER) == ANSWER_BYTES


def conversation(size):
    """A request of about `size` bytes as a long conversation makes it: many messages, with line breaks, quotes, some Chinese."""
    text = 'He said: "The quick brown fox jumps over the lazy dog."\nThen: 敏捷的棕色狐狸。\n' * 8
    messages = []
    while len(json.dumps(messages, ensure_ascii=False).encode()) + len(text) < size or not messages:
        messages += [{"role": "user" if len(messages) % 2 == 0 else "assistant", "content": text[: max(100, size // 4)]}] * max(1, len(messages) // 2)
    return json.dumps({"model": "gpt-4", "messages": messages, "temperature": 0.7}, ensure_ascii=False).encode()


def request(body=REQUEST, query=b"", fields=b""):
    """Head and body as a client sends them."""
    head = b"POST /chat/1.0/chat/completions%s HTTP/1.1\r\nHost: bench.local\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
    return head % (query, fields, len(body)) + body

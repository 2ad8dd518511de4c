"""A Backend's credential goes to that Backend and nowhere else."""

import signal
import time

import pytest

from support.policies import Backend, Chat, rule
from support.programs import Dataplane, compile_table
from support.scripted import answer
from support.wire import CHAT, ask

CREDENTIAL = {"one": ("secret-one", "apiKey", "Authorization"), "two": ("secret-two", "apiKey", "X-Api-Key")}
MINE = [("Authorization", "Bearer mine"), ("x-api-key", "mine too"), ("X-Mine", "kept")]


@pytest.fixture
def secrets(tmp_path):
    """secrets(name=value, …) writes the folder of mounted Secrets and returns it."""
    folder = tmp_path / "secrets"

    def secrets(**values):
        for name, value in values.items():
            path = folder / name.replace("_", "-")
            path.mkdir(parents=True, exist_ok=True)
            (path / "apiKey").write_text(value)
        folder.mkdir(exist_ok=True)
        return folder

    return secrets


@pytest.mark.field("Backend.spec.security.apiKey.*")
def test_each_backend_gets_its_own(scripted, serve, secrets):
    backends = {"one": scripted(), "two": scripted(), "open": scripted()}
    folder = secrets(secret_one="Bearer sk-one\n", secret_two="sk-two")
    dataplane = serve(backends, ["--secrets", folder], CREDENTIAL, production=[("A", "one"), ("B", "two"), ("C", "open")])
    for _ in range(3):
        assert ask(dataplane, body=CHAT, headers=MINE).status == 200
    one, two, open_ = (backend.requests[0] for backend in backends.values())
    assert (one["Authorization"], one["x-api-key"]) == ("Bearer sk-one", "mine too")
    assert (two["Authorization"], two["x-api-key"]) == ("Bearer mine", "sk-two")
    assert (open_["Authorization"], open_["x-api-key"]) == ("Bearer mine", "mine too")
    assert all(request["X-Mine"] == "kept" for request in (one, two, open_))
    for name, backend in backends.items():
        for secret, owner in ((b"sk-one", "one"), (b"sk-two", "two")):
            assert all((secret in bytes(data)) == (owner == name) for data in backend.connections if data)
    everything_shown = dataplane.stderr() + dataplane.stdout() + dataplane.metrics() + str(dataplane.status())
    assert "sk-one" not in everything_shown and "sk-two" not in everything_shown


def test_secrets_may_lie_in_their_namespace(scripted, serve, secrets):
    backend, folder = scripted(), secrets()
    (folder / "default/secret-one").mkdir(parents=True)
    (folder / "default/secret-one/apiKey").write_text("Bearer sk-one")
    ask(serve({"one": backend}, ["--secrets", folder], CREDENTIAL, production=[("A", "one")]))
    assert backend.requests[0]["Authorization"] == "Bearer sk-one"


def test_a_failover_takes_the_next_credential(stack, scripted, serve, secrets):
    backends = {"one": scripted(lambda received, number: answer(429)), "two": scripted()}
    folder = secrets(secret_one="Bearer sk-one", secret_two="sk-two")
    assert ask(serve(backends, ["--secrets", folder], CREDENTIAL, production=[("A", "one"), ("B", "two")])).status == 200
    assert b"sk-one" not in backends["two"].requests[0].raw and backends["two"].requests[0]["x-api-key"] == "sk-two"


def test_a_target_without_its_credential_takes_no_traffic(scripted, serve, secrets):
    backends = {"one": scripted(), "open": scripted()}
    folder = secrets()
    dataplane = serve(backends, ["--secrets", folder], CREDENTIAL, production=[("A", "one"), ("B", "open")])
    assert [ask(dataplane)["x-rtbl-model"] for _ in range(3)] == ["B"] * 3 and backends["one"].requests == []
    assert "secret-one" in dataplane.stderr()
    target = dataplane.targets()["A", "one"]
    assert target["suspended"] is True and target["reason"] == "credential"
    secrets(secret_one="Bearer sk-one")
    deadline = time.monotonic() + 5
    while not backends["one"].requests:
        assert time.monotonic() < deadline, "the Secret that appeared is not read"
        ask(dataplane)
        time.sleep(0.1)
    assert backends["one"].requests[0]["Authorization"] == "Bearer sk-one"


def test_a_secret_that_changes_is_read_again(scripted, serve, secrets):
    backend, folder = scripted(), secrets(secret_one="Bearer first")
    dataplane = serve({"one": backend}, ["--secrets", folder], CREDENTIAL, production=[("A", "one")])
    ask(dataplane)
    secrets(secret_one="Bearer second")
    deadline = time.monotonic() + 5
    while backend.requests[-1]["Authorization"] != "Bearer second":
        assert time.monotonic() < deadline
        time.sleep(0.1)
        ask(dataplane)


def test_when_no_target_has_its_credential(scripted, serve):
    backend = scripted()
    got = ask(serve({"one": backend}, credentials=CREDENTIAL, production=[("A", "one")]))
    assert got.status == 503 and got["Retry-After"] is None and backend.requests == []


@pytest.mark.parametrize("has_secret", [True, False])
def test_a_redirected_backend(stack, tmp_path, scripted, secrets, has_secret):
    backend = scripted()
    described = Chat([Backend("one", 443, "llm.invalid", credential=CREDENTIAL["one"])], production=[("A", "one")])
    folder = secrets(**({"secret_one": "Bearer sk-one"} if has_secret else {}))
    redirected = Dataplane(compile_table(tmp_path, described.yaml()), {"one": backend.url}, ["--secrets", folder])
    assert ask(stack.enter_context(redirected), body=CHAT, headers=MINE).status == 200
    assert backend.requests[0]["Authorization"] == ("Bearer sk-one" if has_secret else None)


@pytest.mark.parametrize("path, expected", [("", "/v1/chat/completions"), ("/", "/v1/chat/completions"), ("/other/v2", "/other/v2/chat/completions")])
def test_the_path_of_a_redirection_takes_the_place_of_the_base_path(stack, tmp_path, scripted, path, expected):
    backend = scripted()
    table = compile_table(tmp_path, Chat([Backend("one", 443, "llm.invalid")], production=[("A", "one")]).yaml())
    ask(stack.enter_context(Dataplane(table, {"default/one": backend.url + path})))
    assert backend.requests[0].line == f"POST {expected} HTTP/1.1"
    assert backend.requests[0]["Host"] == f"127.0.0.1:{backend.port}"


@pytest.mark.parametrize("others", [(), ("two",)])
def test_a_secret_that_goes_between_two_attempts(scripted, serve_routes, secrets, others):
    """The target was picked while its Secret was there: without it nothing is sent, and the answer that is kept goes out."""
    folder = secrets(secret_one="sk-one")

    def script(received, number):
        (folder / "secret-one" / "apiKey").unlink()
        dataplane.process.send_signal(signal.SIGHUP)
        return answer(503, body=b"busy")

    backends = {"one": scripted(script), **{name: scripted() for name in others}}
    dataplane = serve_routes(
        backends, [rule("/x", *backends)], args=["--secrets", folder], credentials={"one": ("secret-one", "apiKey", "X-Api-Key")},
        more={"one": {"retry": {"count": 1, "baseIntervalMillis": 1000, "statusCodes": [503]}}})
    got = ask(dataplane, path="/chat/1.0/x")
    assert len(backends["one"].requests) == 1 and backends["one"].requests[0]["x-api-key"] == "sk-one"
    assert (got.status, got.body) == (503, b"busy") if not others else got.status == 200

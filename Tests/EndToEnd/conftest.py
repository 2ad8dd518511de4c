import contextlib

import pytest

from support import programs
from support.policies import Backend, Chat, Routes
from support.programs import Dataplane, MockLLM, compile_table
from support.scripted import ScriptedBackend


@pytest.fixture
def stack():
    """Contexts entered here end with the test, the last one first."""
    with contextlib.ExitStack() as contexts:
        yield contexts


@pytest.fixture
def mock(stack):
    """mock("--quota", "gpt-4o=3/60") starts a mock-llm."""
    return lambda *arguments: stack.enter_context(MockLLM(*arguments))


@pytest.fixture
def scripted(stack):
    """scripted(script) starts a backend that answers by the script."""
    return lambda *arguments, **options: stack.enter_context(ScriptedBackend(*arguments, **options))


@pytest.fixture
def serve(stack, tmp_path):
    """serve({"one": backend, …}, production=[("gpt-4o", "one", 5), …]) compiles a Chat API and starts a dataplane on it.
    `credentials` maps a Backend's name to its credential; `args` go to the dataplane. Backends that speak TLS are reached by
    https, verified as `backend_tls` says. With `certificates` there is a TLS listener too."""

    def serve(backends, args=(), credentials=None, backend_tls=None, certificates=(), backend_host="127.0.0.1", **options):
        described = [
            Backend(
                name, backend.port, host=backend_host, credential=(credentials or {}).get(name), tls=backend_tls,
                protocol="https" if getattr(backend, "tls", None) else "http",
            )
            for name, backend in backends.items()
        ]
        table = compile_table(tmp_path, Chat(described, **options).yaml())
        return stack.enter_context(Dataplane(table, args=args, certificates=certificates))

    return serve


@pytest.fixture
def serve_routes(stack, tmp_path):
    """serve_routes({"one": backend, …}, [rule(…), …]) compiles an API with these rules and starts a dataplane on it.
    `more` maps a Backend's name to further members of its spec, `credentials` to its credential; `args` go to the dataplane."""

    def serve(backends, rules, args=(), more=None, credentials=None, **options):
        described = [
            Backend(name, backend.port, more=(more or {}).get(name), credential=(credentials or {}).get(name)) for name, backend in backends.items()
        ]
        table = compile_table(tmp_path, Routes(described, rules, **options).yaml())
        return stack.enter_context(Dataplane(table, args=args))

    return serve


# A test that is marked with a field of the CRs must compile a policy that has it: tools/fields relies on the marks.
_compiled = {}  # test or module to the fields that it compiled
_faults_of_workers = set()


def pytest_configure(config):
    config.addinivalue_line("markers", "unsanitized: measures what a sanitizer changes, or looks at nothing that it could see")
    config.addinivalue_line("markers", "field(path, …): the fields of the CRs that this test holds; see tools/fields")


@pytest.fixture(autouse=True)
def note_compiled_fields(request):
    yield
    for owner in (request.node.parent.nodeid, f"{request.node.parent.nodeid}::{request.node.originalname}"):
        _compiled.setdefault(owner, set()).update(programs.compiled_fields)
    programs.compiled_fields.clear()


def pytest_sessionfinish(session):
    config = session.config
    if config.option.keyword or config.option.markexpr or any("::" in argument for argument in config.args) or session.testsfailed or session.shouldstop:
        return  # not every case of every test has run
    faults = {
        f"{owner} is marked with {field}, but compiled no policy that has it"
        for item in session.items
        for node, mark in item.iter_markers_with_node("field")
        for owner in [node.nodeid if node is not item else f"{item.parent.nodeid}::{item.originalname}"]
        for field in mark.args
        if owner in _compiled and not any((compiled + ".").startswith(field.removesuffix("*").rstrip(".") + ".") for compiled in _compiled[owner])
    }
    if hasattr(config, "workeroutput"):
        config.workeroutput["faults"] = sorted(faults)
        return
    for fault in sorted(faults | _faults_of_workers):
        print(f"\n{fault}")
    if faults or _faults_of_workers:
        session.exitstatus = 1


@pytest.hookimpl(optionalhook=True)  # pytest-xdist's
def pytest_testnodedown(node):
    _faults_of_workers.update(getattr(node, "workeroutput", {}).get("faults", []))

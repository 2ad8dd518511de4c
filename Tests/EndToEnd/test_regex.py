"""Regular expressions against another engine, and through the dataplane."""

import json
import os
import random

import pytest

from support import regexes
from support.policies import Backend, Chat
from support.programs import Dataplane, compile_table, run
from support.wire import ask


def chat_with_rules(backend, matches, rewrite):
    """A chat API whose rule has these matches and the new path `rewrite`."""
    chat = Chat([Backend("one", backend.port)])
    documents = [json.loads(document) for document in chat.yaml().split("\n---\n")]
    rule = next(document for document in documents if document["kind"] == "HTTPRoute")["spec"]["rules"][0]
    rule["matches"] = [{"path": {"type": "RegularExpression", "value": value}} for value in matches]
    rule["filters"] = [{"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplaceFullPath", "replaceFullPath": rewrite}}}]
    return "\n---\n".join(json.dumps(document) for document in documents)


@pytest.mark.field(
    "HTTPRoute.spec.rules[].matches[].path.type",
    "HTTPRoute.spec.rules[].matches[].path.value",
    "HTTPRoute.spec.rules[].filters[].type",
    "HTTPRoute.spec.rules[].filters[].urlRewrite.path.type",
    "HTTPRoute.spec.rules[].filters[].urlRewrite.path.replaceFullPath",
)
@pytest.mark.parametrize("path, upstream", [
    ("/chat/1.0/items/42/parts/a/b", b"/v1/things/42/a/b"), ("/chat/1.0/items/%34%32/parts/", b"/v1/things/42/"),
    ("/chat/1.0/items/x%2fy/parts/z?q=1", b"/v1/things/x%2Fy/z?q=1"), ("/chat/1.0/items/7/parts", b"/v1/things/7/"), ("/chat/1.0/items/7/parts/a/", b"/v1/things/7/a"),
])
def test_groups_go_into_the_new_path(stack, tmp_path, mock, path, upstream):
    server = mock()
    table = compile_table(tmp_path, chat_with_rules(server, [r"/items/([^/]+)/parts/(.*)"], r"/things/\1/\2"))
    dataplane = stack.enter_context(Dataplane(table))
    ask(dataplane, host="chat.local", path=path)
    assert server.requests()[0].split(b" ")[1] == upstream


def test_what_no_expression_matches_is_not_found(stack, tmp_path, mock):
    server = mock()
    table = compile_table(tmp_path, chat_with_rules(server, [r"/(items|things)/\d+", "(.*)/(.*)/(x|y)+z"], r"/\1"))
    dataplane = stack.enter_context(Dataplane(table))
    for path, found in [("/items/1", True), ("/items/1/", True), ("/items/", False), ("/items/a", False), ("/a/b/c/xyxz", True), ("/a/b/c/xy", False)]:
        assert (ask(dataplane, host="chat.local", path="/chat/1.0" + path).json["error"]["code"] != "route_not_found") == found, path
    assert len(server.requests()) == 3


def ask_rtblc(pairs):
    lines = "".join(f"{pattern.encode().hex()} {text.encode().hex()}\n" for pattern, text in pairs)
    done = run("rtblc", "match-regex", input=lines, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def said(result):
    if result == "no":
        return None
    if result == "yes":
        return []
    return [None if group == "_" else tuple(map(int, group.split(":"))) for group in result.split(",")]


def test_thousands_of_generated_pairs_match_as_in_another_engine():
    seed = int(os.environ.get("ROUNDTABLE_SEED", random.randrange(1 << 32)))
    print(f"ROUNDTABLE_SEED={seed}, engine: {'google-re2' if regexes.re2 else 're'}")
    maker = regexes.Maker(seed, common=not regexes.re2)
    pairs = [maker.pair() for _ in range(int(os.environ.get("ROUNDTABLE_PAIRS", "6000")))]
    answers = ask_rtblc(pairs)
    assert len(answers) == len(pairs)
    matches = captures = one_pass = large = 0
    for (pattern, text), answer in zip(pairs, answers):
        wanted = regexes.expected(pattern, text)
        about = f"{pattern!r} on {text!r}: {wanted} expected, {answer} said, ROUNDTABLE_SEED={seed}"
        if answer == "large":  # our limit, not the syntax's
            large += 1
            continue
        if answer.startswith("error") or wanted == "error":
            assert answer.startswith("error") and wanted == "error", about
            continue
        automaton, capturing, program = answer.split(" ")
        if not regexes.re2:  # Python's engine has other groups where a repeated one can be empty
            assert {result is not None for result in map(said, {automaton, capturing, program} - {"-"})} == {wanted is not None}, about
            matches, captures, one_pass = matches + (wanted is not None), captures + bool(wanted), one_pass + (capturing != "-")
            continue
        assert automaton in ("-", "no" if wanted is None else "yes"), about
        assert said(program) == wanted, about
        if capturing != "-":
            assert said(capturing) == wanted, about
            one_pass += 1
        matches += wanted is not None
        captures += bool(wanted)
    print(f"{matches} matches, {captures} with groups, {one_pass} by a capture automaton")
    assert matches > len(pairs) / 20 and captures > len(pairs) / 50 and one_pass > len(pairs) / 20, "too few to mean anything"
    assert large < len(pairs) / 20, "too many patterns beyond the limit"


@pytest.mark.skipif(not regexes.re2, reason="google-re2 is not installed: only it says what RE2's syntax is")
def test_what_is_no_pattern_there_is_none_here():
    seed = int(os.environ.get("ROUNDTABLE_SEED", random.randrange(1 << 32)))
    print(f"ROUNDTABLE_SEED={seed}")
    chance = random.Random(seed)
    patterns = ["".join(chance.choice(regexes.PIECES) for _ in range(chance.randint(1, 7))) for _ in range(6000)]
    answers = ask_rtblc([(pattern, "a") for pattern in patterns])
    faults = 0
    for pattern, answer in zip(patterns, answers):
        wanted = regexes.expected(pattern, "a")
        about = f"{pattern!r}: {wanted} expected, {answer} said, ROUNDTABLE_SEED={seed}"
        if answer == "large":
            continue
        assert (wanted == "error") == answer.startswith("error"), about
        faults += wanted == "error"
        if wanted != "error":
            assert said(answer.split(" ")[2]) == wanted, about
    assert len(patterns) / 10 < faults < len(patterns) * 9 / 10, "too one-sided to mean anything"

"""Regular expressions against another engine, and through the dataplane."""

import os
import random

import pytest

from support import regexes
from support.programs import run


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
    matches = captures = one_pass = 0
    for (pattern, text), answer in zip(pairs, answers):
        wanted = regexes.expected(pattern, text)
        about = f"{pattern!r} on {text!r}: {wanted} expected, {answer} said, ROUNDTABLE_SEED={seed}"
        if answer.startswith("error") or wanted == "error":
            assert answer.startswith("error") and wanted == "error", about
            continue
        automaton, capturing, program = answer.split(" ")
        assert automaton in ("-", "no" if wanted is None else "yes"), about
        assert said(program) == wanted, about
        if capturing != "-":
            assert said(capturing) == wanted, about
            one_pass += 1
        matches += wanted is not None
        captures += bool(wanted)
    print(f"{matches} matches, {captures} with groups, {one_pass} by a capture automaton")
    assert matches > len(pairs) / 20 and captures > len(pairs) / 50 and one_pass > len(pairs) / 20, "too few to mean anything"

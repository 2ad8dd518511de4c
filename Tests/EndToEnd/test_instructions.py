"""What a request costs the worker in instructions: callgrind counts the same on every machine, busy or not."""

import shutil
import sys

import pytest

from support.programs import ROOT

sys.path.insert(0, str(ROOT / "tools/bench.d"))
import instructions

pytestmark = [pytest.mark.unsanitized, pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not there")]

#: A change that needs more raises these, and says in its message what it gives for it.
MOST = {"plain": 25_500}


@pytest.fixture(scope="module")
def counted():
    return instructions.count()


def test_a_request_takes_no_more_instructions_than_agreed(counted):
    dearest = ", ".join(f"{name} {cost:.0f}" for name, cost in list(counted["functions"].items())[:5])
    assert counted["per_request"] < MOST["plain"], f"the dearest functions: {dearest}"
    # far below, the threshold no longer holds anything
    assert counted["per_request"] > 0.8 * MOST["plain"], "it has become cheaper: lower the threshold"


def test_no_reference_is_counted_and_no_exclusive_access_is_checked(counted):
    assert counted["of_the_runtime"] == {}

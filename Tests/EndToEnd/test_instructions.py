"""What a request costs the worker in instructions, and a start: callgrind counts the same on a busy machine as on a quiet one."""

import shutil
import sys

import pytest

from support.programs import ROOT

sys.path.insert(0, str(ROOT / "tools/bench.d"))
import instructions

pytestmark = [pytest.mark.unsanitized, pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not there")]

#: A change that needs more raises these, and says in its message what it gives for it; or it has made the profile stale,
#: and tools/profile makes it anew.
MOST = {"plain": 15_900, "access log": 21_900}
#: Two thirds are the loader's, nearly all for libcrypto. Where nothing is signed or encrypted, libcrypto is not made ready:
#: that takes as much again.
MOST_OF_A_START = 6_300_000


@pytest.fixture(scope="module", params=MOST)
def counted(request, tmp_path_factory):
    more = ["--access-log", tmp_path_factory.mktemp("instructions") / "access.log"] if request.param == "access log" else []
    return MOST[request.param], instructions.count(more=more)


def test_a_request_takes_no_more_instructions_than_agreed(counted):
    most, found = counted
    dearest = ", ".join(f"{name} {cost:.0f}" for name, cost in list(found["functions"].items())[:5])
    assert found["per_request"] < most, f"the dearest functions: {dearest}"
    # far below, the threshold no longer holds anything
    assert found["per_request"] > 0.8 * most, "it has become cheaper: lower the threshold"


def test_no_reference_is_counted_no_exclusive_access_checked_and_no_type_looked_up(counted):
    assert counted[1]["of_the_runtime"] == {}


def test_a_start_takes_no_more_instructions_than_agreed():
    assert 0.8 * MOST_OF_A_START < instructions.count_start() < MOST_OF_A_START

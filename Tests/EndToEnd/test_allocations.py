"""A request in the steady state takes no memory from the allocator."""

import sys

import pytest

from support.programs import ROOT

sys.path.insert(0, str(ROOT / "tools/bench.d"))
import mallocs


@pytest.fixture(scope="module")
def calls_per_request():
    return mallocs.measure()["per_request"]


@pytest.mark.parametrize("kind", ["plain", "streaming", "plain, TLS", "streaming, TLS", "plain, all on", "streaming, all on"])
def test_nothing_is_allocated_for_a_request(calls_per_request, kind):
    calls = calls_per_request[kind]
    allocated = sum(count for call, count in calls.items() if call != "free")
    # what a timer or the admin port may take while 2,000 requests pass is no request's
    assert allocated < 0.01, calls

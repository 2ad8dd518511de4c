"""A request in the steady state takes no memory from the allocator."""

import json
import sys

import pytest

from support.identity import ISSUER, Key, token
from support.policies import authentication, token_issuer
from support.programs import ROOT

sys.path.insert(0, str(ROOT / "tools/bench.d"))
import mallocs

pytestmark = pytest.mark.unsanitized


@pytest.fixture(scope="module")
def calls_per_request():
    return mallocs.measure()["per_request"]


@pytest.mark.parametrize("kind", ["plain", "streaming", "plain, TLS", "streaming, TLS", "plain, all on", "streaming, all on"])
def test_nothing_is_allocated_for_a_request(calls_per_request, kind):
    calls = calls_per_request[kind]
    allocated = sum(count for call, count in calls.items() if call != "free")
    # what a timer or the admin port may take while 2,000 requests pass is no request's
    assert allocated < 0.01, calls


@pytest.mark.parametrize("place", ["Authorization", "X-API-Key", "query"])
def test_nothing_is_allocated_for_a_token_that_is_known(place):
    key = Key("RS256")
    documents = [
        token_issuer(ISSUER, certificate=json.dumps({"keys": [key.jwk()]})),
        authentication(oauth2={}, apiKey=[{"in": "Header", "name": "X-API-Key"}, {"in": "Query", "name": "apikey"}], target="bench"),
    ]
    good = token(key)
    shown = {
        "Authorization": {"fields": f"Authorization: Bearer {good}\r\n".encode()},
        "X-API-Key": {"fields": f"X-API-Key: {good}\r\n".encode()},
        "query": {"query": f"?a=1&%61pikey={good.replace('.', '%2E')}&b=2".encode()},
    }
    calls = mallocs.measure_with([json.dumps(one) for one in documents], **shown[place])
    assert sum(count for call, count in calls.items() if call != "free") < 0.01, calls

"""A target comes back by itself, with its share and no more."""

import time

from support.scripted import answer
from support.wire import ask


def once_exhausted(model):
    """A script: the first request for `model` is answered with its last allowed one."""
    seen = []

    def script(request, number):
        if request.model == model and not seen:
            seen.append(number)
            return answer(headers=[("x-ratelimit-remaining-requests", "0")])
        return answer()

    return script


def models(dataplane, count):
    return "".join(ask(dataplane)["x-rtbl-model"] for _ in range(count))


def test_no_burst_on_return(scripted, serve):
    dataplane = serve({"one": scripted(once_exhausted("A"))}, production=[("A", "one"), ("B", "one"), ("C", "one")], suspend=1)
    begin = time.monotonic()
    assert models(dataplane, 13) == "A" + "BC" * 6
    assert time.monotonic() - begin < 0.9, "too slow a machine for this test"
    time.sleep(begin + 1.1 - time.monotonic())
    after = models(dataplane, 9)
    assert sorted(after[:3]) == sorted(after[3:6]) == sorted(after[6:]) == ["A", "B", "C"] and "AA" not in after


def test_the_others_keep_their_proportion(scripted, serve):
    production = [("A", "one", 4), ("B", "one", 2), ("C", "one", 1)]
    dataplane = serve({"one": scripted(once_exhausted("A"))}, production=production, suspend=60)
    assert models(dataplane, 1) == "A"
    during = models(dataplane, 30)
    assert (during.count("B"), during.count("C")) == (20, 10)


def test_suspended_and_resumed_by_hand(scripted, serve):
    dataplane = serve({"one": scripted()}, production=[("A", "one"), ("B", "one")])
    target = dataplane.targets()["A", "one"]["id"]
    assert dataplane.admin(f"/targets/{target}/suspend?seconds=60", "POST")[0] == 200
    assert models(dataplane, 3) == "BBB" and dataplane.targets()["A", "one"]["reason"] == "manual"
    assert dataplane.admin(f"/targets/{target}/resume", "POST")[0] == 200
    assert models(dataplane, 4).count("A") == 2
    assert dataplane.admin("/targets/none/suspend?seconds=60", "POST")[0] == 404
    assert dataplane.admin(f"/targets/{target}/suspend", "GET")[0] in (404, 405)

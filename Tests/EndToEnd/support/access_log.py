"""Reading access logs, as strictly as they promise to be written."""

import json
import time


def _only_once(pairs):
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names), f"a field twice: {names}"
    return dict(pairs)


def parse(text):
    """The objects of all lines; every line must be whole, and an object of its own."""
    assert not text or text.endswith("\n"), f"the last line is not whole: {text[-200:]!r}"
    lines = [json.loads(line, object_pairs_hook=_only_once) for line in text.split("\n")[:-1]]
    for line in lines:
        assert {"time", "http.response.status_code", "duration", "overhead"} <= set(line), line
    return lines


def wait_for(path, count, seconds=5):
    """The lines of the file, once there are as many."""
    deadline = time.monotonic() + seconds
    while True:
        text = path.read_bytes().decode() if path.exists() else ""
        if text.count("\n") >= count:
            lines = parse(text)
            assert len(lines) == count, f"{len(lines)} lines instead of {count}"
            return lines
        assert time.monotonic() < deadline, f"{text.count(chr(10))} lines of {count}:\n{text}"
        time.sleep(0.01)

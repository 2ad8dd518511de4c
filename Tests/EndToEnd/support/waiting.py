"""For what comes to pass a little later."""

import datetime
import time


def await_that(condition, within=3.0):
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.01)


def seconds_of(text):
    """Since 1970, of a time as /status writes it."""
    return datetime.datetime.fromisoformat(text).timestamp()

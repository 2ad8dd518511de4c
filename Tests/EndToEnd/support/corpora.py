"""Messages of public test suites, where they are there."""

import base64
import json
import os
import pathlib

import pytest

from .programs import ROOT

FOLDER = pathlib.Path(os.environ.get("ROUNDTABLE_CORPORA", ROOT.parent / "shared/corpora"))

needed = pytest.mark.skipif(not FOLDER.exists(), reason="the corpora are not there; ROUNDTABLE_CORPORA may name their folder")


def lines(name):
    with open(FOLDER / name) as file:
        for line in file:
            case = json.loads(line)
            yield {key: base64.b64decode(value) if key.endswith("_bytes") or key == "expected_body" and value is not None else value for key, value in case.items()}

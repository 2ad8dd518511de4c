"""The sample that users start from: three models on two Backends, production and sandbox told apart by host."""

import os
import pathlib

import pytest

from .programs import ROOT

PATH = pathlib.Path(os.environ.get("ROUNDTABLE_SAMPLES", ROOT.parent / "shared/samples")) / "ai-api-model-routing.yaml"

needed = pytest.mark.skipif(not PATH.exists(), reason="the sample is not there; ROUNDTABLE_SAMPLES may name its folder")

BACKENDS = ("chat-backend-1", "chat-backend-2")
PRODUCTION = {"host": "default.gw.wso2.com", "path": "/chat-service-prod-sand/1.0/chat/completions"}
SANDBOX = {**PRODUCTION, "host": "default.sandbox.gw.wso2.com"}
#: models and the Backends that they go to
PRODUCTION_ORDER = [("gpt-4o", 0), ("o1-mini", 1), ("gpt-4o-mini", 0)]
SANDBOX_ORDER = [("gpt-4o", 0), ("o1-mini", 1), ("gpt-4o-mini", 1)]

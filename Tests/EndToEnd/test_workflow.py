"""The workflow in the README: its shell steps run between two commits of a scratch repository, and print what it says."""

import re

import pytest
import yaml

from support.programs import ROOT
from support.runner import Repository, edit

README = (ROOT / "README.md").read_text()
BLOCKS = dict(re.findall(r"^```(yaml|markdown)\n(.*?)^```$", README[README.index("### In a pull request"):], re.DOTALL | re.MULTILINE))
WORKFLOW = yaml.safe_load(BLOCKS["yaml"])
STEPS = WORKFLOW["jobs"]["routes"]["steps"]


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path)


def test_the_steps_print_what_the_readme_says(repository):
    edit(
        repository.folder / "policies/chat/policy.yaml", ("- model: atlas-large\n          backendRef:", "- model: atlas-large\n          weight: 2\n          backendRef:"),
        ("  default:\n    aiProvider:", '  default:\n    cORSPolicy:\n      accessControlAllowOrigins: ["*"]\n    aiProvider:'),
    )
    repository.commit()
    for step in STEPS:
        if "run" not in step:
            continue
        done = repository.run(step)
        assert done.returncode == 0, f"{step['name']}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    assert repository.summary.read_text() == BLOCKS["markdown"]
    # what the other steps take
    uploads = {step["uses"].split("@")[0]: step.get("with", {}) for step in STEPS if "uses" in step}
    assert (repository.folder / uploads["actions/upload-artifact"]["path"]).stat().st_size > 0
    assert (repository.folder / uploads["github/codeql-action/upload-sarif"]["sarif_file"]).stat().st_size > 0
    assert uploads["actions/checkout"]["fetch-depth"] == 0


def test_a_mistake_fails_the_check_and_still_makes_sarif(repository):
    edit(repository.folder / "policies/chat/policy.yaml", ("name: provider-b", "name: provider-c"))
    repository.commit()
    unpack, check, sarif, *_ = [step for step in STEPS if "run" in step]
    assert repository.run(unpack).returncode == 0
    done = repository.run(check)
    assert done.returncode == 1 and re.search(r"^::error file=policies/chat/policy.yaml,line=\d+,col=\d+,", done.stdout, re.MULTILINE)
    assert repository.run(sarif).returncode == 0
    assert '"ruleId": "RT0203"' in (repository.folder / "rtblc.sarif").read_text()


def test_the_workflow_names_events_and_permissions_that_it_needs():
    assert WORKFLOW["permissions"] == {"contents": "read", "security-events": "write"}
    assert WORKFLOW[True]["pull_request"]["paths"] == ["policies/**"]  # YAML 1.1 reads `on` as true

"""The workflow in the README: its shell steps run between two commits of a scratch repository, and print what it says."""

import os
import re
import shutil
import subprocess
import tarfile

import pytest
import yaml

from support.programs import ROOT, binary

README = (ROOT / "README.md").read_text()
BLOCKS = dict(re.findall(r"^```(yaml|markdown)\n(.*?)^```$", README[README.index("### In a pull request"):], re.DOTALL | re.MULTILINE))
WORKFLOW = yaml.safe_load(BLOCKS["yaml"])
STEPS = WORKFLOW["jobs"]["routes"]["steps"]


def git(folder, *arguments):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def edit(path, *pairs):
    text = path.read_text()
    for before, after in pairs:
        assert text.count(before) >= 1, before
        text = text.replace(before, after, 1)
    path.write_text(text)


class Repository:
    """What a runner has: a checkout, its files for summary and path, and the base commit's name."""

    def __init__(self, folder):
        self.folder, self.temp = folder / "work", folder / "runner"
        (self.folder / ".github").mkdir(parents=True)
        self.temp.mkdir()
        with tarfile.open(self.folder / ".github/rtblc.tar.gz", "w:gz", compresslevel=1) as archive:
            archive.add(binary("rtblc"), "rtblc")
        shutil.copytree(ROOT / "policies/chat", self.folder / "policies/chat")
        git(self.folder, "init", "-q")
        self.base = self.commit()
        self.summary, self.path = self.temp / "summary.md", self.temp / "path"
        self.summary.touch()
        self.path.touch()

    def commit(self):
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "-m", "policies")
        return git(self.folder, "rev-parse", "HEAD")

    def run(self, step):
        path = ":".join(self.path.read_text().split() + [os.environ["PATH"]])
        environment = {**os.environ, "PATH": path, "RUNNER_TEMP": str(self.temp), "GITHUB_PATH": str(self.path), "GITHUB_STEP_SUMMARY": str(self.summary), "BASE": self.base}
        # as a runner starts a step on Linux
        return subprocess.run(["bash", "-e", "-c", step["run"]], cwd=self.folder, env=environment, capture_output=True, text=True)


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

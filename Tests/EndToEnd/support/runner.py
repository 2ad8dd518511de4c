"""A stand-in for a runner of GitHub Actions: runs the shell steps of a workflow in a scratch repository."""

import atexit
import functools
import os
import shutil
import subprocess
import tarfile
import tempfile

from .programs import ROOT, binary


def git(folder, *arguments):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false", "-c", "core.compression=0"]
    return subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def edit(path, *pairs):
    text = path.read_text()
    for before, after in pairs:
        assert text.count(before) >= 1, before
        text = text.replace(before, after, 1)
    path.write_text(text)


@functools.cache
def packed_compiler():
    """Made once for all tests: it takes a while."""
    file = tempfile.NamedTemporaryFile(suffix=".tar.gz")
    atexit.register(file.close)
    with tarfile.open(file.name, "w:gz", compresslevel=1) as archive:
        archive.add(binary("rtblc"), "rtblc")
    return file.name


class Repository:
    """What a runner has: a checkout, its files for summary and path, and the base commit's name."""

    def __init__(self, folder):
        self.folder, self.temp = folder / "work", folder / "runner"
        (self.folder / ".github").mkdir(parents=True)
        self.temp.mkdir()
        shutil.copy(packed_compiler(), self.folder / ".github/rtblc.tar.gz")
        shutil.copytree(ROOT / "policies/chat", self.folder / "policies/chat")
        git(self.folder, "init", "-q")
        self.base = self.commit()
        self.summary, self.path, self.exports = self.temp / "summary.md", self.temp / "path", self.temp / "environment"
        for file in (self.summary, self.path, self.exports):
            file.touch()

    def commit(self):
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "-m", "policies")
        return git(self.folder, "rev-parse", "HEAD")

    def run(self, step, **variables):
        """Runs a step's script; `variables` are what the workflow's `env` comes to."""
        path = ":".join(self.path.read_text().split() + [os.environ["PATH"]])
        files = {"RUNNER_TEMP": self.temp, "GITHUB_PATH": self.path, "GITHUB_ENV": self.exports, "GITHUB_STEP_SUMMARY": self.summary}
        exported = dict(line.split("=", 1) for line in self.exports.read_text().splitlines())
        environment = {**os.environ, "BASE": self.base, **{name: str(file) for name, file in files.items()}, **exported, **variables, "PATH": path}
        # as a runner starts a step on Linux
        return subprocess.run(["bash", "-e", "-c", step["run"]], cwd=self.folder, env=environment, capture_output=True, text=True)

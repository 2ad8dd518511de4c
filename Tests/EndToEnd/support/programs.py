"""The programs under test as processes: started on free ports, awaited, ended by their own process id."""

import base64
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import yaml as yaml_reader

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/bench.d"))
from processes import BINARIES, free_port  # noqa: E402, F401

START_SECONDS = 5

#: For every dataplane that a test starts: `tools/test sanitize` switches the sandbox off, whose filter a sanitizer's own calls do not pass.
DATAPLANE_ARGUMENTS = os.environ.get("ROUNDTABLE_DATAPLANE_ARGS", "").split()


def binary(name):
    path = BINARIES / name
    assert path.exists(), f"{path} is missing: build it with swift build -c release --product {name}, or set ROUNDTABLE_BIN"
    return str(path)


def run(name, *arguments, timeout=10, **options):
    """Runs a program to its end; its output as text."""
    return subprocess.run([binary(name), *map(str, arguments)], capture_output=True, text=True, timeout=timeout, **options)


#: Fields of the CRs that compile_table was given since this was last cleared, as the marks of tests name them.
compiled_fields = set()


def _note_fields(value, path):
    if isinstance(value, list):
        path += "[]"
    compiled_fields.add(path)
    for element in value if isinstance(value, list) else []:
        if isinstance(element, dict):
            for name, member in element.items():
                _note_fields(member, f"{path}.{name}")
    if isinstance(value, dict):
        for name, member in value.items():
            _note_fields(member, f"{path}.{name}")


def compile_table(directory, yaml):
    """The table of these CRs; fails with the diagnostics if there is none."""
    for document in yaml_reader.safe_load_all(yaml):
        for name, value in document.items():
            if name not in ("apiVersion", "kind"):
                _note_fields(value, f"{document['kind']}.{name}")
    directory = pathlib.Path(tempfile.mkdtemp(dir=directory))
    source, table = directory / "policy.yaml", directory / "table.rtbl"
    source.write_text(yaml)
    done = run("rtblc", "compile", source, "-o", table)
    assert done.returncode == 0, f"rtblc compile: exit {done.returncode}\n{done.stderr}\n{yaml}"
    return table


class Program:
    """A process whose standard output and error go to files. Use it as a context."""

    def __init__(self, name, arguments, environment=None):
        self.command = [binary(name), *map(str, arguments)]
        self.environment = {**os.environ, **(environment or {})}

    def __enter__(self):
        self.out, self.err = tempfile.TemporaryFile("w+b"), tempfile.TemporaryFile("w+b")
        self.process = subprocess.Popen(self.command, stdout=self.out, stderr=self.err, stdin=subprocess.DEVNULL, env=self.environment)
        try:
            self._await(self.is_ready)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            # one that counts for tools/profile writes its counts at its end
            (self.process.terminate if "LLVM_PROFILE_FILE" in os.environ else self.process.kill)()
        self.process.wait()
        self.out.close()
        self.err.close()

    def _await(self, condition):
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            ended = self.process.poll()
            if ended is not None or time.monotonic() > deadline:
                why = "is not ready" if ended is None else f"ended with {ended}"
                raise AssertionError(f"{' '.join(self.command)} {why}:\n{self.stderr()}")
            time.sleep(0.005)

    @property
    def pid(self):
        return self.process.pid

    @staticmethod
    def _text(file):
        return os.pread(file.fileno(), 1 << 20, 0).decode(errors="replace")

    def stdout(self):
        return self._text(self.out)

    def stderr(self):
        return self._text(self.err)

    def rss_bytes(self):
        return int(re.search(r"VmRSS:\s+(\d+) kB", pathlib.Path(f"/proc/{self.pid}/status").read_text())[1]) * 1024


class Dataplane(Program):
    """`backends`: name of a Backend to the URL that takes its place. `certificates`: pairs of files, certificate and key; with
    them there is a `tls_port` too."""

    def __init__(self, table, backends=None, args=(), environment=None, certificates=()):
        self.port, self.admin_port = free_port(), free_port()
        arguments = ["--table", table, "--listen", f"127.0.0.1:{self.port}", "--admin", f"127.0.0.1:{self.admin_port}"]
        if certificates:
            self.tls_port = free_port()
            arguments += ["--listen-tls", f"127.0.0.1:{self.tls_port}"]
        for certificate, key in certificates:
            arguments += ["--cert", certificate, "--key", key]
        for name, url in (backends or {}).items():
            arguments += ["--backend", f"{name}={url}"]
        super().__init__("dataplane", [*arguments, *DATAPLANE_ARGUMENTS, *args], environment)

    def is_ready(self):
        try:
            return self.admin("/readyz")[0] == 200
        except OSError:
            return False

    def admin(self, path, method="GET"):
        """Status and body of a call of the admin port."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.admin_port}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def status(self):
        return json.loads(self.admin("/status")[1])

    def targets(self):
        """All targets of `/status`, by (model, Backend's own name)."""
        return {(target["model"], target["backend"].rsplit("/", 1)[-1]): target for pool in self.status()["pools"] for target in pool["targets"]}

    def metrics(self):
        return self.admin("/metrics")[1].decode()


class MockLLM(Program):
    def __init__(self, *arguments):
        super().__init__("mock-llm", ["--listen", "127.0.0.1:0", *arguments])

    def is_ready(self):
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)\n", self.stdout())
        if found:
            self.port = int(found[1])
        return found is not None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def requests(self):
        """What it received: a list of bytes, one for each request."""
        with urllib.request.urlopen(f"{self.url}/requests?format=json", timeout=5) as answer:
            return [base64.b64decode(one["base64"]) for one in json.load(answer)["requests"]]

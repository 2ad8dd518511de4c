"""Many APIs: what is shown, what is counted only, and what memory the compiler takes. Nothing here is timed."""

import os
import pty
import subprocess
import sys
import threading
import time

import pytest

from support.programs import BINARIES, ROOT

sys.path.insert(0, str(ROOT / "tools/bench.d"))
import policies  # noqa: E402

pytestmark = pytest.mark.unsanitized

RTBLC = BINARIES / "rtblc"
SHOWN = 20


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """10,000 APIs of eight documents: 44 MB."""
    path = tmp_path_factory.mktemp("scale") / "many.yaml"
    with open(path, "w") as file:
        file.writelines(policies.documents(10_000))
    return path


#: Starts a command from a small process of its own: what a process had before exec counts in its child's peak, and a test
#: run that has grown large would be measured instead.
MEASURED = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""


def peak_bytes(*command):
    """Peak memory of a command that succeeds, and what it said."""
    done = subprocess.run([sys.executable, "-c", MEASURED, *map(str, command)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.splitlines()[-1]) * 1024, done.stderr


def on_a_terminal(command, delay=0.0, text=b"", environment=None):
    """What a command writes to a terminal as its standard error, with `text` at its standard input after `delay` seconds."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm", **(environment or {})})
    os.close(theirs)

    def feed():
        time.sleep(delay)
        process.stdin.write(text)
        process.stdin.close()

    threading.Thread(target=feed).start()
    said = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        said += part
    os.close(ours)
    assert process.wait() == 0, said
    return said.decode()


class TestWarnings:
    def test_twenty_of_each_code_then_a_count(self, many, tmp_path):
        _, said = peak_bytes(RTBLC, "compile", many, "-o", tmp_path / "many.rtbl")
        assert said.count("warning[RT0415]") == SHOWN
        assert f"note: {10_000 - SHOWN} more warnings RT0415" in said
        assert "10,000 APIs, 40,000 routes" in said.splitlines()[-1]
        assert len(said.splitlines()) < 5 * SHOWN + 5

    def test_the_first_ones_are_shown_with_their_lines(self, many, tmp_path):
        _, said = peak_bytes(RTBLC, "check", many)
        assert [line.split(":", 1)[1] for line in said.splitlines() if "warning[" in line][0].startswith("4:9: warning")
        assert said.count("  name: chat-") == SHOWN


class TestMemory:
    @pytest.mark.parametrize("command", ["compile", "check"])
    def test_takes_at_most_three_times_its_input(self, command, many, tmp_path):
        """All that the process ever held, program and runtime included: nothing is taken off."""
        output = ["-o", tmp_path / "many.rtbl"] if command == "compile" else []
        idle, _ = peak_bytes(RTBLC, "schema", "API")
        peak, _ = peak_bytes(RTBLC, command, many, *output)
        input_bytes = many.stat().st_size
        print(f"{command}: peak {peak:,} bytes, {peak / input_bytes:.2f} of the input ({input_bytes:,} bytes); without input {idle:,}")
        assert peak <= 3 * input_bytes

    def test_the_bytes_are_those_of_any_number_of_threads(self, many, tmp_path):
        subprocess.run([RTBLC, "compile", many, "-o", tmp_path / "all.rtbl"], check=True, capture_output=True)
        one = sorted(os.sched_getaffinity(0))[:1]
        subprocess.run([RTBLC, "compile", many, "-o", tmp_path / "one.rtbl"], check=True, capture_output=True, preexec_fn=lambda: os.sched_setaffinity(0, one))
        assert (tmp_path / "all.rtbl").read_bytes() == (tmp_path / "one.rtbl").read_bytes()


@pytest.fixture(scope="module")
def some():
    """3,000 APIs: enough that the work is still under way when the line is first written."""
    return "".join(policies.documents(3_000)).encode()


class TestProgress:
    def command(self, tmp_path):
        return [RTBLC, "compile", "-", "-o", tmp_path / "some.rtbl"]

    def test_is_shown_after_a_second_and_gone_at_the_end(self, some, tmp_path):
        said = on_a_terminal(self.command(tmp_path), delay=1.2, text=some)
        parts = said.split("\r")
        shown = [part for part in parts if part.startswith("rtblc: ")]
        assert shown and all(part.endswith("\x1b[K") and "\n" not in part for part in shown), parts
        assert any(part.startswith("rtblc: reading: ") for part in shown), shown
        # every line that was shown is cleared before anything else is written
        for part, following in zip(parts, parts[1:]):
            if part.startswith("rtblc: "):
                assert following.startswith(("rtblc: ", "\x1b[K")), parts
        assert said.rstrip().splitlines()[-1].endswith("3,000 warnings")

    def test_is_not_shown_of_quick_work(self, tmp_path):
        said = on_a_terminal(self.command(tmp_path), text="".join(policies.documents(1)).encode())
        assert "\x1b[K" not in said and "reading" not in said

    def test_is_not_shown_in_a_pipe(self, some, tmp_path):
        process = subprocess.Popen(self.command(tmp_path), stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1.2)
        _, said = process.communicate(some)
        assert process.returncode == 0 and b"\r" not in said and b"reading" not in said

    def test_is_not_shown_on_a_terminal_that_cannot_clear_a_line(self, some, tmp_path):
        said = on_a_terminal(self.command(tmp_path), delay=1.2, text=some, environment={"TERM": "dumb"})
        assert "\x1b" not in said and "reading" not in said

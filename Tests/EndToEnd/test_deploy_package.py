"""tools/deploy/package: the Debian package, judged by lintian, unpacked, run, and installed into a root of its own."""

import gzip
import os
import pwd
import re
import shutil
import subprocess
import time

import pytest

from support.package import build, built
from support.programs import run

pytestmark = pytest.mark.unsanitized

PROGRAMS = ["rtblc", "dataplane", "mock-llm"]


@pytest.fixture(scope="module")
def package():
    return built()


@pytest.fixture(scope="module")
def unpacked(package, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    subprocess.run(["dpkg-deb", "-x", package, root], check=True)
    return root


def options_of(program):
    """All options that --help names, of rtblc those of its commands too."""
    helps = [run(program, "--help").stdout]
    if program == "rtblc":
        commands = re.findall(r"^  ([a-z][a-z-]+) {2,}\S", helps[0].split("SUBCOMMANDS:")[1], re.MULTILINE)
        assert {"compile", "diff", "verify"} <= set(commands)
        helps += [run(program, "help", command).stdout for command in commands]
    found = {option for text in helps for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)}
    # what help texts show of other programs' options
    return found - ({"--secrets", "--table"} if program == "rtblc" else set()) - {"--help"}


@pytest.mark.skipif(not shutil.which("lintian"), reason="lintian is missing: tools/install test")
def test_lintian_has_nothing_to_say(package):
    done = subprocess.run(["lintian", "--fail-on", "error,warning", package], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stdout, done.stdout + done.stderr


def test_the_same_programs_make_the_same_package(package, tmp_path):
    time.sleep(1.1)  # times in an archive are whole seconds
    assert build(tmp_path).read_bytes() == package.read_bytes()


def test_the_programs_run_from_it(unpacked, tmp_path):
    for program in PROGRAMS:
        done = subprocess.run([unpacked / "usr/bin" / program, "--help"], capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout == run(program, "--help").stdout
    examples = unpacked / "usr/share/doc/roundtable/examples"
    done = subprocess.run([unpacked / "usr/bin/rtblc", "compile", examples / "policies/chat", "-o", tmp_path / "routes.rtbl"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert run("rtblc", "verify", tmp_path / "routes.rtbl").returncode == 0
    assert {path.name for path in (examples / "monitoring").iterdir()} == {"dashboard.json", "alerts.yaml"}


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_manual_names_every_option(unpacked, program):
    page = gzip.decompress((unpacked / f"usr/share/man/man1/{program}.1.gz").read_bytes()).decode().replace("\\-", "-")
    options = options_of(program)
    assert len(options) >= 5
    missing = {option for option in options if not re.search(rf"\\fB{option}\\fR", page)}
    assert not missing, f"{missing} are not in {program}(1)"
    if program == "rtblc":
        assert ".SS rtblc simulate" in page


@pytest.mark.parametrize("program", PROGRAMS)
def test_completions_offer_every_option(unpacked, program):
    share = unpacked / "usr/share"
    zsh, fish = (share / f"zsh/vendor-completions/_{program}").read_text(), (share / f"fish/vendor_completions.d/{program}.fish").read_text()
    assert zsh.startswith(f"#compdef {program}")
    for option in options_of(program):
        assert re.search(rf"{option}\b", zsh), f"zsh: {option}"
        assert re.search(rf"(-l '?|--){option[2:]}\b", fish), f"fish: {option}"
    script = share / f"bash-completion/completions/{program}"
    assert subprocess.run(["bash", "-n", script]).returncode == 0
    if program == "rtblc":
        return
    function = "_" + program.replace("-", "_")
    shown = subprocess.run(
        ["bash", "-c", f"source {script}; COMP_WORDS=({program} --); COMP_CWORD=1; {function}; printf '%s\\n' \"${{COMPREPLY[@]}}\""], capture_output=True, text=True)
    assert options_of(program) <= set(shown.stdout.split()), shown.stderr


def overlay(folder):
    """Whether a root can be laid over this one here, for a shell script."""
    return (f"set -e; mount -t tmpfs tmpfs {folder}; mkdir {folder}/upper {folder}/work {folder}/root; "
            f"mount -t overlay -o lowerdir=/,upperdir={folder}/upper,workdir={folder}/work overlay {folder}/root; "
            f"mount -t proc proc {folder}/root/proc; mount --bind /dev {folder}/root/dev; ")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_install_upgrade_remove_purge(package, tmp_path):
    """In a copy of this system that is thrown away: dpkg's own run of the maintainer scripts."""
    layers = tmp_path / "layers"
    layers.mkdir()
    within = lambda script: subprocess.run(["unshare", "--mount", "bash", "-c", overlay(layers) + f"cp {package} {layers}/root/package.deb; chroot {layers}/root bash -ec '{script}'"], capture_output=True, text=True)
    if within("true").returncode != 0:
        pytest.skip("no overlay can be mounted here")
    show = "getent passwd roundtable; stat -c \"%n %U:%G %a\" /etc/roundtable/secrets /etc/default/roundtable /lib/systemd/system/roundtable.service"
    done = within(f"""
        export DEBIAN_FRONTEND=noninteractive
        dpkg --force-depends -i /package.deb >/dev/null; {show}; dataplane --help | head -n 1
        echo example > /etc/roundtable/secrets/key; echo "# mine" >> /etc/default/roundtable
        dpkg --force-depends -i /package.deb >/dev/null
        dpkg -r roundtable >/dev/null; tail -n 1 /etc/default/roundtable; test ! -e /usr/bin/dataplane
        dpkg -P roundtable >/dev/null; cat /etc/roundtable/secrets/key; test ! -e /etc/default/roundtable; echo done""")
    assert done.returncode == 0, done.stdout + done.stderr
    user, secrets, default, unit, program, kept, value, end = done.stdout.splitlines()
    assert user.startswith("roundtable:x:") and user.endswith(":/nonexistent:/usr/sbin/nologin"), user
    assert [secrets, default, unit] == [
        "/etc/roundtable/secrets root:roundtable 750", "/etc/default/roundtable root:root 644", "/lib/systemd/system/roundtable.service root:root 644"]
    assert program == "dataplane --table FILE [options]" and kept == "# mine" and value == "example" and end == "done"
    with pytest.raises(KeyError):
        pwd.getpwnam("roundtable")

"""The Debian package of the programs under test."""

import atexit
import functools
import pathlib
import subprocess
import tempfile

from .programs import BINARIES, ROOT


def build(folder):
    """tools/deploy/package, with the quickest compression."""
    done = subprocess.run([ROOT / "tools/deploy/package", "--bin", BINARIES, "--out", folder, "--compress", "gzip:1"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (package,) = pathlib.Path(folder).glob("roundtable_*.deb")
    assert done.stdout == f"{package}\n"
    return package


@functools.cache
def built():
    """Made once for all tests."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return build(folder.name)

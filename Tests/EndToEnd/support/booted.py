"""A systemd of its own: process 1 of new namespaces, over a throw-away layer of this system's files, with nothing of the machine
within its reach but the network. It starts what the test gives it, and no other unit."""

import contextlib
import os
import pathlib
import pty
import shutil
import subprocess
import time

BOOT = r"""
set -e
layers=$1 console=$2; shift 2
mount -t tmpfs tmpfs "$layers"
mkdir "$layers/upper" "$layers/work" "$layers/root"
mount -t overlay -o "lowerdir=/,upperdir=$layers/upper,workdir=$layers/work" overlay "$layers/root"
cd "$layers/root"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for device in null zero full random urandom tty; do touch dev/$device; mount --bind /dev/$device dev/$device; done
touch dev/console
mount --bind "$console" dev/console
for package; do cp "$package" package.deb; chroot . dpkg --force-depends -i /package.deb >/dev/null; done
# what systems do at their start is not done here
for unit in sysinit.target network-online.target; do printf '[Unit]\nDefaultDependencies=no\n' >"etc/systemd/system/$unit"; done
for unit in systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket systemd-journal-flush.service systemd-udevd.service \
  systemd-networkd.service systemd-networkd-wait-online.service systemd-logind.service modprobe@.service; do ln -sf /dev/null "etc/systemd/system/$unit"; done
mkdir old
pivot_root . old
umount -l /old
cd /
printf '[Unit]\nDefaultDependencies=no\n' >/etc/systemd/system/bare.target
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=bare.target --log-target=console --show-status=0 --default-standard-output=inherit
"""


class NotHere(Exception):
    """No such process can be started on this machine."""


class Booted:
    def __init__(self, folder, *packages):
        self.layers, self.packages = folder / "layers", packages
        self.layers.mkdir()
        self.group = None
        self.said = b""

    def __enter__(self):
        hierarchy = next((path for path in map(pathlib.Path, ("/sys/fs/cgroup/unified", "/sys/fs/cgroup")) if (path / "cgroup.procs").exists()), None)
        if not hierarchy or not pathlib.Path("/lib/systemd/systemd").exists():
            raise NotHere("no cgroup2, or no systemd")
        self.group = hierarchy / f"roundtable-test-{os.getpid()}"
        try:
            self.group.mkdir()
        except OSError as error:
            raise NotHere(f"no cgroup can be made: {error}") from None
        self.console, terminal = pty.openpty()
        os.set_blocking(self.console, False)
        join = f"echo $$ > {self.group}/cgroup.procs && exec unshare --mount --pid --uts --ipc --cgroup --fork --kill-child bash -c \"$0\" boot \"$@\""
        self.process = subprocess.Popen(
            ["bash", "-c", join, BOOT, self.layers, os.ttyname(terminal), *self.packages], stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.close(terminal)
        deadline = time.monotonic() + 60
        while True:
            ended = self.process.poll()
            if ended is not None:
                text = self.process.stdout.read().decode()
                self.__exit__()
                raise NotHere(f"namespaces, mounts or systemd: exit {ended}\n{text}")
            self.first = self._first_of_the_namespace()
            if self.first and self.systemctl("is-active", "bare.target").stdout == "active\n":
                return self
            if time.monotonic() > deadline:
                text = self.log()
                self.__exit__()
                raise AssertionError(f"systemd has not started within a minute:\n{text}")
            time.sleep(0.1)

    def __exit__(self, *_):
        self.process.kill()  # and with it all of its namespace
        self.process.wait()
        self.process.stdout.close()
        os.close(self.console)
        deadline = time.monotonic() + 5
        while self.group.exists() and time.monotonic() < deadline:
            for folder in sorted(self.group.rglob("*/"), reverse=True) + [self.group]:
                with contextlib.suppress(OSError):
                    folder.rmdir()
            time.sleep(0.05)

    def _first_of_the_namespace(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        with contextlib.suppress(OSError, IndexError):
            pid = children.read_text().split()[0]
            if pathlib.Path(f"/proc/{pid}/comm").read_text() == "systemd\n":
                return pid
        return None

    def run(self, *command, **options):
        """Runs a command within."""
        return subprocess.run(
            [shutil.which("nsenter"), "-t", self.first, "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--root", "--wd", *command], capture_output=True, text=True, **options)

    def systemctl(self, *arguments):
        return self.run("systemctl", "--no-pager", *arguments)

    def show(self, unit, name):
        return self.systemctl("show", "--value", "--property", name, unit).stdout.strip()

    def write(self, path, content):
        done = self.run("sh", "-c", 'cat > "$0"', path, input=content)
        assert done.returncode == 0, done.stderr

    def log(self):
        """What systemd and the services have said."""
        with contextlib.suppress(BlockingIOError, OSError):
            while piece := os.read(self.console, 1 << 16):
                self.said += piece
        return self.said.decode(errors="replace")

    def pid(self, unit):
        """The main process of a service, as it is numbered out here."""
        within = self.show(unit, "MainPID")
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    numbers = next(line for line in (entry / "status").read_text().splitlines() if line.startswith("NSpid:")).split()[1:]
                    if len(numbers) > 1 and numbers[-1] == within and (entry / "comm").read_text() == "dataplane\n":
                        return int(entry.name)
        return None

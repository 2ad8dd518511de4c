"""The way from a token to an answer, as policies/tokens/README.md shows it: its commands, run one after another."""

import re
import shutil
import subprocess

from support.programs import BINARIES, ROOT, free_port


def commands(port_of):
    """The README's indented lines, on other ports."""
    text = (ROOT / "policies/tokens/README.md").read_text()
    block = "\n".join(line[4:] for line in text.splitlines() if line.startswith("    "))
    block = block.replace("dataplane --table", f"dataplane --listen 127.0.0.1:{free_port()} --admin 127.0.0.1:{free_port()} --table")
    return re.sub(r"\b(8081|9095)\b", lambda found: str(port_of[found[1]]), block)


def test_the_documented_way(tmp_path):
    port_of = {"8081": free_port(), "9095": free_port()}
    shutil.copytree(ROOT / "policies/tokens", tmp_path / "policies/tokens")
    issuer = tmp_path / "policies/tokens/authentication.yaml"
    issuer.write_text(issuer.read_text().replace("8081", str(port_of["8081"])))
    script = commands(port_of)
    # somebody who types is slower than a program that starts
    wait = "".join(f"for i in $(seq 100); do (: </dev/tcp/127.0.0.1/{port}) 2>/dev/null && break; sleep 0.05; done\n" for port in port_of.values())
    script = script.replace("TOKEN=", f"{wait}sleep 1.2\nTOKEN=")  # the keys are fetched each second until they are there
    script = f"trap 'kill $(jobs -p)' EXIT\nset -e\n{script}\ncurl -s http://127.0.0.1:{port_of['8081']}/requests\necho\necho token=$TOKEN\n"
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, env={"PATH": f"{BINARIES.resolve()}:/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    assert "HTTP/1.1 200 OK" in done.stdout and "x-rtbl-model: atlas-large" in done.stdout, done.stdout + done.stderr
    token = re.search(r"^token=([\w-]+\.[\w-]+\.[\w-]+)$", done.stdout, re.M)[1]
    received = done.stdout.split("=== request", 1)[1].split("token=")[0]
    assert "POST /v1/chat/completions" in received and "Authorization: Bearer" not in received and token not in received

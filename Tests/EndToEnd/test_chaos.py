"""Everything at once and at random: what must hold whatever clients, backends and people at the admin port do.

    ROUNDTABLE_CHAOS_SECONDS=300 ROUNDTABLE_CHAOS_SEED=7 pytest Tests/EndToEnd/test_chaos.py
"""

import asyncio
import json
import os
import random
import re
import shutil
import signal
import time

import pytest

from support.certificates import Authority
from support.chaos import ChaosBackend, ChaosClient, Record
from support.identity import ISSUER, Key, token
from support.policies import Backend, Chat, authentication, token_issuer
from support.programs import Dataplane, compile_table

SECONDS = float(os.environ.get("ROUNDTABLE_CHAOS_SECONDS", 15))
CLIENTS = 12

#: Backend's name: (header of its credential, beginning of its value, further members of the Backend)
BACKENDS = {
    "alpha": ("authorization", "Bearer sk-alpha", {}),
    "beta": ("x-key", "sk-beta", {"retry": {"count": 1, "baseIntervalMillis": 5, "statusCodes": [503]}}),
    "gamma": ("x-key", "sk-gamma", {"circuitBreaker": {"maxConnections": 8, "maxPendingRequests": 8, "maxRequests": 8, "maxRetries": 2}}),
    "delta": ("api-key", "sk-delta", {"healthCheck": {"timeout": 1, "interval": 1, "unhealthyThreshold": 3, "healthyThreshold": 1}}),
}
TLS = ("beta", "delta")


def policies(backends, key):
    described = [
        Backend(name, backends[name].port, credential=(f"secret-{name}", "key", header), protocol="https" if name in TLS else "http", more=more)
        for name, (header, _, more) in BACKENDS.items()
    ]
    documents = [authentication(jwt={"header": "Authorization"}), token_issuer(ISSUER, certificate=key.pem.decode())]
    for name, tokens in {"alpha": 3000, "beta": 1_000_000}.items():
        default = {"organization": "default", "tokenCount": {"unit": "Minute", "requestTokenCount": tokens, "responseTokenCount": 100_000, "totalTokenCount": 100_000}}
        documents.append({
            "apiVersion": "dp.wso2.com/v1alpha3", "kind": "AIRateLimitPolicy", "metadata": {"name": f"limit-{name}"},
            "spec": {"default": default, "targetRef": {"group": "gateway.networking.k8s.io", "kind": "Backend", "name": name}}})
    chat = Chat(described, production=[(f"model-{name}", name, weight) for weight, name in enumerate(BACKENDS, 1)], suspend=1, more=tuple(documents))
    made = [json.loads(text) for text in chat.yaml().split("\n---\n")]
    for document in made:
        if document["kind"] == "APIPolicy":
            document["spec"]["default"]["cORSPolicy"] = {"accessControlAllowOrigins": ["https://page.example.com"], "accessControlAllowMethods": ["POST"]}
    return "\n---\n".join(json.dumps(document) for document in made)


class Outside:
    """What happens around the traffic: certificates, Secrets, the admin port."""

    def __init__(self, dataplane, folder, certificates, in_use, seed, record):
        self.dataplane, self.folder, self.certificates, self.in_use = dataplane, folder, certificates, in_use
        self.random, self.record = random.Random(seed), record

    async def run(self, deadline):
        loop = asyncio.get_running_loop()
        while loop.time() < deadline:
            await asyncio.sleep(self.random.uniform(0, 0.3))
            await asyncio.to_thread(self.random.choice([self.reload, self.change_secret, self.look, self.look, self.suspend, self.nonsense]))

    def reload(self):
        for new, file in zip(self.random.choice(self.certificates), self.in_use):
            fresh = file.with_suffix(".new")
            shutil.copy(new, fresh)
            fresh.replace(file)
        self.dataplane.process.send_signal(signal.SIGHUP)

    def change_secret(self):
        name = self.random.choice(list(BACKENDS))
        file = self.folder / f"secret-{name}" / "key"
        if self.random.random() < 0.1:
            file.unlink(missing_ok=True)
        else:
            write_secret(self.folder, name, self.random.randrange(1000))

    def look(self):
        for path in ("/status", "/metrics", "/readyz", "/livez"):
            status, body = self.dataplane.admin(path)
            if status != 200 or any(prefix.encode() in body for _, prefix, _ in BACKENDS.values()):
                self.record.fault(f"{path}: {status} {body[:200]}")

    def suspend(self):
        target = self.random.choice(list(self.dataplane.targets().values()))
        action = self.random.choice(["suspend?seconds=1", "resume"])
        if self.dataplane.admin(f"/targets/{target['id']}/{action}", "POST")[0] != 200:
            self.record.fault(f"{action} of {target['id']} is refused")

    def nonsense(self):
        path = self.random.choice(["/targets/0/suspend?seconds=1", "/targets/x/y", "/nothing", "/targets//suspend"])
        if self.dataplane.admin(path, "POST")[0] not in (404, 405):
            self.record.fault(f"{path} is taken")


def write_secret(folder, name, number):
    (folder / f"secret-{name}").mkdir(parents=True, exist_ok=True)
    fresh = folder / f"secret-{name}" / ".new"
    fresh.write_text(f"{BACKENDS[name][1]}-{number}\n")
    fresh.replace(folder / f"secret-{name}" / "key")


COUNTED = re.compile(r'^(rtbl_connections\{.*\}|rtbl_buffered_body_bytes|rtbl_backend_load\{.*\}) (-?[1-9].*)$', re.M)


async def all_gone(dataplane, record):
    """Nobody is connected any more: what is counted goes back to nothing, once idle connections have ended."""
    deadline = time.monotonic() + 8
    while left := COUNTED.findall(await asyncio.to_thread(dataplane.metrics)):
        if time.monotonic() > deadline:
            record.fault(f"left behind: {left}")
            return
        await asyncio.sleep(0.1)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def test_everything_at_once(tmp_path, authority, stack):
    seed = int(os.environ.get("ROUNDTABLE_CHAOS_SEED", time.time_ns() % 1_000_000))
    print(f"seed {seed}")
    record = asyncio.run(chaos(tmp_path, authority, stack, seed))
    print(dict(sorted(record.counts.items(), key=str)))
    assert not record.faults, f"seed {seed}, {len(record.faults)} faults:\n" + "\n".join(record.faults[:20])
    assert record.counts.get(200, 0) > 2 * SECONDS, f"too little got through: {record.counts}"


async def chaos(tmp_path, authority, stack, seed):
    record, key, randoms = Record(), Key("ES256"), random.Random(seed)
    caller = token(key)
    prefixes = {name: prefix for name, (_, prefix, _) in BACKENDS.items()}
    backends = {
        name: ChaosBackend(
            name, record, randoms.random(), (header, prefix), [*(value for other, value in prefixes.items() if other != name), caller],
            authority.server("127.0.0.1") if name in TLS else None)
        for name, (header, prefix, _) in BACKENDS.items()
    }
    for backend in backends.values():
        await backend.start()
    for name in BACKENDS:
        write_secret(tmp_path / "secrets", name, 0)
    certificates = [authority.issue("chat.local"), authority.issue("chat.local", "other.local", days=2)]
    in_use = (tmp_path / "in-use.crt", tmp_path / "in-use.key")
    for new, file in zip(certificates[0], in_use):
        shutil.copy(new, file)
    args = [
        "--workers", 2, "--upstream-ca", authority.file, "--secrets", tmp_path / "secrets", "--max-body", 1 << 20, "--upstream-idle-timeout", 1,
        "--drain-timeout", 5]
    table = compile_table(tmp_path, policies(backends, key))
    dataplane = await asyncio.to_thread(lambda: stack.enter_context(Dataplane(table, args=args, certificates=[in_use])))
    deadline = asyncio.get_running_loop().time() + SECONDS
    clients = [
        ChaosClient(number, record, randoms.random(), dataplane.tls_port if number % 3 == 0 else dataplane.port, authority.client() if number % 3 == 0 else None, caller)
        for number in range(CLIENTS)
    ]
    outside = Outside(dataplane, tmp_path / "secrets", certificates, in_use, randoms.random(), record)
    await asyncio.gather(outside.run(deadline), *(client.run(deadline) for client in clients))
    await all_gone(dataplane, record)
    for secret in [*prefixes.values(), caller]:
        if secret in dataplane.stderr() + dataplane.stdout():
            record.fault(f"{secret} in what the dataplane says")
    dataplane.process.send_signal(signal.SIGTERM)
    code = await asyncio.to_thread(dataplane.process.wait, 20)
    if code != 0:
        record.fault(f"the dataplane ended with {code}: {dataplane.stderr()[-2000:]}")
    for backend in backends.values():
        await backend.stop()
    return record

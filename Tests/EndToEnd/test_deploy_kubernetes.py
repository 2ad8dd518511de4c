"""tools/deploy/kubernetes: what kustomize makes of it, judged by Kubernetes' own schemas, and by what the dataplane asks for."""

import base64
import json
import re
import shutil
import subprocess

import pytest
import yaml

from support.policies import Backend, Chat
from support.programs import ROOT, run

pytestmark = pytest.mark.unsanitized

KUBERNETES = ROOT / "tools/deploy/kubernetes"
#: The oldest and the newest version of Kubernetes that the manifests are for.
VERSIONS = ["1.29", "1.37"]


def kubectl_has_kustomize_4():
    if not shutil.which("kubectl"):
        return False
    found = re.search(r'"minor": "(\d+)', subprocess.run(["kubectl", "version", "--client", "-o", "json"], capture_output=True, text=True).stdout)
    return found and int(found[1]) >= 22


def render(folder):
    if folder != KUBERNETES / "base" and not kubectl_has_kustomize_4():
        pytest.skip("kubectl 1.22 or newer is needed: an older one does not know what these folders are written in")
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def validate(documents, tmp_path, versions=VERSIONS):
    file = tmp_path / "rendered.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    for version in versions:
        done = subprocess.run([shutil.which("kubernetes-validate", path=str(ROOT / ".venv-test/bin")), "--strict", "-k", version, file], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def one(documents, kind, name="roundtable"):
    (found,) = [document for document in documents if document["kind"] == kind and document["metadata"]["name"] == name]
    return found


def pod(documents):
    return one(documents, "Deployment")["spec"]["template"]["spec"]


def arguments(container):
    return dict(argument.removeprefix("--").split("=", 1) for argument in container["args"])


@pytest.fixture
def with_table(tmp_path):
    """A copy of the folders with a table that is larger than what an annotation may hold."""
    copy = tmp_path / "kubernetes"
    shutil.copytree(KUBERNETES, copy)
    backends = [Backend(f"backend-{number:04d}", 1) for number in range(3500)]
    source, table = tmp_path / "policy.yaml", copy / "configmap/routes.rtbl"
    source.write_text(Chat(backends, production=[("A", backends[0].name)]).yaml())
    assert run("rtblc", "compile", source, "-o", table).returncode == 0
    assert 256 << 10 < table.stat().st_size < 1 << 20
    return copy


def test_base(tmp_path):
    documents = render(KUBERNETES / "base")
    validate(documents, tmp_path)
    assert sorted(document["kind"] for document in documents) == [
        "Deployment", "HorizontalPodAutoscaler", "Namespace", "NetworkPolicy", "PodDisruptionBudget", "Service", "Service", "ServiceAccount"]
    assert {document["metadata"]["namespace"] for document in documents if document["kind"] != "Namespace"} == {"roundtable"}


def test_the_table_comes_through_the_config_map(with_table, tmp_path):
    documents = render(with_table / "configmap")
    validate(documents, tmp_path)
    held = one(documents, "ConfigMap", "roundtable-table")["binaryData"]
    table = tmp_path / "from-the-cluster.rtbl"
    table.write_bytes(base64.b64decode(held["routes.rtbl"]))
    assert run("rtblc", "verify", table).returncode == 0
    (volume,) = [volume for volume in pod(documents)["volumes"] if volume["name"] == "table"]
    assert volume == {"name": "table", "configMap": {"name": "roundtable-table"}}


def test_the_table_comes_as_an_image(tmp_path):
    documents = render(KUBERNETES / "image-volume")
    validate(documents, tmp_path, ["1.33", VERSIONS[-1]])
    (volume,) = [volume for volume in pod(documents)["volumes"] if volume["name"] == "table"]
    assert set(volume) == {"name", "image"}
    copied = re.search(r"^COPY \S+ /(\S+)$", (ROOT / "tools/deploy/container/table.Dockerfile").read_text(), re.MULTILINE)[1]
    assert arguments(pod(documents)["containers"][0])["table"] == f"/table/{copied}"


def test_the_sidecar(tmp_path):
    documents = render(KUBERNETES / "sync")
    validate(documents, tmp_path)
    (sync,) = pod(documents)["initContainers"]
    assert sync["restartPolicy"] == "Always", "else the dataplane would never start"
    (volume,) = [volume for volume in pod(documents)["volumes"] if volume["name"] == "table"]
    assert volume == {"name": "table", "emptyDir": {}}
    options = subprocess.run([ROOT / "tools/deploy/sync", "--help"], capture_output=True, text=True).stdout
    for name, value in arguments(sync).items():
        assert f"--{name} " in options
        assert any(value.startswith(mount["mountPath"] + "/") and not mount.get("readOnly") for mount in sync["volumeMounts"]), f"{value} cannot be written"
    assert arguments(sync)["table"] == arguments(pod(documents)["containers"][0])["table"]
    # the token is for the sidecar alone
    assert one(documents, "ServiceAccount")["automountServiceAccountToken"] is False and pod(documents)["automountServiceAccountToken"] is False
    assert "api-token" not in [mount["name"] for mount in pod(documents)["containers"][0]["volumeMounts"]]


def test_the_sidecar_may_read_every_kind_that_rtblc_accepts():
    rules = list(yaml.safe_load_all((KUBERNETES / "sync/rbac.yaml").read_text()))[0]["rules"]
    allowed = {(group, resource) for rule in rules for group in rule["apiGroups"] for resource in rule["resources"]}
    assert all(rule["verbs"] == ["get", "list", "watch"] for rule in rules)
    definitions = json.loads(run("rtblc", "schema").stdout)["$defs"]
    wanted = set()
    for kind, schema in definitions.items():
        for version in schema["properties"]["apiVersion"]["enum"]:
            group, _, _ = version.rpartition("/")
            plural = re.sub(r"(?<![aeiou])y$", "ie", kind.lower()) + "s"
            if group:
                wanted.add((group, plural))
    assert allowed == wanted


@pytest.mark.parametrize("folder", ["base", "image-volume", "sync"])
def test_every_container_gives_up_what_it_can(folder):
    spec = pod(render(KUBERNETES / folder))
    assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"] + spec.get("initContainers", []):
        assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
        assert container["resources"]["requests"] and container["resources"]["limits"]["memory"]
    assert one(render(KUBERNETES / folder), "Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_dataplane_takes_these_arguments():
    (container,) = pod(render(KUBERNETES / "base"))["containers"]
    given = arguments(container)
    known = run("dataplane", "--help").stdout
    unknown = [name for name in given if not re.search(rf"--{name}\b", known)]
    assert not unknown, f"dataplane has no {unknown}"
    # the probes come from the node: not on loopback, which asks for a token
    assert given["admin"].startswith("0.0.0.0:") and "admin-token" in given
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert [given[name] for name in ("listen", "listen-tls", "admin")] == [f"0.0.0.0:{ports[name]}" for name in ("http", "https", "admin")]
    assert {probe: container[probe]["httpGet"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")} == {
        "startupProbe": {"path": "/readyz", "port": "admin"}, "readinessProbe": {"path": "/readyz", "port": "admin"}, "livenessProbe": {"path": "/livez", "port": "admin"}}
    # each file stands in a volume, and what is written in one that can be
    mounts = {mount["mountPath"]: mount.get("readOnly", False) for mount in container["volumeMounts"]}
    for name in ("table", "cert", "key", "admin-token", "state"):
        folder = given[name].rsplit("/", 1)[0]
        assert folder in mounts and mounts[folder] == (name != "state"), name
    assert mounts[given["secrets"]]


def test_the_pod_is_not_killed_while_it_drains():
    spec = pod(render(KUBERNETES / "base"))
    (container,) = spec["containers"]
    given = arguments(container)
    assert int(given["drain-delay"]) + int(given["drain-timeout"]) < spec["terminationGracePeriodSeconds"] <= int(given["drain-delay"]) + int(given["drain-timeout"]) + 30
    # until then the endpoint has seen that it is not ready any more
    readiness = container["readinessProbe"]
    assert readiness["periodSeconds"] * readiness["failureThreshold"] < int(given["drain-delay"])
    assert "lifecycle" not in container


def test_secrets_lie_where_the_dataplane_looks(tmp_path):
    """Every credential of the example has its file at <secret>/<key> in the projected volume."""
    (volume,) = [volume for volume in pod(render(KUBERNETES / "base"))["volumes"] if volume["name"] == "secrets"]
    paths = {f"{source['secret']['name']}/{item['key']}": item["path"] for source in volume["projected"]["sources"] for item in source["secret"]["items"]}
    assert all(place == path for place, path in paths.items())
    assert run("rtblc", "compile", ROOT / "policies/chat", "-o", tmp_path / "chat.rtbl").returncode == 0
    inspected = run("rtblc", "inspect", tmp_path / "chat.rtbl").stdout
    wanted = {f"{secret}/{key}" for secret, key in re.findall(r"Secret default/(\S+) \[([^]]+)\]", inspected)}
    assert wanted and wanted <= set(paths), f"{wanted} in {inspected}"


def test_selectors_find_the_pods():
    documents = render(KUBERNETES / "base")
    labels = one(documents, "Deployment")["spec"]["template"]["metadata"]["labels"]
    ports = {port["name"] for port in pod(documents)["containers"][0]["ports"]}
    for name in ("roundtable", "roundtable-admin"):
        service = one(documents, "Service", name)["spec"]
        assert service["selector"].items() <= labels.items()
        assert {port["targetPort"] for port in service["ports"]} <= ports
    for kind, path in (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector"), ("Deployment", "selector")):
        assert one(documents, kind)["spec"][path]["matchLabels"].items() <= labels.items(), kind
    assert {port["port"] for rule in one(documents, "NetworkPolicy")["spec"]["ingress"] for port in rule["ports"]} == ports
    target = one(documents, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", "roundtable") and "replicas" not in one(documents, "Deployment")["spec"]

"""Which requests an API serves, and where they go: versions, references between CRs, precedence of policies."""

import base64
import json

import pytest

from support.policies import GATEWAY, GROUP, Backend, Routes, rule
from support.programs import Dataplane, compile_table, run
from support.wire import ask


def documents(text):
    return {(one["kind"], one["metadata"]["name"]): one for one in map(json.loads, text.split("\n---\n"))}


def text(made):
    return "\n---\n".join(json.dumps(one) for one in made.values())


def get(server, path="/chat/1.0/x", **options):
    return ask(server, path=path, **options)


@pytest.fixture
def served(stack, tmp_path):
    """served(documents) compiles them and starts a dataplane."""
    return lambda made, *args: stack.enter_context(Dataplane(compile_table(tmp_path, text(made)), args=args))


@pytest.mark.field("API.spec.isDefaultVersion", "API.spec.apiVersion", "API.spec.basePath")
def test_the_default_version_is_served_without_it_too(scripted, serve_routes):
    backend = scripted()
    dataplane = serve_routes({"one": backend}, [rule("/x", "one"), rule("/1.0/y", "one", rewrite="/y")], is_default=True)
    assert [get(dataplane, path).status for path in ("/chat/1.0/x", "/chat/x", "/chat/2.0/x", "/x")] == [200, 200, 404, 404]
    # a path with its version wins: /chat/1.0/y is no path of this version, /chat/1.0/1.0/y is
    assert [get(dataplane, path).status for path in ("/chat/1.0/1.0/y", "/chat/1.0/y", "/chat/y")] == [200, 200, 404]
    assert {request.line.split(" ")[1] for request in backend.requests} == {"/v1/chat/completions", "/v1/y"}


def test_without_isDefaultVersion_the_version_is_needed(scripted, serve_routes):
    dataplane = serve_routes({"one": scripted()}, [rule("/x", "one")])
    assert [get(dataplane, path).status for path in ("/chat/1.0/x", "/chat/x")] == [200, 404]


def test_the_default_version_and_another_side_by_side(scripted, served):
    one, two = scripted(), scripted()
    first = documents(Routes([Backend("one", one.port)], [rule("/x", "one")], is_default=True).yaml())
    second = documents(Routes([Backend("two", two.port)], [rule("/x", "two")], base="/chat/2.0").yaml())
    api, route = second["API", "chat"], second["HTTPRoute", "chat-production"]
    api["metadata"]["name"], route["metadata"]["name"] = "chat2", "chat2-production"
    api["spec"]["production"] = [{"routeRefs": ["chat2-production"]}]
    dataplane = served({**first, ("API", "chat2"): api, ("HTTPRoute", "chat2-production"): route, ("Backend", "two"): second["Backend", "two"]})
    assert [get(dataplane, path).status for path in ("/chat/x", "/chat/1.0/x", "/chat/2.0/x")] == [200] * 3
    assert (len(one.requests), len(two.requests)) == (2, 1)


@pytest.mark.field("API.spec.apiName")
def test_the_name_of_the_api_is_in_what_inspect_says(tmp_path):
    table = compile_table(tmp_path, Routes([Backend("one", 1)], [rule("/x", "one")]).yaml())
    assert json.loads(run("rtblc", "inspect", table, "--json").stdout)["apis"][0]["name"] == "chat"


@pytest.mark.field("API.spec.production[].httpRouteRefs[]")
def test_routes_of_the_first_version_of_the_api_kind(scripted, served):
    made = documents(Routes([Backend("one", scripted().port)], [rule("/x", "one")]).yaml())
    api = made["API", "chat"]
    api["apiVersion"] = f"{GROUP}/v1alpha1"
    api["spec"]["production"] = [{"httpRouteRefs": ["chat-production"]}]
    assert get(served(made)).status == 200


@pytest.mark.field("HTTPRoute.spec.rules[].matches[].method")
def test_methods(scripted, serve_routes):
    backends = {"any": scripted(), "post": scripted()}
    dataplane = serve_routes(backends, [rule("/x", "any"), rule("/x", "post", method="POST"), rule("/y", "post", method="PUT")])
    assert [get(dataplane, method=method, body=b"").status for method in ("GET", "POST", "DELETE")] == [200] * 3
    assert (len(backends["any"].requests), len(backends["post"].requests)) == (2, 1)
    assert get(dataplane, "/chat/1.0/y").status == 404


@pytest.mark.field("HTTPRoute.spec.rules[].filters[].urlRewrite.path.replacePrefixMatch", "Backend.spec.basePath")
@pytest.mark.parametrize("value, path, upstream", [("/new", "/old/a", "/base/new/a"), ("/", "/old/a/", "/base/a/"), ("/new/", "/old", "/base/new/")])
def test_a_prefix_is_replaced(scripted, served, value, path, upstream):
    backend = scripted()
    rewrite = {"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": value}}}
    made = Routes([Backend("one", backend.port, base_path="/base/")], [rule("/old", "one", type="PathPrefix", filters=[rewrite], rewrite=None)])
    assert get(served(documents(made.yaml())), f"/chat/1.0{path}").status == 200
    assert backend.requests[0].line == f"POST {upstream} HTTP/1.1"


@pytest.mark.field(
    "HTTPRoute.spec.parentRefs[].*",
    "Gateway.spec.listeners[].name",
    "Gateway.spec.listeners[].hostname",
)
def test_hosts_of_the_listener_that_a_route_names(scripted, served):
    made = documents(Routes([Backend("one", scripted().port)], [rule("/x", "one")]).yaml())
    listeners = [{"name": name, "hostname": host, "protocol": "HTTP", "port": 80} for name, host in (("a", "a.local"), ("b", "*.b.local"))]
    made["Gateway", "g"] = {"apiVersion": f"{GATEWAY}/v1", "kind": "Gateway", "metadata": {"name": "g"}, "spec": {"gatewayClassName": "c", "listeners": listeners}}
    spec = made["HTTPRoute", "chat-production"]["spec"]
    del spec["hostnames"]
    spec["parentRefs"] = [{"group": GATEWAY, "kind": "Gateway", "name": "g", "namespace": "default", "sectionName": "b"}]
    dataplane = served(made)
    assert [get(dataplane, host=host).status for host in ("a.local", "x.b.local", "x.y.b.local", "b.local", "chat.local")] == [404, 200, 200, 404, 404]


@pytest.mark.field(
    "HTTPRoute.spec.rules[].backendRefs[].*",
    "ReferenceGrant.spec.from[].*",
    "ReferenceGrant.spec.to[].*",
    "Backend.spec.services[].*",
    "Backend.spec.protocol",
)
def test_backends_by_weight_and_in_another_namespace(scripted, served):
    backends = {name: scripted() for name in ("one", "two", "none")}
    made = documents(Routes([Backend(name, backend.port) for name, backend in backends.items()], [rule("/x", *backends)]).yaml())
    made["Backend", "two"]["metadata"]["namespace"] = "other"
    made["ReferenceGrant", "grant"] = {
        "apiVersion": f"{GATEWAY}/v1beta1", "kind": "ReferenceGrant", "metadata": {"name": "grant", "namespace": "other"},
        "spec": {"from": [{"group": GATEWAY, "kind": "HTTPRoute", "namespace": "default"}], "to": [{"group": GROUP, "kind": "Backend", "name": "two"}]},
    }
    references = made["HTTPRoute", "chat-production"]["spec"]["rules"][0]["backendRefs"]
    references[0]["weight"] = 3
    references[1].update({"namespace": "other", "weight": 1})
    references[2]["weight"] = 0
    dataplane = served(made)
    assert [get(dataplane).status for _ in range(8)] == [200] * 8
    assert [len(backend.requests) for backend in backends.values()] == [6, 2, 0]


def models(model, backend, **more):
    return {"productionModels": [{"model": model, "backendRef": {"group": GROUP, "kind": "Backend", "name": backend, **more}}]}


def policy(name, layer, rotation, kind="API", **target):
    document = {
        "apiVersion": f"{GROUP}/v1alpha4", "kind": "APIPolicy", "metadata": {"name": name},
        "spec": {layer: {"modelBasedRoundRobin": rotation}, "targetRef": {"group": GATEWAY, "kind": kind, "name": "chat", **target}},
    }
    return {("APIPolicy", name): document}


EXTENSION = {"type": "ExtensionRef", "extensionRef": {"group": GROUP, "kind": "APIPolicy", "name": "resource"}}


@pytest.mark.field(
    "HTTPRoute.spec.rules[].filters[].extensionRef.*",
    "APIPolicy.spec.targetRef.*",
    "APIPolicy.spec.override",
    "APIPolicy.spec.default.modelBasedRoundRobin.productionModels[].backendRef.namespace",
)
@pytest.mark.parametrize(
    "layers, answering",
    [
        ({"api": "default"}, ("api", "api")),
        ({"api": "default", "resource": "default"}, ("resource", "api")),
        ({"api": "override", "resource": "override"}, ("api", "api")),
        ({"resource": "override"}, ("resource", None)),
    ],
)
def test_precedence_of_policies(scripted, served, layers, answering):
    backend = scripted()
    filters = [EXTENSION] if "resource" in layers else []
    made = documents(Routes([Backend("one", backend.port)], [rule("/x", "one", filters=filters), rule("/y", "one")]).yaml())
    if "api" in layers:
        made.update(policy("api", layers["api"], models("api", "one", namespace="default"), namespace="default"))
    if "resource" in layers:
        made.update(policy("resource", layers["resource"], models("resource", "one"), kind="Resource"))
    dataplane = served(made)
    assert tuple(get(dataplane, f"/chat/1.0/{path}")["x-rtbl-model"] for path in "xy") == answering


@pytest.mark.field("Backend.spec.security.basic.secretRef.*", "Secret.data", "Secret.stringData")
def test_a_user_name_and_password_from_secrets_in_the_input(scripted, stack, tmp_path):
    backend = scripted()
    secret = {"secretRef": {"name": "basic", "usernameKey": "user", "passwordKey": "word"}}
    made = documents(Routes([Backend("one", backend.port, more={"security": {"basic": secret}})], [rule("/x", "one")]).yaml())
    data = {"data": {"user": base64.b64encode(b"ana").decode()}, "stringData": {"word": "p:w"}}
    made["Secret", "basic"] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "basic"}, "type": "Opaque", **data}
    table = compile_table(tmp_path, text(made))
    source, folder = tmp_path / "all.yaml", tmp_path / "values"
    source.write_text(text(made))
    assert run("rtblc", "compile", source, "-o", tmp_path / "t.rtbl", "--secrets-out", folder).returncode == 0
    dataplane = stack.enter_context(Dataplane(table, args=["--secrets", folder]))
    assert get(dataplane, headers=[("Authorization", "Bearer mine")]).status == 200
    assert backend.requests[0]["Authorization"] == "Basic " + base64.b64encode(b"ana:p:w").decode()


@pytest.mark.field("Backend.spec.security.apiKey.in")
def test_a_key_in_the_query(scripted, stack, tmp_path):
    backend = scripted()
    key = {"in": "Query", "name": "api-key", "valueFrom": {"name": "key", "valueKey": "value"}}
    made = Routes([Backend("one", backend.port, more={"security": {"apiKey": key}})], [rule("/x", "one")])
    (tmp_path / "secrets/key").mkdir(parents=True)
    (tmp_path / "secrets/key/value").write_text("s3 cret&")
    dataplane = stack.enter_context(Dataplane(compile_table(tmp_path, made.yaml()), args=["--secrets", tmp_path / "secrets"]))
    assert get(dataplane, "/chat/1.0/x?a=1&api-key=mine&b=2").status == 200
    assert backend.requests[0].line.split(" ")[1] == "/v1/chat/completions?a=1&b=2&api-key=s3%20cret%26"


def test_a_model_in_a_header_rotates(scripted, serve):
    backend = scripted()
    dataplane = serve({"one": backend}, production=[("A", "one"), ("B", "one")], request_model={"in": "Header", "value": "X-Model"})
    for _ in range(4):
        assert ask(dataplane, body=b"\x00", headers=[("x-MODEL", "mine")]).status == 200
    assert [request["x-model"] for request in backend.requests] == ["A", "B", "A", "B"]

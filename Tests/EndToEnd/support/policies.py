"""Writes the CRs of one chat API. JSON is YAML, so that is what they are written in."""

import dataclasses
import json

GROUP = "dp.wso2.com"
GATEWAY = "gateway.networking.k8s.io"


@dataclasses.dataclass
class Backend:
    name: str
    port: int
    host: str = "127.0.0.1"
    base_path: str = "/v1"
    #: name of the Secret, key in it, header that its value is sent in
    credential: tuple | None = None
    timeout: dict | None = None
    #: "https" for TLS
    protocol: str = "http"
    #: as in a Backend: {"certificateInline": …, "allowedSANs": […]}
    tls: dict | None = None
    #: further members of spec, such as {"retry": {…}}
    more: dict | None = None

    def reference(self):
        return {"group": GROUP, "kind": "Backend", "name": self.name}

    def document(self):
        spec = {"services": [{"host": self.host, "port": self.port}], "basePath": self.base_path, "protocol": self.protocol}
        if self.credential:
            secret, key, header = self.credential
            spec["security"] = {"apiKey": {"in": "Header", "name": header, "valueFrom": {"name": secret, "valueKey": key}}}
        if self.tls:
            spec["tls"] = self.tls
        if self.timeout:
            spec["timeout"] = self.timeout
        spec.update(self.more or {})
        return _document(f"{GROUP}/v1alpha2", "Backend", self.name, spec)


@dataclasses.dataclass
class Chat:
    """An API at `base` on `host` (production) and sandbox.`host` (sandbox) with one rule: /chat/completions, any method, goes
    to its Backend's /v1/chat/completions. Models are (model, Backend's name) or (model, Backend's name, weight); without any
    there is no policy, and the rule's Backends take turns."""

    backends: list
    production: list | None = None
    sandbox: list | None = None
    #: seconds; None leaves the field out
    suspend: int | None = 60
    #: as in an AIProvider: {"in": "Header", "value": "x-model"}
    request_model: dict | None = None
    #: names of the rule's own Backends; all, if None
    rule: list | None = None
    annotations: dict | None = None
    host: str = "chat.local"
    base: str = "/chat/1.0"
    #: further documents, such as `authentication` and `token_issuer` make
    more: tuple = ()

    def yaml(self):
        documents = [self._api(), self._route("production", self.host), *self.more]
        if self.sandbox is not None:
            documents.append(self._route("sandbox", f"sandbox.{self.host}"))
        documents += [backend.document() for backend in self.backends]
        if self.request_model:
            documents.append(_document(f"{GROUP}/v1alpha4", "AIProvider", "provider", self._provider()))
        if self.production or self.sandbox:
            documents.append(self._policy())
        return "\n---\n".join(json.dumps(document, indent=1) for document in documents) + "\n"

    def _api(self):
        spec = {
            "apiName": "chat", "apiType": "REST", "apiVersion": self.base.rsplit("/", 1)[1], "basePath": self.base, "organization": "default",
            "production": [{"routeRefs": ["chat-production"]}],
        }
        if self.sandbox is not None:
            spec["sandbox"] = [{"routeRefs": ["chat-sandbox"]}]
        return _document(f"{GROUP}/v1alpha3", "API", "chat", spec)

    def _route(self, environment, host):
        rule = {
            "matches": [{"path": {"type": "Exact", "value": "/chat/completions"}}],
            "filters": [
                {"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/chat/completions"}}}
            ],
            "backendRefs": [backend.reference() for backend in self.backends if self.rule is None or backend.name in self.rule],
        }
        return _document(f"{GATEWAY}/v1", "HTTPRoute", f"chat-{environment}", {"hostnames": [host], "rules": [rule]})

    def _provider(self):
        return {
            "providerName": "provider", "providerAPIVersion": "v1", "organization": "default",
            "supportedModels": [entry[0] for entry in (self.production or []) + (self.sandbox or [])],
            "requestModel": self.request_model,
            "responseModel": {"in": "Body", "value": "model"},
            "rateLimitFields": {
                "promptTokens": {"in": "Body", "value": "$.usage.prompt_tokens"},
                "completionToken": {"in": "Body", "value": "$.usage.completion_tokens"},
                "totalToken": {"in": "Body", "value": "$.usage.total_tokens"},
            },
        }

    def _policy(self):
        by_name = {backend.name: backend for backend in self.backends}

        def models(entries):
            return [
                {"model": model, "backendRef": by_name[name].reference(), **({"weight": weight[0]} if weight else {})}
                for model, name, *weight in entries
            ]

        rotation = {} if self.suspend is None else {"onQuotaExceedSuspendDuration": self.suspend}
        if self.production:
            rotation["productionModels"] = models(self.production)
        if self.sandbox:
            rotation["sandboxModels"] = models(self.sandbox)
        default = {"modelBasedRoundRobin": rotation}
        if self.request_model:
            default["aiProvider"] = {"name": "provider"}
        target = {"group": GATEWAY, "kind": "API", "name": "chat"}
        return _document(f"{GROUP}/v1alpha4", "APIPolicy", "chat", {"default": default, "targetRef": target}, self.annotations)


def authentication(name="chat", target="chat", kind="API", disabled=None, **types):
    """An Authentication: authentication(oauth2={…}, apiKey=[…], jwt={…}, mtls={…})."""
    default = {"disabled": disabled} if disabled is not None else {"authTypes": types}
    group = GATEWAY if kind == "API" else GROUP
    return _document(f"{GROUP}/v1alpha2", "Authentication", name, {"default": default, "targetRef": {"group": group, "kind": kind, "name": target}})


def token_issuer(issuer, name="issuer", url=None, trust=None, certificate=None):
    """A TokenIssuer: its keys at `url`, whose host `trust` (PEM) vouches for, or `certificate`: PEM, or a JWK Set."""
    keys = {}
    if url:
        keys["jwks"] = {"url": url, **({"tls": {"certificateInline": trust}} if trust else {})}
    if certificate:
        keys["certificate"] = {"certificateInline": certificate}
    spec = {"name": name, "organization": "default", "issuer": issuer, "consumerKeyClaim": "azp", "scopesClaim": "scope", "signatureValidation": keys}
    return _document(f"{GROUP}/v1alpha2", "TokenIssuer", name, spec)


def rule(path="/chat/completions", *backends, type="Exact", method=None, headers=(), query=(), filters=(), timeouts=None, rewrite="/chat/completions"):
    """One rule of an HTTPRoute. `headers` and `query` are conditions, (name, value) or (name, value, type); `rewrite` is
    the path at the Backends, None for no URLRewrite."""

    def conditions(entries):
        return [{"name": name, "value": value, **({"type": kind[0]} if kind else {})} for name, value, *kind in entries]

    match = {"path": {"type": type, "value": path}}
    if method:
        match["method"] = method
    if headers:
        match["headers"] = conditions(headers)
    if query:
        match["queryParams"] = conditions(query)
    filters = list(filters)
    if rewrite is not None and not any(one["type"] == "RequestRedirect" for one in filters):
        filters.append({"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplaceFullPath", "replaceFullPath": rewrite}}})
    made = {"matches": [match], "filters": filters}
    if backends:
        made["backendRefs"] = [{"group": GROUP, "kind": "Backend", "name": name} for name in backends]
    if timeouts:
        made["timeouts"] = timeouts
    return made


@dataclasses.dataclass
class Routes:
    """An API at `base` on `host` with rules as `rule` makes them. `models` are as in Chat, for all rules; `policy` are
    further members of the APIPolicy's `default`."""

    backends: list
    rules: list
    models: list | None = None
    policy: dict | None = None
    annotations: dict | None = None
    suspend: int = 60
    request_model: dict | None = None
    is_default: bool = False
    host: str = "chat.local"
    base: str = "/chat/1.0"

    def yaml(self):
        chat = Chat(self.backends, production=self.models, suspend=self.suspend, request_model=self.request_model, annotations=self.annotations, host=self.host, base=self.base)
        api = chat._api()
        api["spec"]["isDefaultVersion"] = self.is_default
        documents = [api, _document(f"{GATEWAY}/v1", "HTTPRoute", "chat-production", {"hostnames": [self.host], "rules": self.rules})]
        documents += [backend.document() for backend in self.backends]
        if self.request_model:
            documents.append(_document(f"{GROUP}/v1alpha4", "AIProvider", "provider", chat._provider()))
        if self.models or self.policy:
            policy = chat._policy()
            if not self.models:
                del policy["spec"]["default"]["modelBasedRoundRobin"]
            policy["spec"]["default"].update(self.policy or {})
            documents.append(policy)
        return "\n---\n".join(json.dumps(document, indent=1) for document in documents) + "\n"


def _document(version, kind, name, spec, annotations=None):
    metadata = {"name": name, **({"annotations": annotations} if annotations else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}

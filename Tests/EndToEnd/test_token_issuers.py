"""Whose tokens an API takes, and where the CRs have keys and certificates."""

import base64

import pytest

from support.certificates import Authority
from support.identity import ISSUER, Identity, Key, bearer, token
from support.policies import GATEWAY, GROUP, authentication, token_issuer
from support.wire import CHAT, Connection, ask, request

OTHER = "https://other.example.com"


@pytest.fixture(scope="module")
def key():
    return Key("ES256")


@pytest.fixture
def guarded(serve, scripted):
    return lambda *documents, **options: serve({"one": scripted()}, production=[("A", "one")], more=documents, **options)


def status(dataplane, headers):
    return ask(dataplane, body=CHAT, headers=list(headers)).status


def changed(document, **members):
    document["spec"].update(members)
    return document


def data(kind, **values):
    if kind == "Secret":
        values = {name: base64.b64encode(value.encode()).decode() for name, value in values.items()}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "texts"}, "data": values}


@pytest.mark.field("API.spec.organization", "TokenIssuer.spec.organization", "TokenIssuer.spec.issuer")
def test_the_issuers_of_the_api_s_organization(guarded, key):
    pem = key.pem.decode()
    dataplane = guarded(
        token_issuer(ISSUER, name="own", certificate=pem), changed(token_issuer(OTHER, name="foreign", certificate=pem), organization="elsewhere"))
    assert status(dataplane, bearer(token(key))) == 200
    assert status(dataplane, bearer(token(key, iss=OTHER))) == 401


@pytest.mark.field("TokenIssuer.spec.environments[]")
def test_the_issuers_of_the_api_s_environment(guarded, key):
    pem = key.pem.decode()
    dataplane = guarded(
        token_issuer(ISSUER, name="own", certificate=pem), changed(token_issuer(OTHER, name="foreign", certificate=pem), environments=["elsewhere"]))
    assert status(dataplane, bearer(token(key))) == 200
    assert status(dataplane, bearer(token(key, iss=OTHER))) == 401


def test_each_issuer_has_its_own_keys(guarded, key):
    other = Key("ES256", id=key.id)
    dataplane = guarded(token_issuer(ISSUER, name="one", certificate=key.pem.decode()), token_issuer(OTHER, name="two", certificate=other.pem.decode()))
    assert status(dataplane, bearer(token(key))) == 200
    assert status(dataplane, bearer(token(other, iss=OTHER))) == 200
    assert status(dataplane, bearer(token(key, iss=OTHER))) == 401
    assert status(dataplane, bearer(token(other))) == 401


@pytest.mark.field("TokenIssuer.spec.signatureValidation.certificate.*")
@pytest.mark.parametrize("reference", ["certificateInline", "secretRef", "configMapRef"])
def test_where_a_key_is(guarded, key, reference):
    pem = key.pem.decode()
    kind = {"secretRef": "Secret", "configMapRef": "ConfigMap"}.get(reference)
    place = {reference: {"name": "texts", "key": "key"} if kind else pem}
    issuer = changed(token_issuer(ISSUER), signatureValidation={"certificate": place})
    assert status(guarded(issuer, *([data(kind, key=pem)] if kind else [])), bearer(token(key))) == 200


@pytest.mark.field("TokenIssuer.spec.signatureValidation.jwks.*")
@pytest.mark.parametrize("reference", ["certificateInline", "secretRef", "configMapRef"])
def test_where_the_trust_in_a_key_set_s_url_is(guarded, stack, key, tmp_path, reference):
    authority = Authority(tmp_path)
    identity = stack.enter_context(Identity(key, tls=authority.server("127.0.0.1")))
    kind = {"secretRef": "Secret", "configMapRef": "ConfigMap"}.get(reference)
    place = {reference: {"name": "texts", "key": "ca"} if kind else authority.text}
    issuer = changed(token_issuer(ISSUER), signatureValidation={"jwks": {"url": identity.jwks_url, "tls": place}})
    assert status(guarded(issuer, *([data(kind, ca=authority.text)] if kind else [])), bearer(token(key))) == 200


@pytest.mark.field("Authentication.spec.default.authTypes.mtls.secretRefs[].*", "Authentication.spec.default.authTypes.mtls.configMapRefs[]")
@pytest.mark.parametrize("reference, kind", [("secretRefs", "Secret"), ("configMapRefs", "ConfigMap")])
def test_where_certificates_of_clients_are(guarded, tmp_path, reference, kind):
    servers, clients = Authority(tmp_path), Authority(tmp_path, "clients")
    dataplane = guarded(
        data(kind, clients=clients.text), authentication(oauth2={"disabled": True}, mtls={reference: [{"name": "texts", "key": "clients"}]}),
        certificates=[servers.issue("chat.local")])
    tls = servers.client()
    tls.load_cert_chain(*clients.issue("somebody.example.com"))
    with Connection(dataplane.tls_port, tls=tls) as connection:
        assert connection.ask(request(body=CHAT)).status == 200
    assert status(dataplane, []) == 401


@pytest.mark.field("Authentication.spec.default.authTypes.mtls.disabled")
def test_a_type_that_is_disabled_opens_nothing(guarded, key, tmp_path):
    clients = Authority(tmp_path, "clients")
    dataplane = guarded(
        token_issuer(ISSUER, certificate=key.pem.decode()),
        authentication(oauth2={"disabled": False}, mtls={"disabled": True, "required": "mandatory", "certificatesInline": [clients.text]}))
    assert status(dataplane, bearer(token(key))) == 200


@pytest.mark.field("Authentication.spec.override", "Authentication.spec.default.disabled")
def test_an_override_wins(guarded, key):
    policy = authentication(disabled=True)
    policy["spec"]["override"] = {"disabled": False}
    dataplane = guarded(token_issuer(ISSUER, certificate=key.pem.decode()), policy)
    assert status(dataplane, []) == 401
    assert status(dataplane, bearer(token(key))) == 200


@pytest.mark.field("Authentication.spec.default.ext.disabled")
def test_the_early_way_to_open_an_api(guarded, key):
    policy = authentication(disabled=True)
    policy["apiVersion"] = f"{GROUP}/v1alpha1"
    policy["spec"]["default"] = {"ext": {"disabled": True}}
    assert status(guarded(token_issuer(ISSUER, certificate=key.pem.decode()), policy), []) == 200


@pytest.mark.field("Authentication.spec.targetRef.*")
def test_what_an_authentication_is_for(guarded, key):
    policy = authentication(disabled=True)
    policy["spec"]["targetRef"]["namespace"] = "default"
    assert status(guarded(token_issuer(ISSUER, certificate=key.pem.decode()), policy), []) == 200


@pytest.mark.field("TokenIssuer.spec.targetRef.*")
def test_the_gateway_of_an_issuer(guarded, key):
    gateway = {"group": GATEWAY, "kind": "Gateway", "name": "edge", "namespace": "default"}
    issuer = changed(token_issuer(ISSUER, certificate=key.pem.decode()), targetRef=gateway)
    assert status(guarded(issuer), bearer(token(key))) == 200

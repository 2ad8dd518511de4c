"""Tokens, made by PyJWT, at an API that asks for them."""

import base64
import hashlib
import hmac
import itertools
import json
import re
import time

import jwt
import pytest

from support.certificates import Authority, in_order, sign
from support.identity import ALGORITHMS, ISSUER, Identity, Key, bearer, decode, encode, token
from support.policies import Backend, Chat, authentication, token_issuer
from support.programs import compile_table
from support.scripted import Close, ScriptedBackend, Wait, answer
from support.waiting import await_that
from support.wire import CHAT, Connection, ask, request

PATH = "/chat/1.0/chat/completions"


@pytest.fixture(scope="module")
def keys():
    """A key for each algorithm, made once: RSA keys take their time."""
    return {algorithm: Key(algorithm) for algorithm in ALGORITHMS}


@pytest.fixture
def identity(stack, keys):
    return stack.enter_context(Identity(*keys.values()))


@pytest.fixture
def guarded(serve, scripted):
    """guarded(documents…) serves one backend, `guarded.backend`, behind them."""

    def guarded(*documents, **options):
        guarded.backend = scripted()
        return serve({"one": guarded.backend}, production=[("A", "one")], more=documents, **options)

    return guarded


@pytest.fixture
def dataplane(guarded, identity):
    return guarded(token_issuer(ISSUER, url=identity.jwks_url))


def call(dataplane, headers=(), path=PATH, **options):
    return ask(dataplane, body=CHAT, path=path, headers=list(headers), **options)


def counted(dataplane):
    """How often each result was counted."""
    found = re.findall(r'^rtbl_authentication_total\{api="default/chat",environment="production",result="(\w+)"\} (\d+)$', dataplane.metrics(), re.M)
    return {result: int(count) for result, count in found}


def assert_refused(dataplane, answer, result):
    """401 that does not say why, and `result` counted."""
    assert answer.status == 401, answer.body
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer.json["error_message"] == "Invalid Credentials" and answer.json["code"] == "401"
    assert answer.json["error"]["code"] == "invalid_credentials"
    assert counted(dataplane).get(result, 0) > 0, counted(dataplane)
    for word in ("expired", "signature", "issuer", "malformed", "kid", "audience"):
        assert word.encode() not in answer.body


# ---- algorithms

@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_each_algorithm_opens(dataplane, keys, guarded, algorithm):
    good = token(keys[algorithm])
    for _ in range(3):
        assert call(dataplane, bearer(good)).status == 200
    assert counted(dataplane) == {"passed": 3}
    assert len(guarded.backend.requests) == 3 and all(one["Authorization"] is None for one in guarded.backend.requests)


def test_without_a_token(dataplane, guarded):
    assert_refused(dataplane, call(dataplane), "missing")
    assert_refused(dataplane, call(dataplane, [("Authorization", "Basic dTpw")]), "missing")
    assert guarded.backend.requests == []


def forged(header, claims, signature=b""):
    return f"{encode(header)}.{encode(claims)}.{encode(signature)}"


def claims():
    return {"iss": ISSUER, "sub": "mallory", "exp": int(time.time()) + 3600}


@pytest.mark.parametrize("name", ["".join(letters) for letters in itertools.product("nN", "oO", "nN", "eE")] + [""])
def test_none_is_no_algorithm(dataplane, guarded, name):
    for kid in ({}, {"kid": "key-RS256"}):
        answer = call(dataplane, bearer(forged({"alg": name, "typ": "JWT", **kid}, claims())))
        assert_refused(dataplane, answer, "algorithm")
    assert guarded.backend.requests == []


@pytest.mark.parametrize("name, digest", [("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")])
@pytest.mark.parametrize("form", ["pem", "stripped", "n", "jwk"])
def test_a_public_key_is_no_shared_secret(dataplane, keys, guarded, name, digest, form):
    key = keys["RS256"]
    secret = {"pem": key.pem, "stripped": key.pem.strip(), "n": decode(key.jwk()["n"]), "jwk": json.dumps(key.jwk()).encode()}[form]
    signed = f'{encode({"alg": name, "typ": "JWT", "kid": key.id})}.{encode(claims())}'
    forgery = f"{signed}.{encode(hmac.digest(secret, signed.encode(), digest))}"
    assert_refused(dataplane, call(dataplane, bearer(forgery)), "algorithm")
    assert guarded.backend.requests == []


@pytest.mark.parametrize(
    "made_by, named",
    [("RS256", "ES256"), ("ES256", "RS256"), ("ES256", "ES384"), ("ES384", "ES256"), ("EdDSA", "RS256"), ("RS256", "EdDSA"), ("PS256", "RS256"), ("RS384", "RS256")],
)
def test_a_key_verifies_its_own_algorithm_only(dataplane, keys, guarded, made_by, named):
    assert_refused(dataplane, call(dataplane, bearer(token(keys[made_by], {"kid": keys[named].id}))), "algorithm")
    assert guarded.backend.requests == []


def test_another_key_of_the_same_kind(dataplane, keys, guarded):
    for algorithm in ALGORITHMS:
        stranger = Key(algorithm, id=keys[algorithm].id)
        assert_refused(dataplane, call(dataplane, bearer(token(stranger))), "signature")
    assert guarded.backend.requests == []


def test_keys_that_a_token_brings_along_do_not_count(dataplane, keys, guarded, stack):
    stranger = Key("RS256", id="stranger")
    theirs = stack.enter_context(Identity(stranger))
    for headers in (
        {"jwk": stranger.jwk()}, {"jku": theirs.jwks_url}, {"x5u": theirs.jwks_url}, {"jwk": stranger.jwk(), "kid": keys["RS256"].id},
        {"jku": theirs.jwks_url, "kid": keys["RS256"].id}, {"x5c": [base64.b64encode(stranger.pem).decode()], "kid": keys["RS256"].id},
    ):
        assert call(dataplane, bearer(token(stranger, headers))).status == 401, headers
    assert theirs.requests == [] and guarded.backend.requests == []


def test_critical_extensions_and_other_types_are_refused(dataplane, keys):
    key = keys["ES256"]
    assert call(dataplane, bearer(token(key, {"typ": "at+jwt"}))).status == 200
    for headers in ({"crit": ["exp"], "exp": 1}, {"typ": "logout+jwt"}, {"typ": "dpop+jwt"}):
        assert_refused(dataplane, call(dataplane, bearer(token(key, headers))), "malformed")


# ---- claims

def test_the_issuer(dataplane, keys, guarded):
    for issuer in ("https://idp.example.com/token/", "https://IDP.example.com/token", "", None):
        assert_refused(dataplane, call(dataplane, bearer(token(keys["ES256"], iss=issuer))), "issuer")
    assert guarded.backend.requests == []


@pytest.mark.parametrize("seconds, status", [(3600, 200), (1, 200), (-50, 200), (-61, 401), (-3600, 401)])
def test_the_end_of_a_token_with_leeway(dataplane, keys, seconds, status):
    answer = call(dataplane, bearer(token(keys["ES256"], exp=int(time.time()) + seconds)))
    assert answer.status == status
    if status == 401:
        assert_refused(dataplane, answer, "expired")


@pytest.mark.parametrize("seconds, status", [(-10, 200), (50, 200), (70, 401), (3600, 401)])
def test_the_beginning_of_a_token_with_leeway(dataplane, keys, seconds, status):
    answer = call(dataplane, bearer(token(keys["ES256"], nbf=int(time.time()) + seconds)))
    assert answer.status == status
    if status == 401:
        assert_refused(dataplane, answer, "early")


def test_a_remembered_token_ends_too(dataplane, keys):
    short = bearer(token(keys["ES256"], exp=time.time() - 58.5))
    assert call(dataplane, short).status == 200
    assert call(dataplane, short).status == 200
    time.sleep(2)
    assert_refused(dataplane, call(dataplane, short), "expired")


@pytest.mark.parametrize("wrong", [None, "3600", 1e300])
def test_exp_is_needed_and_a_date(dataplane, keys, wrong):
    key = keys["ES256"]
    header, _, _ = token(key).split(".")
    made = {"iss": ISSUER, "exp": wrong} if wrong is not None else {"iss": ISSUER}
    signed = f"{header}.{encode(made)}"
    signature = jwt.get_algorithm_by_name("ES256").sign(signed.encode(), key.private)
    assert_refused(dataplane, call(dataplane, bearer(f"{signed}.{encode(signature)}")), "malformed")


@pytest.mark.field("Authentication.spec.default.authTypes.jwt.disabled", "Authentication.spec.default.authTypes.jwt.header", "Authentication.spec.default.authTypes.jwt.audience[]")
@pytest.mark.parametrize(
    "audience, status",
    [("chat", 200), (["other", "chat"], 200), ("other", 401), (["other"], 401), ([], 401), (None, 401), (["chat", 1], 401)],
)
def test_the_audience(guarded, identity, keys, audience, status):
    dataplane = guarded(
        token_issuer(ISSUER, url=identity.jwks_url),
        authentication(oauth2={"disabled": True}, jwt={"disabled": False, "header": "X-Token", "audience": ["chat", "embeddings"]}))
    answer = call(dataplane, [("X-Token", token(keys["ES256"], aud=audience))])
    assert answer.status == status


# ---- what is no token

def variations(good):
    header, body, signature = good.split(".")
    yield from ("", ".", "..", good + ".", "." + good, f"{header}.{body}", f"{header}..{signature}", f".{body}.{signature}", f"{header}.{body}.")
    yield from (good + "=", good + "A", good[:-1], f"{header}.{body}.{signature}.{signature}", good.replace(".", "!"), good + " " + good, f'"{good}"')
    yield f"{header}.{body}.{signature[:-4]}"
    raw = decode(header).decode()
    # twice the same member: two readers could take it for two headers
    doubled = raw.replace("{", '{"alg":"none",', 1)
    yield f"{encode(doubled.encode())}.{body}.{signature}"
    yield f"{encode(raw.encode() + b' x')}.{body}.{signature}"
    yield f"{encode(b'[]')}.{body}.{signature}"
    yield f"{header}.{encode(b'[' * 2000)}.{signature}"
    deep = b'{"a":' * 2000
    yield f"{encode(deep)}.{body}.{signature}"


def test_malformed_tokens(dataplane, keys, guarded):
    for wrong in variations(token(keys["ES256"])):
        answer = call(dataplane, bearer(wrong))
        assert answer.status == 401, wrong
    assert guarded.backend.requests == []


def test_no_bit_of_a_token_can_be_changed(dataplane, keys, guarded):
    good = token(keys["ES256"])
    with Connection(dataplane.port) as connection:
        for position in range(len(good)):
            for bit in range(7):
                changed = chr(ord(good[position]) ^ 1 << bit)
                if not ("!" <= changed <= "~"):
                    continue
                wrong = good[:position] + changed + good[position + 1 :]
                answer = connection.ask(request(body=CHAT, headers=bearer(wrong)))
                assert answer.status == 401, (position, bit)
        assert connection.ask(request(body=CHAT, headers=bearer(good))).status == 200
    assert len(guarded.backend.requests) == 1


def test_oversized_tokens(dataplane, keys):
    assert call(dataplane, bearer(token(keys["ES256"], padding="x" * 11_000))).status == 200
    assert_refused(dataplane, call(dataplane, bearer(token(keys["ES256"], padding="x" * 13_000))), "oversized")


def test_a_token_that_is_shown_twice(dataplane, keys, guarded):
    good, bad = token(keys["ES256"]), token(keys["ES256"], iss="other")
    for pair in ((good, good), (good, bad), (bad, good)):
        assert_refused(dataplane, call(dataplane, [*bearer(pair[0]), *bearer(pair[1])]), "malformed")
    assert call(dataplane, [("Authorization", f"Bearer {good}, Bearer {good}")]).status == 401
    assert guarded.backend.requests == []


# ---- keys

def test_a_token_without_a_key_id(guarded, stack, keys):
    one = stack.enter_context(Identity(keys["ES256"]))
    dataplane = guarded(token_issuer(ISSUER, url=one.jwks_url))
    assert_refused(dataplane, call(dataplane, bearer(token(keys["ES256"], {"kid": None}))), "missing_kid")
    assert call(dataplane, bearer(token(keys["ES256"]))).status == 200


def test_a_certificate_has_no_key_id(guarded, keys):
    dataplane = guarded(token_issuer(ISSUER, certificate=keys["RS256"].pem.decode()))
    for headers in ({"kid": None}, {"kid": "whatever"}):
        assert call(dataplane, bearer(token(keys["RS256"], headers))).status == 200
    assert_refused(dataplane, call(dataplane, bearer(token(Key("RS256"), {"kid": None}))), "signature")


def test_two_certificates_want_a_key_id(guarded, keys):
    other = Key("RS256")
    dataplane = guarded(token_issuer(ISSUER, certificate=(keys["RS256"].pem + other.pem).decode()))
    for key in (keys["RS256"], other):
        assert_refused(dataplane, call(dataplane, bearer(token(key, {"kid": None}))), "missing_kid")
        assert call(dataplane, bearer(token(key))).status == 200


def test_a_key_set_in_the_table(guarded, keys):
    key_set = json.dumps({"keys": [keys["ES384"].jwk(), {"kty": "new", "kid": "x"}]})
    dataplane = guarded(token_issuer(ISSUER, certificate=key_set))
    assert call(dataplane, bearer(token(keys["ES384"]))).status == 200


@pytest.mark.parametrize(
    "changes", [{"use": "enc"}, {"alg": "RS512"}, {"key_ops": ["sign"]}, {"kty": "oct", "k": "c2VjcmV0"}, {"n": encode(b"\xff" * 128)}, {"e": "AQ"}],
)
def test_keys_that_are_of_no_use(guarded, stack, keys, changes):
    only = stack.enter_context(Identity(keys["RS256"].jwk(**changes)))
    dataplane = guarded(token_issuer(ISSUER, url=only.jwks_url))
    assert call(dataplane, bearer(token(keys["RS256"]))).status == 401


def test_a_short_key_is_of_no_use(guarded, stack):
    weak = Key("RS256", bits=1024)
    dataplane = guarded(token_issuer(ISSUER, url=stack.enter_context(Identity(weak)).jwks_url))
    assert call(dataplane, bearer(token(weak))).status == 401


def test_an_unknown_key_id_fetches_the_set_anew(dataplane, identity, keys):
    assert call(dataplane, bearer(token(keys["ES256"]))).status == 200
    fetched = len(identity.requests)
    time.sleep(10.1)  # at most one fetch in that time
    new = Key("ES256", id="new")
    identity.keys.append(new)
    # the request waits for the keys
    assert call(dataplane, bearer(token(new))).status == 200
    assert len(identity.requests) == fetched + 1
    # and a flood of others does not bring another
    for number in range(20):
        assert_refused(dataplane, call(dataplane, bearer(token(Key("ES256", id=f"unknown-{number}")))), "unknown_kid")
    assert len(identity.requests) == fetched + 1


def test_a_key_that_has_gone_opens_nothing(dataplane, identity, keys):
    old = bearer(token(keys["ES256"]))
    assert call(dataplane, old).status == 200
    new = Key("ES384", id="new")
    identity.keys[:] = [new]
    time.sleep(10.1)
    assert call(dataplane, bearer(token(new))).status == 200
    # though it was remembered
    assert call(dataplane, old).status == 401


def test_the_last_set_serves_while_its_url_is_down(dataplane, identity, keys):
    assert call(dataplane, bearer(token(keys["ES256"]))).status == 200
    identity.down = True
    time.sleep(10.1)
    assert call(dataplane, bearer(token(Key("ES256", id="unknown")))).status == 401
    await_that(lambda: dataplane.status()["keySets"][0]["problem"], within=5)
    assert "status 500" in dataplane.status()["keySets"][0]["problem"] and "500" in dataplane.stderr()
    for algorithm in ALGORITHMS:
        assert call(dataplane, bearer(token(keys[algorithm]))).status == 200


def test_without_keys_the_caller_is_not_blamed(guarded, identity, keys):
    identity.down = True
    dataplane = guarded(token_issuer(ISSUER, url=identity.jwks_url))
    answer = call(dataplane, bearer(token(keys["ES256"])))
    assert answer.status == 503 and answer["Retry-After"] and answer.json["error"]["code"] == "keys_unavailable"
    assert counted(dataplane) == {"unavailable": 1}
    assert "cannot be fetched" in dataplane.stderr() and identity.jwks_url in dataplane.stderr()
    assert_refused(dataplane, call(dataplane), "missing")
    assert guarded.backend.requests == []


def test_a_request_waits_for_the_first_keys(guarded, stack, keys):
    key_set = {"keys": [keys["ES256"].jwk()]}
    slow = stack.enter_context(ScriptedBackend(lambda request, number: [Wait(0.7), answer(body=key_set)]))
    dataplane = guarded(token_issuer(ISSUER, url=f"{slow.url}/jwks"))
    begin = time.monotonic()
    assert call(dataplane, bearer(token(keys["ES256"]))).status == 200
    assert time.monotonic() - begin < 3


@pytest.mark.parametrize("chunks", [1, 7, 100_000])
def test_a_key_set_in_chunks(guarded, stack, keys, chunks):
    body = json.dumps({"keys": [keys["ES256"].jwk()]}).encode()
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[i : i + chunks]), body[i : i + chunks]) for i in range(0, len(body), chunks)) + b"0\r\n\r\n"
    chunked = stack.enter_context(ScriptedBackend(lambda request, number: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces))
    dataplane = guarded(token_issuer(ISSUER, url=f"{chunked.url}/jwks?tenant=1"))
    assert call(dataplane, bearer(token(keys["ES256"]))).status == 200
    assert chunked.requests[0].line == "GET /jwks?tenant=1 HTTP/1.1"


@pytest.mark.parametrize("script", [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull", b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{}",
                                    b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"])
def test_what_is_no_key_set(guarded, stack, keys, script):
    wrong = stack.enter_context(ScriptedBackend(lambda request, number: [script, Close()]))
    dataplane = guarded(token_issuer(ISSUER, url=f"{wrong.url}/jwks"))
    assert call(dataplane, bearer(token(keys["ES256"]))).status == 503
    assert "cannot be fetched" in dataplane.stderr()


def test_a_key_set_over_https(guarded, stack, keys, tmp_path):
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "stranger")
    secure = stack.enter_context(Identity(keys["ES256"], tls=authority.server("127.0.0.1")))
    dataplane = guarded(token_issuer(ISSUER, url=secure.jwks_url, trust=authority.text))
    assert call(dataplane, bearer(token(keys["ES256"]))).status == 200
    distrusting = guarded(token_issuer(ISSUER, url=secure.jwks_url, trust=stranger.text))
    assert call(distrusting, bearer(token(keys["ES256"]))).status == 503
    assert "TLS" in distrusting.stderr()
    elsewhere = stack.enter_context(Identity(keys["ES256"], tls=authority.server("other.example.com")))
    mistaken = guarded(token_issuer(ISSUER, url=elsewhere.jwks_url, trust=authority.text))
    assert call(mistaken, bearer(token(keys["ES256"]))).status == 503


# ---- schemes

@pytest.mark.field("Authentication.spec.default.authTypes.oauth2.disabled", "Authentication.spec.default.authTypes.apiKey[].in", "Authentication.spec.default.authTypes.apiKey[].name")
def test_an_api_key_in_a_header(guarded, identity, keys):
    dataplane = guarded(
        token_issuer(ISSUER, url=identity.jwks_url), authentication(oauth2={"disabled": True}, apiKey=[{"in": "Header", "name": "X-API-Key"}]))
    good = token(keys["ES256"])
    assert call(dataplane, [("x-api-key", good), ("X-Mine", "kept")]).status == 200
    assert guarded.backend.requests[0]["X-API-Key"] is None and guarded.backend.requests[0]["X-Mine"] == "kept"
    assert_refused(dataplane, call(dataplane, [("x-api-key", f"Bearer {good}")]), "malformed")
    assert_refused(dataplane, call(dataplane, bearer(good)), "missing")


def test_an_api_key_in_the_query(guarded, identity, keys):
    dataplane = guarded(
        token_issuer(ISSUER, url=identity.jwks_url), authentication(oauth2={"disabled": True}, apiKey=[{"in": "Query", "name": "apikey"}]))
    good = token(keys["ES256"])
    for query, kept in (
        (f"?apikey={good}", ""), (f"?a=1&apikey={good}&b=2", "?a=1&b=2"), (f"?%61pikey={good}&b", "?b"), (f"?apikeys=1&apikey={good}", "?apikeys=1"),
    ):
        assert call(dataplane, path=PATH + query).status == 200, query
        assert guarded.backend.requests[-1].line == f"POST /v1/chat/completions{kept} HTTP/1.1"
    assert_refused(dataplane, call(dataplane, path=f"{PATH}?apikey={good}&apikey={good}"), "malformed")
    assert_refused(dataplane, call(dataplane, path=f"{PATH}?apikey="), "malformed")
    assert_refused(dataplane, call(dataplane, path=f"{PATH}?apikey"), "malformed")
    assert_refused(dataplane, call(dataplane, path=PATH), "missing")


def percent_encoded(text, every=1):
    """Every `every`th character escaped, digits in both cases."""
    return "".join(f"%{ord(one):{'Xx'[number % 2]}}" if number % every == 0 else one for number, one in enumerate(text))


@pytest.mark.parametrize(
    "name, spellings",
    [("api_key", ["api_key", "%61pi_key", "api%5fkey", "%61%70%69%5F%6B%65%79"]), ("key[a]", ["key[a]", "key%5Ba%5d", "ke%79[a]"])])
def test_an_api_key_in_the_query_in_any_spelling(guarded, identity, keys, name, spellings):
    """A client may escape whatever it likes in a query (RFC 3986, 2.3): the key is the same, and leaves the same."""
    dataplane = guarded(token_issuer(ISSUER, url=identity.jwks_url), authentication(oauth2={}, apiKey=[{"in": "Query", "name": name}]))
    good = token(keys["ES256"])
    for spelling in spellings:
        for value in (good, percent_encoded(good), percent_encoded(good, 3), good.replace(".", "%2E"), good.replace(".", "%2e")):
            assert call(dataplane, path=f"{PATH}?a=%31&{spelling}={value}&b").status == 200, (spelling, value)
            assert guarded.backend.requests[-1].line == "POST /v1/chat/completions?a=%31&b HTTP/1.1"
            assert call(dataplane, path=f"{PATH}?{spelling}={value}").status == 200, (spelling, value)
            assert guarded.backend.requests[-1].line == "POST /v1/chat/completions HTTP/1.1"
    assert counted(dataplane) == {"passed": 10 * len(spellings)}
    served = len(guarded.backend.requests)
    # decoded once, never twice; a key that is shown twice is none, in whichever spelling
    twice = percent_encoded(good).replace("%", "%25")
    for query in (
        *(f"{spelling}={value}" for spelling in spellings for value in (twice, good + "%00", good + "+", "%20" + good)),
        *(f"{one}={good}&{other}={good}" for one in spellings for other in spellings),
    ):
        assert_refused(dataplane, call(dataplane, path=f"{PATH}?{query}"), "malformed")
    assert counted(dataplane)["malformed"] == 4 * len(spellings) + len(spellings) ** 2
    assert_refused(dataplane, call(dataplane, path=f"{PATH}?{percent_encoded(name).replace('%', '%25')}={good}"), "missing")
    assert len(guarded.backend.requests) == served


def test_every_spelling_of_an_api_key_goes_no_further(guarded, identity, keys):
    """A token in the header opens; what stands in the query's place for one is removed all the same, each of it."""
    dataplane = guarded(token_issuer(ISSUER, url=identity.jwks_url), authentication(oauth2={}, apiKey=[{"in": "Query", "name": "api_key"}]))
    good = token(keys["ES256"])
    query = f"a=1&%61pi_key={percent_encoded(good)}&api_key={good}&&api%5Fkey&api_key=&b=api_key&xapi_key=1&api_key2"
    assert call(dataplane, bearer(good), path=f"{PATH}?{query}").status == 200
    assert guarded.backend.requests[0].line == "POST /v1/chat/completions?a=1&&b=api_key&xapi_key=1&api_key2 HTTP/1.1"


def test_any_of_several_types_opens(guarded, identity, keys):
    dataplane = guarded(
        token_issuer(ISSUER, url=identity.jwks_url),
        authentication(oauth2={}, apiKey=[{"in": "Header", "name": "X-API-Key"}, {"in": "Query", "name": "apikey"}], jwt={"disabled": False, "audience": ["chat"]}))
    good, bad = token(keys["ES256"]), token(keys["ES256"], iss="other")
    for headers, query in (
        (bearer(good), ""), ([("X-API-Key", good)], ""), ([], f"?apikey={good}"), ([("internal-key", token(keys["RS256"], aud="chat"))], ""),
        ([*bearer(bad), ("X-API-Key", good)], ""), ([*bearer(bad), ("X-API-Key", bad)], f"?apikey={good}"),
    ):
        assert call(dataplane, headers, path=PATH + query).status == 200
        # no credential reaches the backend, whichever opened
        assert good not in str(guarded.backend.requests[-1].raw) and bad not in str(guarded.backend.requests[-1].raw)
        assert guarded.backend.requests[-1]["Authorization"] is None
    assert call(dataplane, [("internal-key", good)]).status == 401  # no audience
    assert call(dataplane, [*bearer(bad), ("X-API-Key", bad)]).status == 401


@pytest.mark.field("Authentication.spec.default.authTypes.oauth2.sendTokenToUpstream", "Authentication.spec.default.authTypes.apiKey[].sendTokenToUpstream")
def test_a_token_goes_upstream_where_the_policy_says_so(guarded, identity, keys):
    dataplane = guarded(
        token_issuer(ISSUER, url=identity.jwks_url),
        authentication(oauth2={"sendTokenToUpstream": True}, apiKey=[{"in": "Query", "name": "apikey", "sendTokenToUpstream": True}]))
    good, bad = token(keys["ES256"]), token(keys["ES256"], iss="other")
    assert call(dataplane, bearer(good)).status == 200
    assert guarded.backend.requests[-1]["Authorization"] == f"Bearer {good}"
    assert call(dataplane, path=f"{PATH}?apikey={good}").status == 200
    assert guarded.backend.requests[-1].line == f"POST /v1/chat/completions?apikey={good} HTTP/1.1"
    # one that was not accepted never does
    assert call(dataplane, bearer(bad), path=f"{PATH}?apikey={good}").status == 200
    assert guarded.backend.requests[-1]["Authorization"] is None and good in guarded.backend.requests[-1].line


@pytest.mark.field("Authentication.spec.default.authTypes.oauth2.header", "Authentication.spec.default.authTypes.jwt.sendTokenToUpstream")
@pytest.mark.parametrize("form", ["{}", "Bearer {}"])
def test_tokens_in_headers_of_other_names(guarded, identity, keys, form):
    dataplane = guarded(
        token_issuer(ISSUER, url=identity.jwks_url),
        authentication(oauth2={"header": "X-Token"}, jwt={"disabled": False, "header": "X-Internal", "sendTokenToUpstream": True}))
    good = token(keys["ES256"])
    assert call(dataplane, [("x-token", form.format(good)), ("Authorization", "Bearer mine")]).status == 200
    assert guarded.backend.requests[0]["X-Token"] is None and guarded.backend.requests[0]["Authorization"] == "Bearer mine"
    assert call(dataplane, [("x-internal", form.format(good))]).status == 200
    assert guarded.backend.requests[1]["X-Internal"] == form.format(good)
    assert call(dataplane, bearer(good)).status == 401


def test_disabled_is_open(guarded, identity):
    dataplane = guarded(token_issuer(ISSUER, url=identity.jwks_url, name="other"), authentication(disabled=True))
    assert call(dataplane, bearer("mine")).status == 200
    assert guarded.backend.requests[0]["Authorization"] == "Bearer mine"
    assert counted(dataplane) == {}


# ---- certificates

@pytest.fixture
def certificates(tmp_path):
    return Authority(tmp_path), Authority(tmp_path, "clients"), Authority(tmp_path, "strangers")


def over_tls(dataplane, authority, certificate=None, headers=()):
    tls = authority.client()
    if certificate:
        tls.load_cert_chain(*certificate)
    with Connection(dataplane.tls_port, tls=tls) as connection:
        connection.send(request(body=CHAT, headers=list(headers)))
        first = connection.read_answer()
        connection.send(request(body=CHAT, headers=list(headers)))
        assert connection.read_answer().status == first.status
        return first


@pytest.mark.field("Authentication.spec.default.authTypes.mtls.certificatesInline[]")
def test_client_certificates(guarded, certificates):
    servers, clients, strangers = certificates
    listed = strangers.issue("listed.example.com")
    leaf = listed[0].read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
    dataplane = guarded(
        authentication(oauth2={"disabled": True}, mtls={"required": "mandatory", "certificatesInline": [clients.text, leaf]}),
        certificates=[servers.issue("chat.local")])
    assert over_tls(dataplane, servers, clients.issue("somebody.example.com")).status == 200
    assert over_tls(dataplane, servers, listed).status == 200
    for certificate, result in (
        (None, "missing"), (strangers.issue("other.example.com"), "certificate"), (clients.issue("late.example.com", days=-1), "certificate"),
    ):
        assert_refused(dataplane, over_tls(dataplane, servers, certificate), result)
    assert_refused(dataplane, call(dataplane), "missing")
    assert len(guarded.backend.requests) == 4


def test_a_connection_from_before_certificates_were_asked_for_must_come_again(guarded, certificates, tmp_path):
    """Its client was never asked for the certificate that it has: a 401 on a kept connection would not end."""
    servers, clients, _ = certificates
    dataplane = guarded(certificates=[servers.issue("chat.local")])
    asking = authentication(oauth2={"disabled": True}, mtls={"required": "mandatory", "certificatesInline": [clients.text]})
    table = compile_table(tmp_path, Chat([Backend("one", guarded.backend.port)], production=[("A", "one")], more=[asking]).yaml())
    context = servers.client()
    context.load_cert_chain(*clients.issue("somebody.example.com"))
    with Connection(dataplane.tls_port, tls=context) as kept:
        assert kept.ask(request(body=CHAT)).status == 200
        table.replace(dataplane.command[dataplane.command.index("--table") + 1])
        assert dataplane.admin("/reload", "POST")[0] == 200
        refused = kept.ask(request(body=CHAT))
        assert refused.status == 401 and refused["Connection"].lower() == "close" and kept.is_closed()
    with Connection(dataplane.tls_port, tls=context) as fresh:
        assert fresh.ask(request(body=CHAT)).status == 200


@pytest.fixture
def mutual(guarded, certificates):
    """mutual(certificate, …) is a dataplane that lets in whom these certificates, as PEM text, vouch for."""
    return lambda *listed: guarded(
        authentication(oauth2={"disabled": True}, mtls={"required": "mandatory", "certificatesInline": list(listed)}),
        certificates=[certificates[0].issue("chat.local")])


def test_client_certificates_of_authorities_below_the_listed_one(mutual, guarded, certificates):
    """The client sends what links its certificate to the root; without a link it is refused."""
    servers, clients, strangers = certificates
    region = sign("region", clients.files, is_authority=True)
    office = sign("office", region, is_authority=True)
    desk = sign("desk", office)
    dataplane = mutual(clients.text)
    for certificate in (sign("booth", region), desk, in_order(desk, 0, 2, 1), in_order(desk, 0, 1, 2, 2)):
        assert over_tls(dataplane, servers, certificate).status == 200, certificate
    served = len(guarded.backend.requests)
    for certificate in (in_order(desk, 0), in_order(desk, 0, 1), in_order(desk, 0, 2), in_order(sign("stall", region), 0)):
        assert_refused(dataplane, over_tls(dataplane, servers, certificate), "certificate")
    # who knows the name of the authority does not have its key
    same_name = sign("region", sign("elsewhere", strangers.files, is_authority=True), is_authority=True)
    assert_refused(dataplane, over_tls(dataplane, servers, sign("intruder", same_name)), "certificate")
    assert len(guarded.backend.requests) == served == 8


def test_a_listed_authority_below_a_root_is_enough(mutual, certificates):
    servers, clients, _ = certificates
    region = sign("region", clients.files, is_authority=True)
    office = sign("office", region, is_authority=True)
    dataplane = mutual(region[0].read_text())
    desk = sign("desk", office)
    for certificate in (in_order(sign("booth", region), 0), in_order(desk, 0, 1), desk):
        assert over_tls(dataplane, servers, certificate).status == 200, certificate
    for certificate in (in_order(desk, 0), clients.issue("of-the-root.example.com")):
        assert_refused(dataplane, over_tls(dataplane, servers, certificate), "certificate")


def test_authorities_that_are_none(mutual, guarded, certificates):
    """A client's own certificate is no authority, and one that has expired is none any more."""
    servers, clients, _ = certificates
    dataplane = mutual(clients.text)
    somebody = sign("somebody", clients.files)
    late = sign("late", clients.files, is_authority=True, days=-1)
    assert over_tls(dataplane, servers, somebody).status == 200
    served = len(guarded.backend.requests)
    for issuer in (somebody, late):
        assert_refused(dataplane, over_tls(dataplane, servers, sign("nobody", issuer)), "certificate")
    assert len(guarded.backend.requests) == served


@pytest.mark.field("Authentication.spec.default.authTypes.oauth2.required", "Authentication.spec.default.authTypes.mtls.required")
@pytest.mark.parametrize("required, needs_both", [("mandatory", True), ("optional", False)])
def test_a_certificate_beside_a_token(guarded, certificates, identity, keys, required, needs_both):
    servers, clients, _ = certificates
    dataplane = guarded(
        token_issuer(ISSUER, url=identity.jwks_url),
        authentication(oauth2={"required": "mandatory"}, mtls={"required": required, "certificatesInline": [clients.text]}),
        certificates=[servers.issue("chat.local")])
    good, certificate = bearer(token(keys["ES256"])), clients.issue("somebody.example.com")
    assert over_tls(dataplane, servers, certificate, good).status == 200
    alone = 401 if needs_both else 200
    assert over_tls(dataplane, servers, certificate).status == alone
    assert over_tls(dataplane, servers, None, good).status == alone
    assert over_tls(dataplane, servers).status == 401


# ---- the edges of a request

def test_a_refused_request_is_not_asked_for_its_body(dataplane, keys, guarded):
    headers = [("Expect", "100-continue"), ("Content-Length", "40"), ("Content-Type", "application/json")]
    with Connection(dataplane.port) as connection:
        connection.send(request(headers=headers))
        assert connection.read_head().status == 401
    good = token(keys["ES256"])
    with Connection(dataplane.port) as connection:
        connection.send(request(headers=[*headers, *bearer(good)]))
        assert connection.read_head().status == 100
        connection.send(json.dumps(CHAT).encode().ljust(40)[:200])
    assert guarded.backend.requests == [] or len(guarded.backend.requests) == 1


def test_a_connection_goes_on_after_a_401(dataplane, keys):
    with Connection(dataplane.port) as connection:
        assert connection.ask(request(body=CHAT)).status == 401
        assert connection.ask(request(body=CHAT, headers=bearer(token(keys["ES256"])))).status == 200


def test_no_token_is_ever_shown(guarded, identity, keys):
    dataplane = guarded(
        token_issuer(ISSUER, url=identity.jwks_url), authentication(oauth2={}, apiKey=[{"in": "Query", "name": "apikey"}]))
    good, bad = token(keys["ES256"]), token(Key("ES256", id="key-ES256"))
    for one in (good, bad):
        call(dataplane, bearer(one))
        call(dataplane, path=f"{PATH}?apikey={one}")
    shown = dataplane.stderr() + dataplane.stdout() + dataplane.metrics() + json.dumps(dataplane.status())
    for one in (good, bad):
        for part in one.split(".")[1:]:
            assert part not in shown
            assert all(part.encode() not in bytes(received.raw) for received in guarded.backend.requests)
    digest = hashlib.sha256(good.encode()).hexdigest()
    assert digest not in shown


@pytest.mark.field("APIPolicy.metadata.annotations.rtbl/sticky")
def test_requests_for_the_same_claim_go_to_the_same_target(serve, scripted, identity, keys):
    backends = {"one": scripted(), "two": scripted(), "three": scripted()}
    dataplane = serve(
        backends, production=[("A", "one"), ("B", "two"), ("C", "three")], annotations={"rtbl/sticky": "claim:sub"},
        more=[token_issuer(ISSUER, url=identity.jwks_url)])
    models = {}
    for name in ("ann", "bob", "cid", "dee", "eve", "fay", "gus", "hal"):
        for _ in range(3):
            answer = call(dataplane, bearer(token(keys["ES256"], sub=name, jti=str(time.monotonic()))))
            models.setdefault(name, set()).add(answer["x-rtbl-model"])
    assert all(len(taken) == 1 for taken in models.values()), models
    assert len(set.union(*models.values())) > 1

"""An identity provider: keys of every kind, a key set over HTTP or HTTPS, and tokens made by PyJWT."""

import base64
import json
import time

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from .scripted import ScriptedBackend, answer

ISSUER = "https://idp.example.com/token"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]


def encode(value):
    """base64url without padding; anything but bytes as JSON."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Key:
    def __init__(self, algorithm, id=None, bits=2048):
        self.algorithm, self.id = algorithm, id or f"key-{algorithm}"
        self.private = (
            ed25519.Ed25519PrivateKey.generate() if algorithm == "EdDSA"
            else ec.generate_private_key(ec.SECP256R1() if algorithm == "ES256" else ec.SECP384R1()) if algorithm.startswith("ES")
            else rsa.generate_private_key(65537, bits))

    def jwk(self, **changes):
        """The public key; members given as None are left out."""
        made = json.loads(jwt.get_algorithm_by_name(self.algorithm).to_jwk(self.private.public_key()))
        made.pop("key_ops", None)
        made |= {"kid": self.id, "use": "sig", "alg": self.algorithm} | changes
        return {name: value for name, value in made.items() if value is not None}

    @property
    def pem(self):
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


class Identity(ScriptedBackend):
    """Serves the key set of `keys` at `/jwks`; `down` makes it answer with 500."""

    def __init__(self, *keys, tls=None):
        self.keys, self.down = list(keys), False
        super().__init__(lambda request, number: answer(500) if self.down else answer(body=self.key_set), tls=tls)

    @property
    def key_set(self):
        return {"keys": [key if isinstance(key, dict) else key.jwk() for key in self.keys]}

    @property
    def jwks_url(self):
        return f"{self.url}/jwks"


def token(key, headers=None, algorithm=None, **changes):
    """A token for an hour. Claims and headers given as None are left out."""
    now = time.time()
    claims = {"iss": ISSUER, "sub": "somebody", "iat": int(now), "exp": int(now) + 3600} | changes
    headers = {"kid": key.id} | (headers or {})
    return jwt.encode(
        {name: value for name, value in claims.items() if value is not None}, key.private, algorithm or key.algorithm,
        {name: value for name, value in headers.items() if value is not None})


def bearer(value):
    return [("Authorization", f"Bearer {value}")]

"""Signing keys and access tokens: valid ones, and invalid ones for tests."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from devkit.errors import DevkitError

Algorithm = Literal["RS256", "ES256"]
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105 - the media type of RFC 9068 §2.1
LIFETIME = 3600
"""Seconds until an access token expires."""
LONGEST_LIFETIME = 30 * 24 * 3600
"""Seconds (30 days) until the expiry of a token that a developer made, which the development stack accepts."""


@dataclass(frozen=True)
class KeyPair:
    """A private key and its key id."""

    private_key: PrivateKey
    key_id: str

    @classmethod
    def generate(cls, algorithm: Algorithm = "RS256", *, bits: int = 2048, key_id: str | None = None) -> "KeyPair":
        """A new pair; `bits` is the size of an RSA key."""
        private_key: PrivateKey
        if algorithm == "RS256":
            private_key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        else:
            private_key = ec.generate_private_key(ec.SECP256R1())
        return cls(private_key, key_id or secrets.token_hex(8))

    @classmethod
    def load_or_create(cls, path: Path, algorithm: Algorithm = "RS256") -> "KeyPair":
        """The pair in `path` (PEM, readable by its owner only), created on first use. Raises `DevkitError`."""
        try:
            if path.exists():
                return cls._load(path)
            pair = cls.generate(algorithm)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(pair.private_pem())
        except FileExistsError:
            return cls._load(path)  # another process made it first
        except PermissionError:
            raise DevkitError(
                f"The signing key {path} belongs to another user. Run as that user, or delete {path.parent}."
            ) from None
        return cls._load(path)

    @classmethod
    def _load(cls, path: Path) -> "KeyPair":
        try:
            private_key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except ValueError:
            private_key = None
        if not isinstance(private_key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
            raise DevkitError(f"{path} is not a usable signing key. Delete it; the next start creates a new one.")
        # Derived from the key, so that it stays the same after a restart.
        public = private_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return cls(private_key, hashlib.sha256(public).hexdigest()[:16])

    @property
    def algorithm(self) -> Algorithm:
        return "RS256" if isinstance(self.private_key, rsa.RSAPrivateKey) else "ES256"

    def private_pem(self) -> bytes:
        """PKCS #8, not encrypted."""
        return self.private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def public_pem(self) -> bytes:
        """SubjectPublicKeyInfo."""
        return self.private_key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def jwk(self) -> dict[str, Any]:
        """The public half as a JSON Web Key (RFC 7517)."""
        if isinstance(self.private_key, rsa.RSAPrivateKey):
            public = RSAAlgorithm.to_jwk(self.private_key.public_key(), as_dict=True)
        else:
            public = ECAlgorithm.to_jwk(self.private_key.public_key(), as_dict=True)
        public.pop("key_ops", None)
        return {**public, "kid": self.key_id, "use": "sig", "alg": self.algorithm}

    def sign(self, message: bytes) -> bytes:
        """A JWS signature (RFC 7518 §3.3, §3.4)."""
        if isinstance(self.private_key, rsa.RSAPrivateKey):
            return RSAAlgorithm(RSAAlgorithm.SHA256).sign(message, self.private_key)
        return ECAlgorithm(ECAlgorithm.SHA256).sign(message, self.private_key)


def access_claims(
    *,
    issuer: str,
    audience: str | list[str],
    subject: str = "dev",
    tenant: str = "acme",
    client_id: str = "devkit",
    scopes: Iterable[str] = (),
    lifetime: float = LIFETIME,
    issued_at: float | None = None,
) -> dict[str, Any]:
    """The claims of an access token (RFC 9068 §2.2), plus `tenant`. Times are whole seconds since 1970."""
    now = int(time.time() if issued_at is None else issued_at)
    return {
        "iss": issuer,
        "sub": subject,
        "aud": audience,
        "client_id": client_id,
        "scope": " ".join(scopes),
        "tenant": tenant,
        "iat": now,
        "exp": now + int(lifetime),
        "jti": secrets.token_hex(16),
    }


def sign_claims(key: KeyPair, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
    """A compact JWS of `claims`. `header` overrides fields of the default header; None removes a field."""
    usual = {"alg": key.algorithm, "kid": key.key_id, "typ": ACCESS_TOKEN_TYPE}
    return _compact(_without_none({**usual, **(header or {})}), claims, key.sign)


def mint(
    key: KeyPair,
    *,
    issuer: str,
    audience: str | list[str],
    subject: str = "dev",
    tenant: str = "acme",
    client_id: str = "devkit",
    scopes: Iterable[str] = (),
    lifetime: float = LIFETIME,
    claims: Mapping[str, Any] | None = None,
    header: Mapping[str, Any] | None = None,
) -> str:
    """An access token. For an invalid token, `claims` and `header` override the valid ones.

    None removes a field: `claims={"sub": None}` has no subject. An expired token has a negative `lifetime`.
    """
    right = access_claims(
        issuer=issuer,
        audience=audience,
        subject=subject,
        tenant=tenant,
        client_id=client_id,
        scopes=scopes,
        lifetime=lifetime,
    )
    return sign_claims(key, _without_none({**right, **(claims or {})}), header)


def mint_unsigned(claims: Mapping[str, Any]) -> str:
    """An unsigned token with `alg: none`, which every server must refuse."""
    return _compact({"alg": "none", "typ": ACCESS_TOKEN_TYPE}, claims, lambda _message: b"")


def mint_with_public_key_as_secret(key: KeyPair, claims: Mapping[str, Any]) -> str:
    """A token signed with HS256 and the public key as secret (algorithm confusion), which every server must refuse."""
    secret = key.public_pem()
    header = {"alg": "HS256", "kid": key.key_id, "typ": ACCESS_TOKEN_TYPE}
    return _compact(header, claims, lambda message: hmac.digest(secret, message, "sha256"))


def _compact(header: Mapping[str, Any], claims: Mapping[str, Any], sign: Callable[[bytes], bytes]) -> str:
    # Built here because PyJWT refuses to create some of the invalid tokens.
    message = b".".join(_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return (message + b"." + _base64url(sign(message))).decode()


def _base64url(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def _without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}

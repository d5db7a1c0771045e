"""Validates OAuth access tokens (JWT) against the issuer's keys."""

import base64
import hashlib
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

import jwt

from servicekit.auth.errors import InvalidCredential
from servicekit.auth.jwks import SigningKeys
from servicekit.core.caller import Caller
from servicekit.core.grants import are_grants
from servicekit.settings.service import ServiceSettings

MAX_TOKEN_BYTES: Final = 8 * 1024
"""Larger tokens are rejected before they are parsed."""
_CACHE_SIZE: Final = 10_000
"""Verified tokens in the cache, each until it expires. Verifying an RS256 signature costs some 40 us."""
_MAX_NAME_LENGTH: Final = 255
_MAX_EXPIRY: Final = 253402300799  # the last second of the year 9999, the end of `datetime`'s range
# Claims that only ID tokens have (OpenID Connect Core §2, §3.1.3.6). An ID token authorizes no call.
_ID_TOKEN_CLAIMS: Final = frozenset({"nonce", "at_hash", "c_hash"})


class TokenVerifier:
    """Verifies access tokens and returns their callers.

    Args:
        settings: issuer, audience (the public URL), algorithms, token types, leeway, claim names.
        keys: the issuer's signing keys.
    """

    def __init__(self, settings: ServiceSettings, keys: SigningKeys) -> None:
        self._settings = settings
        self._keys = keys
        self._types = {kind.lower() for kind in settings.token_types}
        self._verified: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()  # with the time of the expiry
        self._generation = 0

    async def verify(self, token: str) -> Caller:
        """The caller of a valid token.

        Raises:
            InvalidCredential: the token is invalid, expired, or issued for another server.
            VerificationUnavailable: no signing key is known, and the issuer is unreachable.
        """
        if len(token) > MAX_TOKEN_BYTES:
            raise InvalidCredential("too_large")
        self._keys.refresh_if_stale()
        if self._generation != self._keys.generation:
            self._verified.clear()
            self._generation = self._keys.generation
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._verified.get(digest)
        if known is not None:
            expiry, caller = known
            if expiry > time.time():
                self._verified.move_to_end(digest)
                return caller
            del self._verified[digest]
        claims = await self._claims(token)
        caller = self._caller(claims)
        self._verified[digest] = (claims["exp"] + self._settings.token_leeway, caller)
        if len(self._verified) > _CACHE_SIZE:
            self._verified.popitem(last=False)
        return caller

    async def _claims(self, token: str) -> dict[str, Any]:
        algorithm, key_id = self._header(token)
        if not _is_canonical(token.rpartition(".")[2]):
            raise InvalidCredential("malformed")
        key = await self._keys.get(key_id)
        if key is None or key.algorithm_name != algorithm:
            raise InvalidCredential("unknown_key")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._settings.public_url,
                issuer=self._settings.issuer,
                leeway=self._settings.token_leeway,
                options={"require": ["exp", "sub", "iss", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise InvalidCredential("expired") from None
        except jwt.InvalidAudienceError:
            raise InvalidCredential("wrong_audience") from None
        except jwt.InvalidIssuerError:
            raise InvalidCredential("wrong_issuer") from None
        except (jwt.PyJWTError, ValueError, OverflowError, RecursionError):
            raise InvalidCredential("invalid") from None
        if not _ID_TOKEN_CLAIMS.isdisjoint(claims) or str(claims.get("token_use", "access")).lower() == "id":
            raise InvalidCredential("id_token")
        return claims

    def _header(self, token: str) -> tuple[str, str | None]:
        """Algorithm and key id. `jku`, `x5u`, `jwk` and `x5c` are ignored: keys come from the configured issuer."""
        try:
            header = jwt.get_unverified_header(token)  # refuses a key id that is no text
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise InvalidCredential("malformed") from None
        algorithm, key_id, kind = header.get("alg"), header.get("kid"), header.get("typ", "")
        if algorithm not in self._settings.token_algorithms:
            raise InvalidCredential("algorithm")
        if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in self._types:
            raise InvalidCredential("token_type")
        if "crit" in header:
            raise InvalidCredential("critical_header")
        return str(algorithm), key_id

    def _caller(self, claims: Mapping[str, Any]) -> Caller:
        subject = _name(claims.get("sub"))
        if subject is None:
            raise InvalidCredential("subject")
        tenant = claims.get(self._settings.tenant_claim)
        if tenant is not None and _name(tenant) is None:
            raise InvalidCredential("tenant")
        granted = claims.get("scope", claims.get("scp", ""))
        scopes = granted.split() if isinstance(granted, str) else granted
        if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
            raise InvalidCredential("scope")
        grants = claims.get(self._settings.grants_claim, {})
        if not are_grants(grants):
            raise InvalidCredential("grants")
        expiry = claims["exp"]
        if not isinstance(expiry, int | float) or expiry > _MAX_EXPIRY:
            raise InvalidCredential("expiry")
        return Caller(
            subject=subject,
            client_id=_name(claims.get("client_id", claims.get("azp"))) or "unknown",
            tenant=_name(tenant),
            scopes=frozenset(scopes),
            auth_method="oauth",
            expires_at=float(expiry) + self._settings.token_leeway,
            grants=grants,
        )


def _is_canonical(signature: str) -> bool:
    """Whether base64url has no other spelling for these bytes.

    The last letter of a signature has unused bits, which decoders ignore: every token would be valid in 4 or 16
    spellings (RFC 4648 §3.5).
    """
    spelling = signature.encode()
    decoded = base64.urlsafe_b64decode(spelling + b"==")  # as much as any signature lacks; decoders ignore the rest
    return base64.urlsafe_b64encode(decoded).rstrip(b"=") == spelling


def _name(value: object) -> str | None:
    """The value if it is a short printable string, safe in keys and logs; otherwise None."""
    if isinstance(value, str) and 0 < len(value) <= _MAX_NAME_LENGTH and value.isprintable():
        return value
    return None

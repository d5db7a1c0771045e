"""Validates OAuth access tokens (JWT) against the issuer's keys."""

import base64
import hashlib
import time
from collections import OrderedDict
from dataclasses import replace
from typing import Any, Final

import jwt

from servicekit.auth.claims import CallerClaims
from servicekit.auth.errors import InvalidCredential
from servicekit.auth.introspection import Introspection
from servicekit.auth.jwks import SigningKeys
from servicekit.core.caller import Caller
from servicekit.settings.service import ServiceSettings

MAX_TOKEN_BYTES: Final = 8 * 1024
"""Larger tokens are rejected before they are parsed."""
_CACHE_SIZE: Final = 10_000
"""Verified tokens in the cache, each until it expires. Verifying an RS256 signature costs some 40 us."""
_TYPED: Final = "at+jwt"
_ABSENT: Final = "absent"


class TokenVerifier:
    """Verifies access tokens and returns their callers.

    Args:
        settings: issuer, audience (by default the public URL), algorithms, token types, leeway, claims.
        keys: the issuer's signing keys.
        introspection: asks the issuer whether a token is revoked; None where its expiry is enough.
    """

    def __init__(
        self, settings: ServiceSettings, keys: SigningKeys, introspection: Introspection | None = None
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._introspection = introspection
        self._claims = CallerClaims(settings)
        self._types = {kind.lower() for kind in settings.token_types}
        self._verified: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()  # with the time of the expiry
        self._generation = 0

    async def verify(self, token: str) -> Caller:
        """The caller of a valid token.

        Raises:
            InvalidCredential: the token is invalid, expired, revoked, or issued for another server.
            VerificationUnavailable: the issuer is unreachable, and no signing key is known or it must be asked.
        """
        if len(token) > MAX_TOKEN_BYTES:
            raise InvalidCredential("too_large")
        self._keys.refresh_if_stale()
        if self._generation != self._keys.generation:
            self._verified.clear()
            self._generation = self._keys.generation
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        caller = self._remembered(digest)
        if caller is None:
            caller = await self._verified_now(token)
            self._verified[digest] = (caller.expires_at or 0.0, caller)
            if len(self._verified) > _CACHE_SIZE:
                self._verified.popitem(last=False)
        if self._introspection is None:
            return caller
        return replace(caller, recheck_at=await self._introspection.check(token, digest))

    def _remembered(self, digest: bytes) -> Caller | None:
        known = self._verified.get(digest)
        if known is None:
            return None
        expiry, caller = known
        if expiry <= time.time():
            del self._verified[digest]
            return None
        self._verified.move_to_end(digest)
        return caller

    async def _verified_now(self, token: str) -> Caller:
        algorithm, key_id, kind = self._header(token)
        if not _is_canonical(token.rpartition(".")[2]):
            raise InvalidCredential("malformed")
        key = await self._keys.get(key_id)
        if key is None or algorithm not in key.algorithms:
            raise InvalidCredential("unknown_key")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.public_key,
                algorithms=[algorithm],
                audience=self._settings.token_audience or self._settings.public_url,
                issuer=self._settings.issuer,
                leeway=self._settings.token_leeway,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise InvalidCredential("expired") from None
        except jwt.InvalidAudienceError:
            raise InvalidCredential("wrong_audience") from None
        except jwt.InvalidIssuerError:
            raise InvalidCredential("wrong_issuer") from None
        except (jwt.PyJWTError, ValueError, OverflowError, RecursionError):
            raise InvalidCredential("invalid") from None
        self._claims.refuse_id_token(claims, is_typed=kind == _TYPED)
        caller = self._claims.caller(claims)
        if claims["exp"] - time.time() > self._settings.token_max_lifetime:
            raise InvalidCredential("lifetime")
        return caller

    def _header(self, token: str) -> tuple[str, str | None, str]:
        """Algorithm, key id and type. `jku`, `x5u`, `jwk`, `x5c` are ignored: keys come from the configured issuer."""
        try:
            header = jwt.get_unverified_header(token)  # refuses a key id that is no text
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise InvalidCredential("malformed") from None
        algorithm, key_id, kind = header.get("alg"), header.get("kid"), header.get("typ", _ABSENT)
        if algorithm not in self._settings.token_algorithms:
            raise InvalidCredential("algorithm")
        if not isinstance(kind, str) or (kind := kind.lower().removeprefix("application/")) not in self._types:
            raise InvalidCredential("token_type")
        if "crit" in header:
            raise InvalidCredential("critical_header")
        return str(algorithm), key_id, kind


def _is_canonical(signature: str) -> bool:
    """Whether base64url has no other spelling for these bytes.

    The last letter of a signature has unused bits, which decoders ignore: every token would be valid in 4 or 16
    spellings (RFC 4648 §3.5).
    """
    spelling = signature.encode()
    decoded = base64.urlsafe_b64decode(spelling + b"==")  # as much as any signature lacks; decoders ignore the rest
    return base64.urlsafe_b64encode(decoded).rstrip(b"=") == spelling

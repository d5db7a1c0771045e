"""Authorization codes and refresh tokens: for single use; a second use revokes all tokens of the same sign-in."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from devkit.issuer.errors import OAuthError
from devkit.issuer.keys import LIFETIME
from devkit.issuer.store import Grant, RefreshRecord, Store

CODE_LIFETIME = 60.0
"""Seconds; RFC 6749 §4.1.2 allows ten minutes."""
REFRESH_LIFETIME = 14 * 24 * 3600.0


@dataclass(frozen=True)
class _Code:
    grant: Grant
    redirect_uri: str | None
    challenge: str
    expires_at: float


class Grants:
    """Codes and refresh tokens in use. `clock` returns seconds since 1970."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._codes: dict[str, _Code] = {}
        self._used_codes: dict[str, str] = {}

    def issue_code(self, grant: Grant, redirect_uri: str | None, challenge: str) -> str:
        """A code for `redeem_code`. `redirect_uri` is that of the authorization request, None without one."""
        code = secrets.token_urlsafe(32)
        self._codes[code] = _Code(grant, redirect_uri, challenge, self._clock() + CODE_LIFETIME)
        return code

    def redeem_code(self, code: str, *, client_id: str, redirect_uri: str | None, verifier: str) -> Grant:
        """The grant of a code. Raises `OAuthError`; a second use revokes the tokens of the first."""
        if (family := self._used_codes.get(code)) is not None:
            self.revoke_family(family)
            raise OAuthError("invalid_grant", "This code was used before. Its tokens are revoked. Sign in again.")
        held = self._codes.get(code)
        if held is None or held.grant.client_id != client_id:
            raise OAuthError("invalid_grant", "This client has no such code. Sign in again.")
        del self._codes[code]
        self._used_codes[code] = held.grant.family
        if held.expires_at < self._clock():
            raise OAuthError("invalid_grant", "The code has expired; it is valid for a minute. Sign in again.")
        if held.redirect_uri != redirect_uri:
            raise OAuthError("invalid_grant", "redirect_uri differs from that of the authorization request.")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if not hmac.compare_digest(challenge, held.challenge):
            raise OAuthError("invalid_grant", "code_verifier does not match the code_challenge (PKCE, S256).")
        return held.grant

    def issue_refresh_token(self, grant: Grant) -> str:
        """A refresh token for `grant`, which is stored and survives restarts."""
        token = secrets.token_urlsafe(32)
        now = self._clock()
        tokens = self._store.memory.refresh_tokens
        for name in [name for name, record in tokens.items() if record.expires_at < now]:
            del tokens[name]
        tokens[_digest(token)] = RefreshRecord(grant=grant, expires_at=now + REFRESH_LIFETIME)
        self._store.save()
        return token

    def refresh_grant(self, token: str, *, client_id: str) -> Grant:
        """The grant of a refresh token. Raises `OAuthError`.

        The second use of a token means that it was copied; its family is revoked (RFC 9700 §4.14.2).
        """
        record = self._store.memory.refresh_tokens.get(_digest(token))
        if record is None or record.grant.client_id != client_id:
            raise OAuthError("invalid_grant", "This client has no such refresh token. Sign in again.")
        if record.rotated:
            self.revoke_family(record.grant.family)
            raise OAuthError(
                "invalid_grant", "This refresh token was used before. Its successors are revoked. Sign in again."
            )
        if record.expires_at < self._clock():
            raise OAuthError("invalid_grant", "The refresh token has expired. Sign in again.")
        return record.grant

    def rotate_refresh_token(self, token: str) -> str:
        """Mark a token that `refresh_grant` accepted as used and issue its successor."""
        record = self._store.memory.refresh_tokens[_digest(token)]
        record.rotated = True
        return self.issue_refresh_token(record.grant)

    def revoke_refresh_token(self, token: str, *, client_id: str) -> None:
        """Revoke the token's family; an unknown token is ignored (RFC 7009 §2.2)."""
        record = self._store.memory.refresh_tokens.get(_digest(token))
        if record is not None and record.grant.client_id == client_id:
            self.revoke_family(record.grant.family)

    def revoke_family(self, family: str) -> None:
        """Delete every refresh token of one sign-in, and revoke its access tokens."""
        tokens = self._store.memory.refresh_tokens
        for name in [name for name, record in tokens.items() if record.grant.family == family]:
            del tokens[name]
        self._revoke(family)

    def revoke_access_token(self, token_id: str) -> None:
        """Revoke one access token, by its `jti`."""
        self._revoke(token_id)

    def is_revoked(self, *names: str | None) -> bool:
        """Whether an access token was revoked, by its `jti` or its sign-in."""
        return any(name in self._store.memory.revoked for name in names)

    def _revoke(self, name: str) -> None:
        now = self._clock()
        revoked = self._store.memory.revoked
        for old in [old for old, until in revoked.items() if until < now]:  # its tokens have expired
            del revoked[old]
        revoked[name] = now + LIFETIME
        self._store.save()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""GitHub App authentication: exchanges the App's JWT for an installation token and renews it before it expires."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import jwt

from github_mcp.adapters.api.errors import BadCredential, UnexpectedResponse
from servicekit.core import Unavailable
from servicekit.upstream import Credential, Upstream

_JWT_LIFETIME: Final = 540
"""Seconds; GitHub accepts at most ten minutes, and clocks differ."""
_CLOCK_DIFFERENCE: Final = 60
_RENEW_BEFORE: Final = 600.0
"""Seconds before expiry at which a token is renewed; tokens last an hour."""


class _AppJwt:
    """Credentials of the App itself, valid only for requesting installation tokens."""

    def __init__(self, app_id: str, private_key: str) -> None:
        self.account = f"app:{app_id}"
        self._app_id = app_id
        self._private_key = private_key

    async def current(self) -> Credential:
        now = int(time.time())
        claims = {"iss": self._app_id, "iat": now - _CLOCK_DIFFERENCE, "exp": now + _JWT_LIFETIME}
        token = jwt.encode(claims, self._private_key, algorithm="RS256")
        return Credential({"Authorization": f"Bearer {token}"})

    def invalidate(self, credential: Credential) -> bool:  # noqa: ARG002
        return False


class AppCredentials:
    """The access token of one installation.

    Attributes:
        permissions: what the installation may do, such as ``{"contents": "write"}``; None before the first token, or
            where GitHub does not say it.

    Args:
        app_id: the App's id, or its client id.
        private_key: PEM.
        clock: seconds since the epoch.

    Raises:
        ValueError: the key is not an RSA private key.
    """

    def __init__(
        self, app_id: str, private_key: str, installation_id: int, clock: Callable[[], float] = time.time
    ) -> None:
        try:
            jwt.encode({}, private_key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise ValueError(
                "GITHUB_APP_PRIVATE_KEY is not an RSA private key in PEM. Download one in the App's settings."
            ) from None
        self.account = f"app:{app_id}:{installation_id}"
        self._app = _AppJwt(app_id, private_key)
        self._installation = installation_id
        self.permissions: Mapping[str, str] | None = None
        self._clock = clock
        self._upstream: Upstream | None = None
        self._credential, self._begun, self._ends = Credential(), 0.0, 0.0
        self._renewal = asyncio.Lock()
        self._background: asyncio.Task[None] | None = None

    def use(self, upstream: Upstream) -> "AppCredentials":
        """Renew over `upstream`, which itself uses these credentials."""
        self._upstream = upstream
        return self

    async def current(self) -> Credential:
        """The token. It is renewed in the background when it expires soon, and before the call when it has expired."""
        left = self._ends - self._clock()
        if left <= _CLOCK_DIFFERENCE:
            await self._renew(_CLOCK_DIFFERENCE)
        elif left <= _RENEW_BEFORE and (self._background is None or self._background.done()):
            self._background = asyncio.create_task(self._renew_in_background(), name="renew the installation token")
        return self._credential

    def invalidate(self, credential: Credential) -> bool:
        """Whether a retry with a new token can help: yes for a revoked token, no for one refused right after issue."""
        if credential == self._credential:
            if self._clock() - self._begun < _CLOCK_DIFFERENCE:
                return False
            self._ends = 0.0
        return True

    async def _renew_in_background(self) -> None:
        try:
            await self._renew(_RENEW_BEFORE)
        except Unavailable:
            return  # the present token is still valid; calls after its expiry report the error

    async def _renew(self, least: float) -> None:
        """Get a new token, unless a concurrent call already did."""
        async with self._renewal:
            if self._ends - self._clock() > least:
                return
            if self._upstream is None:
                raise RuntimeError("call use() before these credentials are used")
            path = ("app", "installations", self._installation, "access_tokens")
            reply = await self._upstream.send("POST", path, credentials=self._app, idempotent=True)
            if not reply.ok:
                raise BadCredential
            answer: Any = reply.json()
            try:
                token, ends = str(answer["token"]), datetime.fromisoformat(answer["expires_at"]).timestamp()
            except (KeyError, TypeError, ValueError):
                raise UnexpectedResponse from None
            self._credential = Credential({"Authorization": f"Bearer {token}"})
            self._begun, self._ends = self._clock(), ends
            stated = answer.get("permissions")
            self.permissions = stated if isinstance(stated, Mapping) else None

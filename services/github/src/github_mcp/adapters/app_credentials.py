"""A GitHub App's way in: a short JWT of its own buys a token for one installation, renewed before it ends."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import jwt

from github_mcp.adapters.refusals import BadCredential, UnexpectedAnswer
from servicekit.core import Unavailable
from servicekit.upstream import Credential, Upstream

_JWT_LIFETIME: Final = 540
"""Seconds; GitHub takes ten minutes at most, and clocks differ."""
_CLOCK_DIFFERENCE: Final = 60
_RENEW_BEFORE: Final = 600.0
"""Seconds before its end at which a token is renewed; it lives for an hour."""


class _OfTheApp:
    """The App itself, which may do nothing but ask for tokens."""

    def __init__(self, app_id: str, private_key: str) -> None:
        self.account = f"app:{app_id}"
        self._app_id = app_id
        self._private_key = private_key

    async def current(self) -> Credential:
        now = int(time.time())
        claims = {"iss": self._app_id, "iat": now - _CLOCK_DIFFERENCE, "exp": now + _JWT_LIFETIME}
        token = jwt.encode(claims, self._private_key, algorithm="RS256")
        return Credential({"Authorization": f"Bearer {token}"})

    def refused(self, credential: Credential) -> bool:  # noqa: ARG002
        return False


class AppCredentials:
    """The token of one installation.

    Args:
        app_id: the App's id, or its client id.
        private_key: PEM.
        clock: seconds since the epoch.

    Raises:
        ValueError: the key is no RSA key.
    """

    def __init__(
        self, app_id: str, private_key: str, installation_id: int, clock: Callable[[], float] = time.time
    ) -> None:
        try:
            jwt.encode({}, private_key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise ValueError("GITHUB_APP_PRIVATE_KEY is not a PEM file of an RSA private key.") from None
        self.account = f"app:{app_id}:{installation_id}"
        self._app = _OfTheApp(app_id, private_key)
        self._installation = installation_id
        self._clock = clock
        self._upstream: Upstream | None = None
        self._credential, self._begun, self._ends = Credential(), 0.0, 0.0
        self._renewal = asyncio.Lock()
        self._background: asyncio.Task[None] | None = None

    def over(self, upstream: Upstream) -> "AppCredentials":
        """Use `upstream` to renew; it is the one that these credentials are for."""
        self._upstream = upstream
        return self

    async def current(self) -> Credential:
        """The token. One that ends soon is renewed beside the call; one that has ended, before it."""
        left = self._ends - self._clock()
        if left <= _CLOCK_DIFFERENCE:
            await self._renew(_CLOCK_DIFFERENCE)
        elif left <= _RENEW_BEFORE and (self._background is None or self._background.done()):
            self._background = asyncio.create_task(self._renew_quietly(), name="renew the installation token")
        return self._credential

    def refused(self, credential: Credential) -> bool:
        """A token may be revoked before its end. One that is refused as soon as it is given out, a new one would not
        help."""
        if credential == self._credential:
            if self._clock() - self._begun < _CLOCK_DIFFERENCE:
                return False
            self._ends = 0.0
        return True

    async def _renew_quietly(self) -> None:
        try:
            await self._renew(_RENEW_BEFORE)
        except Unavailable:
            return  # the present token is still good; whoever comes when it is not gets the error

    async def _renew(self, least: float) -> None:
        """Get a new token, unless another call did meanwhile."""
        async with self._renewal:
            if self._ends - self._clock() > least:
                return
            if self._upstream is None:
                raise RuntimeError("these credentials were not given the upstream to renew over")
            path = ("app", "installations", self._installation, "access_tokens")
            reply = await self._upstream.send("POST", path, credentials=self._app, idempotent=True)
            if not reply.ok:
                raise BadCredential
            answer: Any = reply.json()
            try:
                token, ends = str(answer["token"]), datetime.fromisoformat(answer["expires_at"]).timestamp()
            except (KeyError, TypeError, ValueError):
                raise UnexpectedAnswer from None
            self._credential = Credential({"Authorization": f"Bearer {token}"})
            self._begun, self._ends = self._clock(), ends

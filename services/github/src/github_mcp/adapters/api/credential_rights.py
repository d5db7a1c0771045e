"""What this server's credential may do, as far as GitHub shows it."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from servicekit.core import Unavailable
from servicekit.upstream import Upstream

_KNOWN_FOR: Final = 600.0
"""Seconds for which a credential's rights are remembered."""


class CredentialRights:
    """The rights of a classic token or of an App. GitHub does not show those of a fine-grained token.

    Args:
        permissions: those of the App's installation; None where they are unknown or there is no App.
    """

    def __init__(self, upstream: Upstream, permissions: Callable[[], Mapping[str, str] | None]) -> None:
        self._upstream = upstream
        self._permissions = permissions
        self._scopes: frozenset[str] | None = None
        self._until = 0.0

    async def writes_workflows(self) -> bool | None:
        """Whether it may change files in .github/workflows; None if that is unknown."""
        permissions = self._permissions()
        if permissions is not None:
            return permissions.get("workflows") == "write"
        scopes = await self._token_scopes()
        return None if scopes is None else "workflow" in scopes

    async def _token_scopes(self) -> frozenset[str] | None:
        """The scopes of a classic token, which every response names. This request costs no quota."""
        if self._until <= time.monotonic():
            try:
                reply = await self._upstream.get(("rate_limit",), resource="rate_limit")
            except Unavailable:
                return None
            text = reply.headers.get("x-oauth-scopes")
            self._scopes = frozenset(part.strip() for part in text.split(",")) if text is not None else None
            self._until = time.monotonic() + _KNOWN_FOR
        return self._scopes

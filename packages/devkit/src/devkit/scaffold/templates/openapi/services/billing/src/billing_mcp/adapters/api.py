"""Implements the port over HTTP. A caller's token is never passed on: the API sees this server's own credential."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, TypeVar

from billing_mcp.ports import Query
from servicekit.core import NotStrictJson, Refused
from servicekit.storage.redis.store import RedisStore
from servicekit.upstream import (
    ENDING_SLASH,
    CachePolicy,
    FixedCredentials,
    Repeated,
    Upstream,
    UpstreamFailed,
    UpstreamResponse,
    said_by,
)

NAME: Final = "Billing API"
FRESH: Final = CachePolicy(fresh=10.0)
"""Callers who read the same within ten seconds share a response. They share the credential, so they may."""
_REASONS: Final = ("message", "detail", "title", "error", "error_description", "reason")
Read = TypeVar("Read")


class HttpApi:
    """Implements `Api`.

    Args:
        hint: for the operator, where the API refuses the credential.
    """

    def __init__(
        self, base_url: str, credentials: FixedCredentials, store: RedisStore | None, *, timeout: float, hint: str
    ) -> None:
        self.upstream = Upstream("billing", NAME, base_url, credentials=credentials, store=store, timeout=timeout)
        self._hint = hint

    async def read(
        self,
        path: Sequence[str | int],
        query: Query,
        parse: Callable[[Any], Read],
        *,
        absent: str,
        headers: Mapping[str, str] | None = None,
        ending_slash: bool = False,
    ) -> Read:
        """The response to a GET request, or one of the last ten seconds."""
        sent = {name: Repeated(value) if isinstance(value, list) else value for name, value in query.items()}
        segments = [*path, ENDING_SLASH] if ending_slash else path
        reply = await self.upstream.get(segments, sent, headers=headers, cache_policy=FRESH, check=parse)
        if reply.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            raise Refused(absent)
        if not reply.ok:
            raise self._refused(reply)
        try:
            return parse(reply.json())
        except (KeyError, ValueError, TypeError):
            raise UpstreamFailed(
                NAME, "sent JSON without the expected structure", kind="invalid_body", retryable=False
            ) from None

    def _refused(self, reply: UpstreamResponse) -> UpstreamFailed:
        is_about_credential = reply.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        reason = f"refused with HTTP {reply.status}" + (f"; {self._hint}" if is_about_credential else "")
        return UpstreamFailed(
            NAME, reason, kind=str(reply.status), retryable=False, trips_breaker=False, said=_said(reply)
        )


def _said(reply: UpstreamResponse) -> str:
    """The API's own reason, in the members that such responses usually have."""
    try:
        body = reply.json()
    except NotStrictJson:
        return ""
    return said_by(NAME, [body.get(name) for name in _REASONS]) if isinstance(body, Mapping) else ""

"""The response cache of an upstream, in the shared store."""

import json
import time
import zlib
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Final

from servicekit.core.errors import Unavailable
from servicekit.core.off_loop import off_loop
from servicekit.storage.redis.store import RedisStore
from servicekit.upstream.http.response import UpstreamResponse
from servicekit.upstream.http.transport import UpstreamRequest

_MAX_BODY_BYTES: Final = 2 * 1024 * 1024  # bytes of body, before compression
_MAX_HEADER_LENGTH: Final = 2000  # characters
_CACHED_HEADERS: Final = ("content-type", "etag", "last-modified", "link")


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """How long a response may be used.

    Attributes:
        fresh: seconds during which it is used without a request.
        stale: further seconds during which it is used, marked as stale, while it is renewed in the background.
        renew_first: a stale one is renewed before the caller is answered, and used only if that fails.
        keep: seconds to keep it at least, so that the upstream can confirm it by its ETag.
    """

    fresh: float = 0.0
    stale: float = 0.0
    keep: float = 0.0
    renew_first: bool = False

    @property
    def lifetime(self) -> float:
        """Seconds until the store drops it."""
        return max(self.fresh + self.stale, self.keep)


REVALIDATE: Final = CachePolicy(keep=24 * 3600)
"""Always asks the upstream, with the ETag: an unchanged resource costs neither quota nor body."""


class Cache:
    """The cached responses of one upstream. Without a store, or while it is unavailable, nothing is cached.

    Args:
        service: part of the keys, for services that share a store.
    """

    def __init__(self, service: str, name: str, store: RedisStore | None) -> None:
        self._prefix = f"mcp:{service}:upstream:{name}"
        self._store = store

    def key(self, account: str, request: UpstreamRequest) -> str:
        """The cache key, made of everything that determines the response: account, method, URL, headers, body."""
        identity = [account, request.method, request.url, sorted(request.headers.items()), request.expects_json]
        digest = blake2b(json.dumps(identity).encode(), digest_size=20)
        if request.content is not None:
            digest.update(request.content)
        return f"{self._prefix}:{digest.hexdigest()}"

    async def get(self, key: str) -> UpstreamResponse | None:
        """The cached response, or None."""
        if self._store is None:
            return None
        try:
            content = await self._store.run(self._store.redis.get(key), name="GET")
        except Unavailable:
            return None
        return await off_loop(len(content), _parse, content) if isinstance(content, bytes) else None

    async def put(self, key: str, response: UpstreamResponse, cache_policy: CachePolicy) -> None:
        """Cache a response, unless it is too large, incomplete or short-lived, or the store is unavailable."""
        if (
            self._store is None
            or cache_policy.lifetime < 1
            or response.omitted_lines
            or len(response.body) > _MAX_BODY_BYTES
        ):
            return
        try:
            content = await off_loop(len(response.body), _serialise, response)
            command = self._store.redis.set(key, content, px=int(cache_policy.lifetime * 1000))
            await self._store.run(command, name="SET")
        except Unavailable:
            return


def as_stale(response: UpstreamResponse) -> UpstreamResponse:
    """A copy that is marked as stale."""
    return replace(response, stale=True)


def as_revalidated(response: UpstreamResponse) -> UpstreamResponse:
    """A copy fetched now: the upstream confirmed that it is unchanged."""
    return replace(response, fetched_at=time.time(), stale=False)


def _serialise(response: UpstreamResponse) -> bytes:
    # The ETag is sent back later: one that is no valid header value would make each of those requests fail.
    headers = {
        name: response.headers[name] for name in _CACHED_HEADERS if _is_valid_header(response.headers.get(name, ""))
    }
    head = json.dumps({"status": response.status, "headers": headers, "fetched_at": response.fetched_at})
    return head.encode() + b"\n" + zlib.compress(response.body, level=1)


def _is_valid_header(value: str) -> bool:
    return 0 < len(value) <= _MAX_HEADER_LENGTH and value.isascii()


def _parse(content: bytes) -> UpstreamResponse | None:
    head, _, body = content.partition(b"\n")
    try:
        fields: dict[str, Any] = json.loads(head)
        return UpstreamResponse(fields["status"], fields["headers"], zlib.decompress(body), fields["fetched_at"])
    except (ValueError, KeyError, TypeError, zlib.error):  # written by another version of this code
        return None

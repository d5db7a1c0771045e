"""Answers kept in the store that replicas share: as long as they are fresh, and a while longer."""

import json
import time
import zlib
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Final

from servicekit.core.errors import Unavailable
from servicekit.storage.redis import RedisStore
from servicekit.upstream.http.response import UpstreamResponse
from servicekit.upstream.http.transport import UpstreamRequest

_LARGEST_KEPT: Final = 2 * 1024 * 1024  # bytes of body, before compression
_LONGEST_HEADER: Final = 2000  # characters
_KEPT_HEADERS: Final = ("content-type", "etag", "last-modified", "link")


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """How long an answer may be used.

    Attributes:
        fresh: seconds in which it is as good as a new one.
        stale: further seconds in which it is shown, marked, while a new one is fetched in the background.
        keep: seconds for which it is kept at least, so that the upstream can confirm it by its ETag.
    """

    fresh: float = 0.0
    stale: float = 0.0
    keep: float = 0.0

    @property
    def lifetime(self) -> float:
        """Seconds after which nothing remembers it."""
        return max(self.fresh + self.stale, self.keep)


CONFIRMED: Final = CachePolicy(keep=24 * 3600)
"""Always asked again, but with the ETag: where nothing changed, that costs no quota and no body."""


class Cache:
    """The answers of one upstream. Without a store, or while it is away, nothing is kept.

    Args:
        service: keeps services apart in a store they share.
    """

    def __init__(self, service: str, name: str, store: RedisStore | None) -> None:
        self._prefix = f"mcp:{{{service}}}:upstream:{name}"
        self._store = store

    def key(self, account: str, request: UpstreamRequest) -> str:
        """One name for all that makes an answer: whose credential, which resource, in which form."""
        identity = [account, request.method, request.url, sorted(request.headers.items()), request.expects_json]
        digest = blake2b(json.dumps(identity).encode(), digest_size=20).hexdigest()
        return f"{self._prefix}:{digest}"

    async def get(self, key: str) -> UpstreamResponse | None:
        """What is kept under a name."""
        if self._store is None:
            return None
        try:
            content = await self._store.run(self._store.redis.get(key), name="GET")
        except Unavailable:
            return None
        return _read(content) if isinstance(content, bytes) else None

    async def put(self, key: str, reply: UpstreamResponse, cache_policy: CachePolicy) -> None:
        """Keep an answer, if there is a store that takes it."""
        if self._store is None or cache_policy.lifetime < 1 or reply.left_out or len(reply.body) > _LARGEST_KEPT:
            return
        try:
            command = self._store.redis.set(key, _written(reply), px=int(cache_policy.lifetime * 1000))
            await self._store.run(command, name="SET")
        except Unavailable:
            return


def as_stale(reply: UpstreamResponse) -> UpstreamResponse:
    """The same, marked."""
    return replace(reply, stale=True)


def confirmed(reply: UpstreamResponse) -> UpstreamResponse:
    """The same, as of now: the upstream said that nothing changed."""
    return replace(reply, fetched_at=time.time(), stale=False)


def _written(reply: UpstreamResponse) -> bytes:
    # An ETag is sent back: one that no request can carry would make each later request fail.
    headers = {name: reply.headers[name] for name in _KEPT_HEADERS if _fit(reply.headers.get(name, ""))}
    head = json.dumps({"status": reply.status, "headers": headers, "fetched_at": reply.fetched_at})
    return head.encode() + b"\n" + zlib.compress(reply.body, level=1)


def _fit(value: str) -> bool:
    return 0 < len(value) <= _LONGEST_HEADER and value.isascii()


def _read(content: bytes) -> UpstreamResponse | None:
    head, _, body = content.partition(b"\n")
    try:
        fields: dict[str, Any] = json.loads(head)
        return UpstreamResponse(fields["status"], fields["headers"], zlib.decompress(body), fields["fetched_at"])
    except (ValueError, KeyError, TypeError, zlib.error):  # written by another version of this code
        return None

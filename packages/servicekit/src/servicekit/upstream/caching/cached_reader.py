"""Reading through the cache: one request for all who want the same, in this process and on every replica."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from servicekit.telemetry.instruments import upstream_lookups
from servicekit.telemetry.spans import child_span
from servicekit.upstream.caching.cache import Cache, CachePolicy, as_stale, confirmed
from servicekit.upstream.caching.leases import Leases
from servicekit.upstream.caching.single_flight import SingleFlight
from servicekit.upstream.http.response import UpstreamResponse
from servicekit.upstream.http.transport import UpstreamRequest

_LOOK_AGAIN: Final = 0.05  # seconds between looks for an answer that another replica is fetching

Fetch = Callable[[UpstreamRequest], Awaitable[UpstreamResponse]]
LookupResult = Literal["hit", "stale", "revalidated", "miss", "joined"]


@dataclass(frozen=True, slots=True)
class CachedRequest:
    """One thing to read: its name in the cache, how to ask for it, how old it may be, and what is known of it."""

    key: str
    request: UpstreamRequest
    cache_policy: CachePolicy
    kept: UpstreamResponse | None

    def is_newer(self, found: UpstreamResponse | None) -> bool:
        """Whether somebody fetched it since."""
        return found is not None and (self.kept is None or found.fetched_at > self.kept.fetched_at)


class CachedReader:
    """Cached reads of one upstream.

    Args:
        host: for metrics.
        fetch: asks the upstream.
        patience: seconds to wait for a replica that is at it, before asking beside it.
    """

    def __init__(self, host: str, cache: Cache, leases: Leases, fetch: Fetch, patience: float) -> None:
        self._host = host
        self._cache = cache
        self._leases = leases
        self._fetch = fetch
        self._patience = patience
        self._flights: SingleFlight[UpstreamResponse] = SingleFlight()

    async def stop(self) -> None:
        """Give up what is under way."""
        await self._flights.stop()

    async def read(self, account: str, request: UpstreamRequest, cache_policy: CachePolicy) -> UpstreamResponse:
        """The answer as it is kept, or a new one; a stale one is shown while a new one is fetched."""
        key = self._cache.key(account, request)
        kept = await self._cache.get(key)
        if kept is not None and kept.age < cache_policy.fresh:
            return self._noted("hit", kept)
        wanted = CachedRequest(key, request, cache_policy, kept)
        if kept is not None and kept.age < cache_policy.fresh + cache_policy.stale:
            self._flights.begin_alone(key, lambda: self._renew(wanted))
            return self._noted("stale", as_stale(kept))
        if self._flights.under_way(key):
            with child_span("joined"):
                return self._noted("joined", await self._flights.join(key, lambda: self._renew(wanted)))
        return await self._flights.join(key, lambda: self._renew(wanted))

    async def _renew(self, wanted: CachedRequest) -> UpstreamResponse:
        """A new answer: by this replica, or by the one that is at it already."""
        deadline = time.monotonic() + self._patience
        while True:
            async with self._leases.attempt(wanted.key) as held:
                found = await self._cache.get(wanted.key)
                if found is not None and wanted.is_newer(found):
                    return self._noted("joined", found)
                if held or time.monotonic() > deadline:
                    return await self._ask(wanted)
            await asyncio.sleep(_LOOK_AGAIN * random.uniform(0.5, 1.5))  # noqa: S311  # so that replicas do not march

    async def _ask(self, wanted: CachedRequest) -> UpstreamResponse:
        request, kept = wanted.request, wanted.kept
        etag = kept.headers.get("etag") if kept is not None else None
        if etag is not None:
            request = replace(request, headers={**request.headers, "If-None-Match": etag})
        reply = await self._fetch(request)
        if kept is not None and reply.status == 304:
            reply = self._noted("revalidated", confirmed(kept))
        else:
            self._noted("miss", reply)
        if reply.status == 200:
            await self._cache.put(wanted.key, reply, wanted.cache_policy)
        return reply

    def _noted(self, result: LookupResult, reply: UpstreamResponse) -> UpstreamResponse:
        upstream_lookups.add(1, {"server.address": self._host, "result": result})
        return reply

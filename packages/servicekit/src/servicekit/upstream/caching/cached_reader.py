"""Reads through the cache, with single flight in this process and across replicas."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, Literal

from servicekit.core.errors import Unavailable
from servicekit.telemetry.instruments import upstream_lookups
from servicekit.telemetry.spans import child_span
from servicekit.upstream.caching.cache import Cache, CachePolicy, as_revalidated, as_stale
from servicekit.upstream.caching.leases import Leases
from servicekit.upstream.caching.single_flight import SingleFlight
from servicekit.upstream.http.response import UpstreamResponse
from servicekit.upstream.http.transport import UpstreamRequest

_POLL_INTERVAL: Final = 0.05  # seconds between cache lookups while another replica fetches

Fetch = Callable[[UpstreamRequest], Awaitable[UpstreamResponse]]
LookupResult = Literal["hit", "stale", "revalidated", "miss", "joined"]


@dataclass(frozen=True, slots=True)
class CachedRequest:
    """A request with its cache key, its policy and the cached response, if there is one."""

    key: str
    request: UpstreamRequest
    cache_policy: CachePolicy
    cached: UpstreamResponse | None

    def is_newer(self, found: UpstreamResponse | None) -> bool:
        """Whether `found` was fetched after the cached response."""
        return found is not None and (self.cached is None or found.fetched_at > self.cached.fetched_at)


class CachedReader:
    """Cached reads of one upstream.

    Args:
        host: the value of `server.address` in metrics.
        fetch: sends a request to the upstream.
        total_timeout: seconds to wait for the fetch of another replica before fetching here too.
    """

    def __init__(self, host: str, cache: Cache, leases: Leases, fetch: Fetch, total_timeout: float) -> None:
        self._host = host
        self._cache = cache
        self._leases = leases
        self._fetch = fetch
        self._total_timeout = total_timeout
        self._single_flight: SingleFlight[UpstreamResponse] = SingleFlight()

    async def stop(self) -> None:
        """Cancel running fetches."""
        await self._single_flight.stop()

    async def read(self, account: str, request: UpstreamRequest, cache_policy: CachePolicy) -> UpstreamResponse:
        """The cached response while it is fresh, a new one, or a stale one as the policy says."""
        key = self._cache.key(account, request)
        cached = await self._cache.get(key)
        if cached is not None and cached.age < cache_policy.fresh:
            return self._record_lookup("hit", cached)
        lookup = CachedRequest(key, request, cache_policy, cached)
        if cached is None or cached.age >= cache_policy.fresh + cache_policy.stale:
            return await self._joined(lookup)
        if cache_policy.renew_first:
            with suppress(Unavailable):
                return await self._joined(lookup)
        else:
            self._single_flight.start_background(key, lambda: self._renew(lookup))
        return self._record_lookup("stale", as_stale(cached))

    async def _joined(self, lookup: CachedRequest) -> UpstreamResponse:
        """The response of the running fetch, or of a new one."""
        key = lookup.key
        if self._single_flight.is_running(key):
            with child_span("single_flight"):
                return self._record_lookup("joined", await self._single_flight.join(key, lambda: self._renew(lookup)))
        return await self._single_flight.join(key, lambda: self._renew(lookup))

    async def _renew(self, lookup: CachedRequest) -> UpstreamResponse:
        """Fetch a new response, or take the one that another replica is fetching."""
        deadline = time.monotonic() + self._total_timeout
        while True:
            async with self._leases.acquire(lookup.key) as held:
                found = await self._cache.get(lookup.key)
                if found is not None and lookup.is_newer(found):
                    return self._record_lookup("joined", found)
                if held or time.monotonic() > deadline:
                    return await self._send(lookup)
            await asyncio.sleep(_POLL_INTERVAL * random.uniform(0.5, 1.5))  # noqa: S311  # jitter

    async def _send(self, lookup: CachedRequest) -> UpstreamResponse:
        request, cached = lookup.request, lookup.cached
        etag = cached.headers.get("etag") if cached is not None else None
        if etag is not None:
            request = replace(request, headers={**request.headers, "If-None-Match": etag})
        response = await self._fetch(request)
        if cached is not None and response.status == 304:
            response = self._record_lookup("revalidated", as_revalidated(cached))
        else:
            self._record_lookup("miss", response)
        if response.status == 200:
            await self._cache.put(lookup.key, response, lookup.cache_policy)
        return response

    def _record_lookup(self, result: LookupResult, response: UpstreamResponse) -> UpstreamResponse:
        upstream_lookups.add(1, {"server.address": self._host, "result": result})
        return response

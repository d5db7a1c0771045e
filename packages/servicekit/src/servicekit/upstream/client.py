"""An upstream as a service uses it: read through the cache, write once, and fail in words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pydantic_core import to_json

from servicekit.core.deadline import remaining
from servicekit.core.errors import OutcomeUnknown, Unavailable
from servicekit.storage.redis import RedisStore
from servicekit.upstream.caching.cache import Cache, CachePolicy
from servicekit.upstream.caching.cached_reader import CachedReader
from servicekit.upstream.caching.leases import Leases
from servicekit.upstream.errors import UpstreamFailed
from servicekit.upstream.http.credentials import Credentials, FixedCredentials
from servicekit.upstream.http.response import UpstreamResponse
from servicekit.upstream.http.transport import HttpTransport, UpstreamRequest
from servicekit.upstream.http.url import Origin, Query
from servicekit.upstream.resilience.circuit_breaker import CircuitBreaker
from servicekit.upstream.resilience.quota import Quota
from servicekit.upstream.resilience.retry_budget import RetryBudget
from servicekit.upstream.sender import Sender

_IDEMPOTENT: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})  # RFC 9110 §9.2.2
Path = Sequence[str | int]
"""The segments of a path. Each is encoded by itself, so that none can become two, or climb."""


class Upstream:
    """One host that a service reaches, and nothing beyond it.

    Args:
        service: the service's own name; keeps its answers apart in a store that services share.
        name: the upstream, as people call it: in errors, on the health page.
        base_url: ``https://host[:port][/path]``.
        credentials: this server's own; none where absent.
        store: keeps answers for all replicas, and lets one of them fetch for all. It works without.
        quota: what the upstream allows.
        headers: with every request.
        elsewhere: hosts that redirects may lead to, without credentials.
        timeout: seconds that one exchange may take.
        patience: seconds that a request may take, retries and their pauses included.
        largest: bytes of an answer that are read at most.
        connections: how many at once.
        breaker, budget: when to leave it alone, and when to send again.
    """

    essential = False
    """Whoever needs it is told when it is away; restarting this server would not bring it back."""

    def __init__(
        self,
        service: str,
        name: str,
        base_url: str,
        *,
        credentials: Credentials | None = None,
        store: RedisStore | None = None,
        quota: Quota | None = None,
        headers: Mapping[str, str] | None = None,
        elsewhere: Sequence[str] = (),
        timeout: float = 10.0,
        patience: float = 20.0,
        largest: int = 8 * 1024 * 1024,
        connections: int = 20,
        breaker: CircuitBreaker | None = None,
        budget: RetryBudget | None = None,
    ) -> None:
        self.name = name
        self.quota = quota
        self.address = Origin(base_url, elsewhere)
        self.breaker = breaker or CircuitBreaker(name, self.address.host)
        self._credentials = credentials or FixedCredentials()
        self._headers = dict(headers or {})
        self._patience = patience
        self._exchange = HttpTransport(
            name, self.address, timeout=timeout, largest=largest, connections=connections, agent=f"mcp-fleet-{service}"
        )
        self._sender = Sender(self.address.host, self._exchange, self.breaker, budget or RetryBudget(), quota)
        # An answer that others wait for too is fetched in nobody's time but its own.
        self._reader = CachedReader(
            self.address.host,
            Cache(service, name, store),
            Leases(store),
            lambda request: self._sender.send(request, self._credentials, patience),
            patience,
        )

    async def start(self) -> None:
        """Nothing: the client is made, and connections are opened, on first use."""

    async def stop(self) -> None:
        """Give up what is under way, and close every connection."""
        await self._reader.stop()
        await self._exchange.stop()

    async def check(self) -> None:
        """Answer unless the upstream kept failing lately; it is not asked for this.

        Raises:
            Unavailable: it did.
        """
        if self.breaker.state != "closed":
            raise Unavailable(self.name)

    async def get(
        self,
        path: Path,
        query: Query | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        cache_policy: CachePolicy | None = None,
        cost: float = 1.0,
        resource: str = "",
        json: bool = True,
        check: Callable[[Any], object] | None = None,
        follow: bool = True,
        end: bool = False,
    ) -> UpstreamResponse:
        """Read.

        Args:
            cache_policy: how long a response may be used. Concurrent callers, on any replica, share one request. None
                sends a request for each call.
            cost: what it takes from the quota.
            resource: which of the upstream's quotas it takes from, where there are several.
            json: the answer is JSON; False takes it as it is.
            check: raises `KeyError`, `ValueError` or `TypeError` for JSON that must be neither kept nor given out.
            follow: go where a redirect leads; False gives one that stays on the host, and goes nowhere.
            end: of an answer that is too large its end is enough, as of a log.

        Returns:
            A success, or the 4xx or redirect that was answered.

        Raises:
            UpstreamFailed: no usable answer, retries included.
            QuotaSpent: the upstream takes no more requests for now.
        """
        request = self._request(
            "GET",
            path,
            query,
            headers,
            cost=cost,
            resource=resource,
            expects_json=json,
            check=check,
            follow=follow,
            end=end,
        )
        if cache_policy is None:
            return await self._sender.send(request, self._credentials, self._time_left())
        return await self._reader.read(self._credentials.account, request, cache_policy)

    async def send(
        self,
        method: str,
        path: Path,
        query: Query | None = None,
        *,
        content: Any = None,
        headers: Mapping[str, str] | None = None,
        cost: float = 1.0,
        resource: str = "",
        json: bool = True,
        idempotent: bool | None = None,
        follow: bool = True,
        credentials: Credentials | None = None,
    ) -> UpstreamResponse:
        """Change something, or read what no cache may keep.

        Args:
            content: what is sent, as JSON.
            idempotent: doing it twice does no more than doing it once, for example because a key in it says so; the
                method decides where absent.
            follow: take the redirect of a write for a failure; False gives one that stays on the host.
            credentials: instead of the usual ones.

        Returns:
            A success, or the 4xx or redirect that was answered.

        Raises:
            UpstreamFailed: nothing was changed.
            OutcomeUnknown: it was sent, and whether it took effect is not known.
            QuotaSpent: nothing was changed; the upstream takes no more requests for now.
        """
        request = self._request(
            method, path, query, headers, content, cost=cost, resource=resource, expects_json=json, follow=follow,
            idempotent=method in _IDEMPOTENT if idempotent is None else idempotent,
        )  # fmt: skip
        try:
            return await self._sender.send(request, credentials or self._credentials, self._time_left())
        except UpstreamFailed as failure:
            if failure.sent and method not in ("GET", "HEAD"):
                raise OutcomeUnknown(self.name) from failure
            raise

    def _request(
        self,
        method: str,
        path: Path,
        query: Query | None,
        headers: Mapping[str, str] | None,
        content: Any = None,
        **details: Any,
    ) -> UpstreamRequest:
        accept = {"Accept": "application/json"} if details["expects_json"] else {}
        sent = {**accept, **self._headers, **(headers or {})}
        encoded = None
        if content is not None:
            encoded = to_json(content)
            sent["Content-Type"] = "application/json"
        return UpstreamRequest(method, self.address.url(path, query), sent, encoded, **details)

    def _time_left(self) -> float:
        left = remaining()
        return self._patience if left is None else min(left, self._patience)

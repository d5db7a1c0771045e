"""The client of one upstream: cached reads, retried requests, and errors with texts for the model."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from pydantic_core import to_json

from servicekit.core.deadline import remaining
from servicekit.core.errors import OutcomeUnknown, Unavailable
from servicekit.storage.redis.store import RedisStore
from servicekit.upstream.caching.cache import Cache, CachePolicy
from servicekit.upstream.caching.cached_reader import CachedReader
from servicekit.upstream.caching.leases import Leases
from servicekit.upstream.errors import UpstreamFailed
from servicekit.upstream.http.credentials import Credentials, FixedCredentials
from servicekit.upstream.http.response import UpstreamResponse
from servicekit.upstream.http.transport import HttpTransport, Sink, UpstreamRequest
from servicekit.upstream.http.url import Origin, Query
from servicekit.upstream.resilience.circuit_breaker import CircuitBreaker
from servicekit.upstream.resilience.quota import Quota
from servicekit.upstream.resilience.retry_budget import RetryBudget
from servicekit.upstream.sender import Sender

Taker = TypeVar("Taker", bound=Sink)
_IDEMPOTENT: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})  # RFC 9110 §9.2.2
Path = Sequence[str | int]
"""The segments of a path. Each is percent-encoded, so a segment cannot contain a slash or lead upwards."""


class Upstream:
    """The client of one upstream host. It sends requests to no other host.

    Args:
        service: the service's name; part of the cache keys in a store that services share.
        name: the upstream's display name, in errors and on the health page.
        base_url: ``https://host[:port][/path]``.
        credentials: this server's own credentials; none by default.
        store: shares the cache and single flight among replicas; None limits both to this process.
        quota: the upstream's limits.
        headers: sent with every request.
        redirect_hosts: other hosts that redirects may lead to; they get no credentials.
        timeout: seconds for one HTTP request with its redirects.
        total_timeout: seconds for a call with its retries and the delays between them.
        max_bytes: the largest response body, in bytes.
        connections: the largest number of open connections.
        breaker, budget: the circuit breaker and the retry budget.
    """

    needed_for = ()
    """Not part of readiness: restarting this server would not bring an upstream back."""

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
        redirect_hosts: Sequence[str] = (),
        timeout: float = 10.0,
        total_timeout: float = 20.0,
        max_bytes: int = 8 * 1024 * 1024,
        connections: int = 20,
        breaker: CircuitBreaker | None = None,
        budget: RetryBudget | None = None,
    ) -> None:
        self.name = name
        self.quota = quota
        self.origin = Origin(base_url, redirect_hosts)
        self.breaker = breaker or CircuitBreaker(name, self.origin.host)
        self._credentials = credentials or FixedCredentials()
        self._headers = dict(headers or {})
        self._total_timeout = total_timeout
        self._transport = HttpTransport(
            name,
            self.origin,
            timeout=timeout,
            max_bytes=max_bytes,
            connections=connections,
            agent=f"mcp-fleet-{service}",
        )
        self._sender = Sender(self.origin.host, self._transport, self.breaker, budget or RetryBudget(), quota)
        # A shared fetch has the full timeout: it must not depend on the deadline of one of the waiting calls.
        self._reader = CachedReader(
            self.origin.host,
            Cache(service, name, store),
            Leases(store),
            lambda request: self._sender.send(request, self._credentials, total_timeout),
            total_timeout,
        )

    async def start(self) -> None:
        """Does nothing: the HTTP client is made on first use."""

    async def stop(self) -> None:
        """Cancel running fetches and close every connection."""
        await self._reader.stop()
        await self._transport.stop()

    async def check(self) -> None:
        """Check the circuit breaker's state, without a request.

        Raises:
            Unavailable: the breaker is not closed.
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
        """Send a GET request, or answer it from the cache.

        Args:
            cache_policy: how long a response may be used. Concurrent callers, on any replica, share one request. None
                sends a request for each call.
            cost: the request's cost in the quota.
            resource: the quota that it counts against, where the upstream has several.
            json: the response must be JSON; False accepts any body.
            check: raises `KeyError`, `ValueError` or `TypeError` for unusable JSON, which is not cached or returned.
            follow: follow redirects; False returns a redirect within the host.
            end: keep only the end of a body that is too large, as for a log.

        Returns:
            A success, a 4xx, or a redirect with `follow=False`.

        Raises:
            UpstreamFailed: no usable response, retries included.
            QuotaSpent: the quota is spent.
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
        found = await self._reader.read(self._credentials.account, request, cache_policy)
        return await found.prepared() if json else found

    async def stream(
        self,
        path: Path,
        query: Query | None = None,
        *,
        into: Callable[[], Taker],
        most: int,
        headers: Mapping[str, str] | None = None,
        cost: float = 1.0,
        resource: str = "",
    ) -> tuple[UpstreamResponse, Taker | None]:
        """Send a GET request whose body passes in pieces, for a part of a large file: it is neither kept nor cached.

        Args:
            into: makes what takes the body. An attempt that fails is repeated with a new one.
            most: the largest body, in bytes.

        Returns:
            A success and what took its body, or a 4xx and None.

        Raises:
            UpstreamFailed: no usable response, retries included.
            QuotaSpent: the quota is spent.
        """
        left = self._time_left()
        request = self._request(
            "GET", path, query, headers, cost=cost, resource=resource, expects_json=False, into=into, most=most,
            timeout=left,
        )  # fmt: skip
        response = await self._sender.send(request, self._credentials, left)
        return response, response.sink

    async def query(
        self,
        path: Path,
        content: Any,
        *,
        root: str | None = None,
        headers: Mapping[str, str] | None = None,
        cache_policy: CachePolicy | None = None,
        cost: float = 1.0,
        resource: str = "",
        status_in: Callable[[Any], int] | None = None,
    ) -> UpstreamResponse:
        """Read with a POST request, as in GraphQL. It is retried and cached like a GET request.

        Args:
            content: the question, sent as JSON.
            root: replaces the path of the base URL, for an API beside it.
            status_in: the HTTP status that the JSON of a success stands for, where the protocol reports failures in it:
                429 counts as a spent quota, 500 and above as a failure, and only 200 is cached.
            cache_policy, cost, resource: as for `get`.

        Returns:
            A success or a 4xx.

        Raises:
            UpstreamFailed: no usable response, retries included.
            QuotaSpent: the quota is spent.
        """
        request = self._request(
            "POST", path, None, headers, content, root=root, cost=cost, resource=resource, expects_json=True,
            follow=False, idempotent=True, status_in=status_in,
        )  # fmt: skip
        if cache_policy is None:
            return await self._sender.send(request, self._credentials, self._time_left())
        return await (await self._reader.read(self._credentials.account, request, cache_policy)).prepared()

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
        root: str | None = None,
        status_in: Callable[[Any], int] | None = None,
    ) -> UpstreamResponse:
        """Send a request that changes something, or whose response must not be cached.

        Args:
            content: the body, sent as JSON.
            idempotent: whether sending it twice has the same effect as once, for example because of an idempotency
                key; by default the method decides.
            follow: treat a redirect of a write as a failure; False returns a redirect within the host.
            credentials: replaces the upstream's credentials for this request.
            root, status_in: as for `query`.

        Returns:
            A success, a 4xx, or a redirect with `follow=False`.

        Raises:
            UpstreamFailed: nothing was changed.
            OutcomeUnknown: the request was sent, and whether it took effect is unknown.
            QuotaSpent: the quota is spent; nothing was changed.
        """
        request = self._request(
            method, path, query, headers, content, root=root, cost=cost, resource=resource, expects_json=json,
            follow=follow, idempotent=method in _IDEMPOTENT if idempotent is None else idempotent, status_in=status_in,
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
        root: str | None = None,
        **details: Any,
    ) -> UpstreamRequest:
        accept = {"Accept": "application/json"} if details["expects_json"] else {}
        sent = {**accept, **self._headers, **(headers or {})}
        encoded = None
        if content is not None:
            encoded = to_json(content)
            sent["Content-Type"] = "application/json"
        return UpstreamRequest(method, self.origin.url(path, query, root), sent, encoded, **details)

    def _time_left(self) -> float:
        left = remaining()
        return self._total_timeout if left is None else min(left, self._total_timeout)

"""Sends requests to one host under its quota, circuit breaker, retry budget and deadline."""

import asyncio
import itertools
import time

from servicekit.telemetry.instruments import upstream_retries
from servicekit.telemetry.spans import child_span
from servicekit.upstream.errors import QuotaSpent, UpstreamFailed
from servicekit.upstream.http.credentials import Credential, Credentials
from servicekit.upstream.http.response import UpstreamResponse
from servicekit.upstream.http.transport import HttpTransport, UpstreamRequest
from servicekit.upstream.resilience.circuit_breaker import CircuitBreaker
from servicekit.upstream.resilience.quota import Quota
from servicekit.upstream.resilience.retry_budget import RetryBudget, retry_delay


class Sender:
    """Sends requests to one host and retries them.

    Args:
        host: the value of `server.address` in metrics.
        quota: None where the upstream has no limits.
    """

    def __init__(
        self, host: str, transport: HttpTransport, breaker: CircuitBreaker, budget: RetryBudget, quota: Quota | None
    ) -> None:
        self._host = host
        self._transport = transport
        self._breaker = breaker
        self._budget = budget
        self._quota = quota

    async def send(self, request: UpstreamRequest, credentials: Credentials, within: float) -> UpstreamResponse:
        """Send a request, with as many retries as are safe and fit into `within` seconds.

        Raises:
            UpstreamFailed: the last attempt failed.
            QuotaSpent: the quota does not reset in time.
        """
        deadline = time.monotonic() + within
        self._budget.earn()
        for attempt in itertools.count(1):
            try:
                return await self._attempt(request, attempt, credentials)
            except (UpstreamFailed, QuotaSpent) as failure:
                left = deadline - time.monotonic()
                pause = retry_delay(failure, attempt, idempotent=request.idempotent, left=left, budget=self._budget)
                if pause is None:
                    raise
            upstream_retries.add(1, {"server.address": self._host})
            with child_span("retry_delay"):
                await asyncio.sleep(pause)
        raise AssertionError("counting never ends")

    async def _attempt(self, request: UpstreamRequest, attempt: int, credentials: Credentials) -> UpstreamResponse:
        credential = await credentials.current()
        response = await self._send_once(request, attempt, credential)
        if response.status == 401 and credentials.invalidate(credential):
            # An unauthenticated request has no effect, so it is safe to repeat.
            response = await self._send_once(request, attempt, await credentials.current())
        return response

    async def _send_once(self, request: UpstreamRequest, attempt: int, credential: Credential) -> UpstreamResponse:
        with self._breaker.track():
            if self._quota is not None:
                await self._quota.reserve(request.cost, request.resource)
            response = await self._transport.send(request, credential, attempt - 1)
        limit = self._quota.update(response) if self._quota is not None else None
        if limit is not None:
            raise limit
        return response

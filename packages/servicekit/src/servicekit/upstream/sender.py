"""A request sent until it is answered, or until that makes no more sense: quota, breaker, retries, deadline."""

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
from servicekit.upstream.resilience.retry_budget import RetryBudget, pause_before_retry


class Sender:
    """What all requests to one host share.

    Args:
        host: for metrics.
        quota: None where the upstream has none.
    """

    def __init__(
        self, host: str, exchange: HttpTransport, breaker: CircuitBreaker, budget: RetryBudget, quota: Quota | None
    ) -> None:
        self._host = host
        self._exchange = exchange
        self._breaker = breaker
        self._budget = budget
        self._quota = quota

    async def send(self, request: UpstreamRequest, credentials: Credentials, within: float) -> UpstreamResponse:
        """The answer, after as many attempts as are safe and fit into `within` seconds.

        Raises:
            UpstreamFailed: the last attempt failed too.
            QuotaSpent: the upstream takes no more requests in that time.
        """
        deadline = time.monotonic() + within
        self._budget.earn()
        for attempt in itertools.count(1):
            try:
                return await self._attempt(request, attempt, credentials)
            except (UpstreamFailed, QuotaSpent) as failure:
                left = deadline - time.monotonic()
                pause = pause_before_retry(
                    failure, attempt, idempotent=request.idempotent, left=left, budget=self._budget
                )
                if pause is None:
                    raise
            upstream_retries.add(1, {"server.address": self._host})
            with child_span("pause"):
                await asyncio.sleep(pause)
        raise AssertionError("counting never ends")

    async def _attempt(self, request: UpstreamRequest, attempt: int, credentials: Credentials) -> UpstreamResponse:
        credential = await credentials.current()
        reply = await self._exchanged(request, attempt, credential)
        if reply.status == 401 and credentials.refused(credential):
            # Nothing is done for somebody unknown, so whatever it is may be asked again.
            reply = await self._exchanged(request, attempt, await credentials.current())
        return reply

    async def _exchanged(self, request: UpstreamRequest, attempt: int, credential: Credential) -> UpstreamResponse:
        with self._breaker.guard():
            if self._quota is not None:
                await self._quota.admit(request.cost, request.resource)
            reply = await self._exchange.send(request, credential, attempt - 1)
        limit = self._quota.note(reply) if self._quota is not None else None
        if limit is not None:
            raise limit
        return reply

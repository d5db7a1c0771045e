"""The circuit breaker of one host."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from servicekit.telemetry.instruments import upstream_breaker
from servicekit.upstream.errors import CircuitOpen, UpstreamFailed

State = Literal["closed", "half_open", "open"]
_GAUGE: dict[State, int] = {"closed": 0, "half_open": 1, "open": 2}


class CircuitBreaker:
    """Blocks requests to a host after several failures in a row, then tries it with one request, the probe.

    Only an `UpstreamFailed` with `trips_breaker` counts as a failure. Cancelled requests and responses that are too
    large do not: one caller could otherwise block the host for all others.

    Args:
        name: the upstream's display name.
        host: the value of `server.address` in metrics.
        failure_threshold: failures in a row that open the breaker.
        open_seconds: seconds until the first probe; each failed probe doubles them.
        max_open_seconds: the longest time between two probes, in seconds.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        name: str,
        host: str,
        *,
        failure_threshold: int = 5,
        open_seconds: float = 5.0,
        max_open_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._host = name, host
        self._failure_threshold = failure_threshold
        self._first_open_seconds, self._max_open_seconds = open_seconds, max_open_seconds
        self._clock = clock
        self._failures = 0
        self._open_seconds = open_seconds
        self._until: float | None = None
        self._probing = False
        self._record_state()

    @property
    def state(self) -> State:
        """``closed`` lets every request through, ``half_open`` one, ``open`` none."""
        if self._until is None:
            return "closed"
        return "open" if self._clock() < self._until else "half_open"

    @contextmanager
    def track(self) -> Iterator[None]:
        """Count the outcome of the request that runs inside the block.

        Raises:
            CircuitOpen: the breaker blocks the request.
        """
        probe = self._enter()
        try:
            yield
        except UpstreamFailed as failure:
            if failure.trips_breaker:
                self._failed(probe)
            raise
        else:
            self._succeeded(probe)
        finally:
            if probe:
                self._probing = False
            self._record_state()

    def _enter(self) -> bool:
        """Let a request through; returns whether it is the probe."""
        if self._until is None:
            return False
        left = self._until - self._clock()
        if left > 0 or self._probing:
            raise CircuitOpen(self._name, left)
        self._probing = True
        self._record_state()
        return True

    def _failed(self, probe: bool) -> None:
        self._failures += 1
        if probe:
            self._open_seconds = min(self._open_seconds * 2, self._max_open_seconds)
            self._until = self._clock() + self._open_seconds
        elif self._until is None and self._failures >= self._failure_threshold:
            self._until = self._clock() + self._open_seconds

    def _succeeded(self, probe: bool) -> None:
        # While the breaker is open only the probe can close it: other responses are to requests from before.
        if probe or self._until is None:
            self._failures, self._open_seconds, self._until = 0, self._first_open_seconds, None

    def _record_state(self) -> None:
        upstream_breaker.set(_GAUGE[self.state], {"server.address": self._host})

"""The circuit breaker of one host: after several failures in a row it is left alone, then tried with one request."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from servicekit.telemetry.instruments import upstream_breaker
from servicekit.upstream.errors import CircuitOpen, UpstreamFailed

State = Literal["closed", "half_open", "open"]
_GAUGE: dict[State, int] = {"closed": 0, "half_open": 1, "open": 2}


class CircuitBreaker:
    """Decides whether a host is asked at all.

    What counts as a failure is an `UpstreamFailed` that is a sign of a host which is unwell: no answer, or none that
    could be used. Any other end says nothing about the host: a request that its own caller gave up, or an answer that
    was too large, of which one caller could ask for several in a row and so keep everybody from the host.

    Args:
        name: the upstream, as people call it.
        host: for metrics.
        failures: how many in a row open it.
        rest: seconds that the host is left alone at first; each probe that fails doubles them.
        longest_rest: the most seconds between two probes.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        name: str,
        host: str,
        *,
        failures: int = 5,
        rest: float = 5.0,
        longest_rest: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._host = name, host
        self._most_failures = failures
        self._first_rest, self._longest_rest = rest, longest_rest
        self._clock = clock
        self._failures = 0
        self._rest = rest
        self._until: float | None = None
        self._probing = False
        self._tell()

    @property
    def state(self) -> State:
        """Closed lets everybody through, half open one request, open nobody."""
        if self._until is None:
            return "closed"
        return "open" if self._clock() < self._until else "half_open"

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Around one request.

        Raises:
            BreakerOpen: the host is being left alone.
        """
        probe = self._admit()
        try:
            yield
        except UpstreamFailed as failure:
            if failure.unwell:
                self._failed(probe)
            raise
        else:
            self._answered(probe)
        finally:
            if probe:
                self._probing = False
            self._tell()

    def _admit(self) -> bool:
        """Whether this request is the probe."""
        if self._until is None:
            return False
        left = self._until - self._clock()
        if left > 0 or self._probing:
            raise CircuitOpen(self._name, left)
        self._probing = True
        self._tell()
        return True

    def _failed(self, probe: bool) -> None:
        self._failures += 1
        if probe:
            self._rest = min(self._rest * 2, self._longest_rest)
            self._until = self._clock() + self._rest
        elif self._until is None and self._failures >= self._most_failures:
            self._until = self._clock() + self._rest

    def _answered(self, probe: bool) -> None:
        # While it is open only the probe's word counts: other answers are to requests from before.
        if probe or self._until is None:
            self._failures, self._rest, self._until = 0, self._first_rest, None

    def _tell(self) -> None:
        upstream_breaker.set(_GAUGE[self.state], {"server.address": self._host})

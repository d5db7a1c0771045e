"""Calls, errors and latency of the last quarter of an hour, by key."""

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

STEP: Final = 10
"""Seconds per interval."""
STEPS: Final = 90
MOST_KEYS: Final = 2_000
_PRECISION: Final = math.log(1.02)  # percentiles are within 2 %

Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True)
class _Step:
    calls: int = 0
    errors: int = 0
    failures: int = 0
    latencies: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts and percentiles of the window, and counts per step, oldest first.

    Failures are the errors that the server caused.
    """

    calls: int
    errors: int
    failures: int
    rate_per_second: float
    """Over the last minute."""
    p50_ms: float
    p95_ms: float
    p99_ms: float
    steps: list[int]
    error_steps: list[int]
    failure_steps: list[int]


class RollingStatistics(Generic[Key]):
    """Statistics by key over a moving window, in bounded memory. `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._rows: OrderedDict[Key, dict[int, _Step]] = OrderedDict()

    def count(self, key: Key, ended_at: float, milliseconds: float, *, is_error: bool, is_failure: bool) -> None:
        """Count a call that ended at `ended_at`; calls before the window are ignored."""
        now = self._now()
        number = min(int(ended_at // STEP), now)  # the sender's clock may be ahead
        if number <= now - STEPS:
            return
        steps = self._rows.setdefault(key, {})
        self._rows.move_to_end(key)
        if len(self._rows) > MOST_KEYS:
            self._rows.popitem(last=False)
        step = steps.setdefault(number, _Step())
        step.calls += 1
        step.errors += is_error
        step.failures += is_failure
        step.latencies[round(math.log(max(milliseconds, 0.001)) / _PRECISION)] += 1

    def rows(self) -> Iterator[tuple[Key, Summary]]:
        """Every key with calls in the window."""
        now = self._now()
        for key, steps in list(self._rows.items()):
            for number in [number for number in steps if number <= now - STEPS]:
                del steps[number]
            if steps:
                yield key, _summary(steps, now)
            else:
                del self._rows[key]

    def _now(self) -> int:
        return int(self._clock() // STEP)


def _summary(steps: dict[int, _Step], now: int) -> Summary:
    calls, errors, failures = [0] * STEPS, [0] * STEPS, [0] * STEPS
    latencies: Counter[int] = Counter()
    for number, step in steps.items():
        place = STEPS - 1 - (now - number)
        calls[place] += step.calls
        errors[place] += step.errors
        failures[place] += step.failures
        latencies.update(step.latencies)
    minute = 60 // STEP
    return Summary(
        calls=sum(calls),
        errors=sum(errors),
        failures=sum(failures),
        rate_per_second=sum(calls[-minute:]) / 60,
        p50_ms=_percentile(latencies, 0.50),
        p95_ms=_percentile(latencies, 0.95),
        p99_ms=_percentile(latencies, 0.99),
        steps=calls,
        error_steps=errors,
        failure_steps=failures,
    )


def _percentile(latencies: Counter[int], share: float) -> float:
    wanted, seen = math.ceil(latencies.total() * share), 0
    for bucket in sorted(latencies):
        seen += latencies[bucket]
        if seen >= wanted:
            return math.exp(bucket * _PRECISION)
    return 0.0

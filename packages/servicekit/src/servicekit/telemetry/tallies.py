"""Histograms and levels that cost a call under a microsecond.

The SDK takes about 10 us for each measurement: it hashes the attributes and looks for an exemplar. Here the buckets of
a series are counted in place, and `tally_export` adds them to each collection of the SDK.
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Final

from opentelemetry.metrics import Observation
from opentelemetry.trace import SpanContext

SCOPE: Final = "servicekit"

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Example:
    """A recorded call in a bucket. Times are in nanoseconds since the epoch."""

    seconds: float
    at: int
    ids: SpanContext


@dataclass(frozen=True, slots=True)
class Tally:
    """What a series has counted since `started` (nanoseconds since the epoch)."""

    labels: Labels
    started: int
    counts: Sequence[int]
    sum: float
    lowest: float
    highest: float
    examples: Sequence[Example]


class Series:
    """The durations of one set of attributes. Any thread may record."""

    __slots__ = ("_bounds", "_counts", "_examples", "_highest", "_labels", "_lock", "_lowest", "_started", "_sum")

    def __init__(self, labels: Labels, bounds: Sequence[float]) -> None:
        self._labels, self._bounds = labels, bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum, self._lowest, self._highest = 0.0, float("inf"), 0.0
        self._examples: dict[int, Example] = {}
        self._started = time.time_ns()
        self._lock = Lock()

    def record(self, seconds: float, recorded_span: SpanContext | None = None) -> None:
        """Count one duration.

        Args:
            recorded_span: the ids of the call's span if it is recorded. Each bucket keeps its latest as an exemplar.
        """
        bucket = bisect_left(self._bounds, seconds)
        with self._lock:
            self._counts[bucket] += 1
            self._sum += seconds
            if seconds < self._lowest:
                self._lowest = seconds
            if seconds > self._highest:
                self._highest = seconds
            if recorded_span is not None:
                self._examples[bucket] = Example(seconds, time.time_ns(), recorded_span)

    def tally(self) -> Tally | None:
        """The counts so far; None before the first duration."""
        with self._lock:
            if not any(self._counts):
                return None
            counts, examples = list(self._counts), list(self._examples.values())
            return Tally(self._labels, self._started, counts, self._sum, self._lowest, self._highest, examples)


class DurationHistogram:
    """A histogram of seconds with series bound to their attributes."""

    def __init__(self, name: str, description: str, bounds: Sequence[float]) -> None:
        self.name, self.description, self.bounds = name, description, bounds
        self._series: dict[frozenset[tuple[str, str]], Series] = {}
        self._lock = Lock()
        histograms.append(self)

    def series(self, labels: Labels) -> Series:
        """The series with these attributes. Keep it: the look-up costs more than recording."""
        key = frozenset(labels.items())
        with self._lock:
            if key not in self._series:
                self._series[key] = Series(dict(labels), self.bounds)
            return self._series[key]

    def tallies(self) -> list[Tally]:
        """The counts of every series that has any."""
        with self._lock:
            series = list(self._series.values())
        return [tally for one in series if (tally := one.tally()) is not None]


class Level:
    """A number that goes up and down, read at each collection."""

    __slots__ = ("_lock", "value")

    def __init__(self) -> None:
        self.value = 0
        self._lock = Lock()

    def add(self, amount: int) -> None:
        with self._lock:
            self.value += amount


class Levels:
    """Levels by the value of one attribute."""

    def __init__(self, attribute: str) -> None:
        self._attribute = attribute
        self._levels: dict[str, Level] = {}

    def level(self, label: str) -> Level:
        """The level with this attribute value."""
        return self._levels.setdefault(label, Level())

    def observe(self) -> Iterable[Observation]:
        return [Observation(level.value, {self._attribute: label}) for label, level in list(self._levels.items())]


class Values:
    """The latest number for each value of one attribute, read at each collection.

    Args:
        attribute: its name; None for a single number.
    """

    def __init__(self, attribute: str | None) -> None:
        self._attribute = attribute
        self._latest: dict[str, float | Callable[[], float]] = {}

    def follow(self, read: Callable[[], float], label: str = "") -> None:
        """Read the number with this attribute value at each collection. Without one, `read` raises OSError."""
        self._latest[label] = read

    def set(self, number: float | None, label: str = "") -> None:
        """Note the number with this attribute value. None ends its series, so that no outdated number stays."""
        if number is None:
            self._latest.pop(label, None)
        else:
            self._latest[label] = number

    def observe(self) -> Iterable[Observation]:
        for label, latest in list(self._latest.items()):
            with suppress(OSError):
                number = latest() if callable(latest) else latest
                yield Observation(number, {self._attribute: label} if self._attribute is not None else None)


histograms: Final[list[DurationHistogram]] = []
"""Every histogram of this process."""

"""Histograms and levels that cost a call under a microsecond.

The SDK takes about 10 us for each measurement: it hashes the attributes and looks for an exemplar. Here the buckets of
a series are counted in place, and `with_tallies` adds them to each collection of the SDK.
"""

import time
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Final

from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext

SCOPE: Final = "servicekit"

Labels = Mapping[str, str]


class Series:
    """The durations of one set of attributes. Any thread may record."""

    __slots__ = ("_bounds", "_counts", "_exemplars", "_highest", "_labels", "_lock", "_lowest", "_started", "_sum")

    def __init__(self, labels: Labels, bounds: Sequence[float]) -> None:
        self._labels, self._bounds = labels, bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum, self._lowest, self._highest = 0.0, float("inf"), 0.0
        self._exemplars: dict[int, Exemplar] = {}
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
                ids = (recorded_span.span_id, recorded_span.trace_id)
                self._exemplars[bucket] = Exemplar({}, seconds, time.time_ns(), *ids)

    def point(self, now: int) -> HistogramDataPoint | None:
        """The state at `now`, in nanoseconds since the epoch; None before the first duration."""
        with self._lock:
            counts, exemplars = list(self._counts), list(self._exemplars.values())
            total, lowest, highest = self._sum, self._lowest, self._highest
        if not any(counts):
            return None
        return HistogramDataPoint(
            self._labels, self._started, now, sum(counts), total, counts, self._bounds, lowest, highest, exemplars
        )


class DurationHistogram:
    """A histogram of seconds with series bound to their attributes."""

    def __init__(self, name: str, description: str, bounds: Sequence[float]) -> None:
        self._name, self._description, self._bounds = name, description, bounds
        self._series: dict[frozenset[tuple[str, str]], Series] = {}
        self._lock = Lock()
        _histograms.append(self)

    def series(self, labels: Labels) -> Series:
        """The series with these attributes. Keep it: the look-up costs more than recording."""
        key = frozenset(labels.items())
        with self._lock:
            if key not in self._series:
                self._series[key] = Series(dict(labels), self._bounds)
            return self._series[key]

    def metric(self, now: int) -> Metric | None:
        """Everything recorded so far; None if that is nothing."""
        with self._lock:
            series = list(self._series.values())
        points = [point for one in series if (point := one.point(now)) is not None]
        if not points:
            return None
        return Metric(self._name, self._description, "s", Histogram(points, AggregationTemporality.CUMULATIVE))


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


_histograms: Final[list[DurationHistogram]] = []


def with_tallies(collected: MetricsData) -> MetricsData:
    """The collection of a reader, with the histograms that are counted here."""
    now = time.time_ns()
    metrics = [metric for histogram in _histograms if (metric := histogram.metric(now)) is not None]
    return replace(
        collected, resource_metrics=[_extended(resource, metrics) for resource in collected.resource_metrics]
    )


def _extended(resource: ResourceMetrics, metrics: Sequence[Metric]) -> ResourceMetrics:
    scope = ScopeMetrics(InstrumentationScope(SCOPE), list(metrics), "")
    scopes = [
        replace(one, metrics=[*one.metrics, *metrics]) if one.scope.name == SCOPE else one
        for one in resource.scope_metrics
    ]
    known = any(one.scope.name == SCOPE for one in scopes)
    return replace(resource, scope_metrics=scopes if known else [*scopes, scope])

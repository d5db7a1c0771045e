"""Adds the histograms of `tallies` to what the SDK collects, in the SDK's own form."""

import time
from collections.abc import Sequence
from dataclasses import replace

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

from servicekit.telemetry.tallies import SCOPE, DurationHistogram, Tally, histograms


def with_tallies(collected: MetricsData) -> MetricsData:
    """The collection of a reader, with the histograms that this process counts. They are cumulative."""
    now = time.time_ns()
    metrics = [metric for histogram in histograms if (metric := _metric(histogram, now)) is not None]
    return replace(
        collected, resource_metrics=[_extended(resource, metrics) for resource in collected.resource_metrics]
    )


def _metric(histogram: DurationHistogram, now: int) -> Metric | None:
    points = [_point(tally, histogram.bounds, now) for tally in histogram.tallies()]
    if not points:
        return None
    data = Histogram(points, AggregationTemporality.CUMULATIVE)
    return Metric(histogram.name, histogram.description, "s", data)


def _point(tally: Tally, bounds: Sequence[float], now: int) -> HistogramDataPoint:
    return HistogramDataPoint(
        attributes=tally.labels,
        start_time_unix_nano=tally.started,
        time_unix_nano=now,
        count=sum(tally.counts),
        sum=tally.sum,
        bucket_counts=tally.counts,
        explicit_bounds=bounds,
        min=tally.lowest,
        max=tally.highest,
        exemplars=[
            Exemplar({}, example.seconds, example.at, example.ids.span_id, example.ids.trace_id)
            for example in tally.examples
        ],
    )


def _extended(resource: ResourceMetrics, metrics: Sequence[Metric]) -> ResourceMetrics:
    """The metrics of one resource, with ours in our scope."""
    scopes = [
        replace(scope, metrics=[*scope.metrics, *metrics]) if scope.scope.name == SCOPE else scope
        for scope in resource.scope_metrics
    ]
    if not any(scope.scope.name == SCOPE for scope in scopes):
        scopes.append(ScopeMetrics(InstrumentationScope(SCOPE), list(metrics), ""))
    return replace(resource, scope_metrics=scopes)

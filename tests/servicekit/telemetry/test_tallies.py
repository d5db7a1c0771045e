"""Durations that are counted in place reach every reader exactly, as the SDK would report them."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import Histogram, HistogramDataPoint, InMemoryMetricReader
from opentelemetry.trace import SpanContext

from servicekit.telemetry import tallies, tally_export
from servicekit.telemetry.tallies import SCOPE, DurationHistogram, Level
from servicekit.telemetry.tally_export import with_tallies

BOUNDS = (0.001, 0.01, 0.1, 1)
_numbers = itertools.count()
LABELS = {"mcp.method.name": "ping"}


@pytest.fixture(autouse=True)
def own_histograms(monkeypatch: pytest.MonkeyPatch) -> None:
    own: list[DurationHistogram] = []
    monkeypatch.setattr(tallies, "histograms", own)
    monkeypatch.setattr(tally_export, "histograms", own)


def points(reader: InMemoryMetricReader, name: str) -> list[HistogramDataPoint]:
    collected = reader.get_metrics_data()
    assert collected is not None
    found = [
        metric
        for resource in with_tallies(collected).resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == name and scope.scope.name == SCOPE
    ]
    return [point for metric in found if isinstance(metric.data, Histogram) for point in metric.data.data_points]


def reading() -> tuple[InMemoryMetricReader, Any]:
    reader = InMemoryMetricReader()
    return reader, MeterProvider([reader], shutdown_on_exit=False).get_meter(SCOPE)


@given(st.lists(st.sampled_from([*BOUNDS, 0.0]) | st.floats(0, 100), min_size=1, max_size=50))
def test_the_buckets_are_those_of_the_sdk(durations: list[float]) -> None:
    reader, meter = reading()
    theirs = meter.create_histogram("theirs", "s", "", explicit_bucket_boundaries_advisory=BOUNDS)
    name = f"ours {next(_numbers)}"
    ours = DurationHistogram(name, "", BOUNDS).series(LABELS)
    for seconds in durations:
        theirs.record(seconds, LABELS)
        ours.record(seconds)
    (mine,), (sdk,) = points(reader, name), points(reader, "theirs")
    for field in ("attributes", "count", "bucket_counts", "explicit_bounds", "min", "max"):
        assert list_or(getattr(mine, field)) == list_or(getattr(sdk, field)), field
    assert mine.sum == pytest.approx(sdk.sum)
    assert 0 < mine.start_time_unix_nano <= mine.time_unix_nano


def list_or(value: Any) -> Any:
    return list(value) if isinstance(value, tuple | list) else value


def test_every_thread_is_counted() -> None:
    reader, meter = reading()
    meter.create_counter("other").add(1)
    histogram, level = DurationHistogram("threads", "", BOUNDS), Level()

    def work(_: int) -> None:
        for _ in range(5_000):
            histogram.series(LABELS).record(0.5)
            level.add(1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    (point,) = points(reader, "threads")
    assert (point.count, point.sum, level.value) == (20_000, 10_000, 20_000)


def test_a_recorded_call_is_the_exemplar_of_its_bucket() -> None:
    reader, meter = reading()
    meter.create_counter("other").add(1)
    series = DurationHistogram("exemplars", "", BOUNDS).series(LABELS)
    for number, seconds in enumerate((0.5, 0.6, 0.005), start=1):
        series.record(seconds, SpanContext(number, number, is_remote=False))
    series.record(0.7)
    (point,) = points(reader, "exemplars")
    assert {(exemplar.trace_id, exemplar.value) for exemplar in point.exemplars} == {(2, 0.6), (3, 0.005)}


def test_a_histogram_without_durations_is_absent() -> None:
    reader, meter = reading()
    meter.create_counter("other").add(1)
    DurationHistogram("empty", "", BOUNDS).series(LABELS)
    assert points(reader, "empty") == []


def test_equal_labels_are_one_series() -> None:
    histogram = DurationHistogram("same", "", BOUNDS)
    assert histogram.series({"a": "1", "b": "2"}) is histogram.series({"b": "2", "a": "1"})
    assert histogram.series({"a": "1"}) is not histogram.series({"a": "2"})

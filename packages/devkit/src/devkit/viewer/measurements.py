"""The latest exported value of every metric series."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, Final

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import HistogramDataPoint, Metric, NumberDataPoint

from devkit.viewer.spans import attributes_of, service_of

MOST_SERIES: Final = 10_000

Row = dict[str, Any]


class Measurements:
    """Metric series by service, name and attributes, in bounded memory."""

    def __init__(self, most: int = MOST_SERIES) -> None:
        self._most = most
        self._series: OrderedDict[tuple[str, str, str], Row] = OrderedDict()

    def add(self, request: ExportMetricsServiceRequest) -> None:
        """Replace the values of all series in an export."""
        for resource in request.resource_metrics:
            service = service_of(resource.resource.attributes)
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for row in _rows(metric):
                        self._keep(service, metric, row)

    def rows(self) -> list[Row]:
        """Every series with description, `attributes`, and a `value` or `count`, `mean` and `p95`."""
        return sorted(self._series.values(), key=lambda row: (row["service"], row["name"], str(row["attributes"])))

    def _keep(self, service: str, metric: Metric, row: Row) -> None:
        key = (service, metric.name, str(sorted(row["attributes"].items())))
        described = {"service": service, "name": metric.name, "unit": metric.unit, "description": metric.description}
        self._series[key] = {**described, **row}
        self._series.move_to_end(key)
        if len(self._series) > self._most:
            self._series.popitem(last=False)


def _rows(metric: Metric) -> Iterator[Row]:
    match metric.WhichOneof("data"):
        case "gauge":
            yield from map(_number, metric.gauge.data_points)
        case "sum":
            yield from map(_number, metric.sum.data_points)
        case "histogram":
            yield from map(_histogram, metric.histogram.data_points)


def _number(point: NumberDataPoint) -> Row:
    value = point.as_int if point.WhichOneof("value") == "as_int" else point.as_double
    return {"attributes": attributes_of(point.attributes), "value": _json_number(value)}


def _histogram(point: HistogramDataPoint) -> Row:
    return {
        "attributes": attributes_of(point.attributes),
        "count": point.count,
        "mean": _json_number(point.sum / point.count) if point.count else 0,
        "p95": _upper_bound(point.bucket_counts, point.explicit_bounds, 0.95 * point.count),
    }


def _upper_bound(counts: Sequence[int], bounds: Sequence[float], rank: float) -> float | str:
    """The upper bound of the bucket that holds the value of `rank`."""
    for seen, bound in zip(accumulate(counts), bounds, strict=False):
        if seen >= rank:
            return _json_number(bound)
    return f"> {bounds[-1]:g}" if bounds else "unknown"


def _json_number(value: float) -> float | str:
    """`value` for JSON; as text when JavaScript would round it."""
    return value if abs(value) < 2**53 else str(value)

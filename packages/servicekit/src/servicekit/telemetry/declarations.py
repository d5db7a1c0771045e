"""How an instrument of the kit is declared: each is listed in `INSTRUMENTS`, from which docs and tests read them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Counter, Histogram, Observation, UpDownCounter

from servicekit.telemetry.tallies import SCOPE, DurationHistogram, Level, Levels, Values

_meter = metrics.get_meter(SCOPE)

_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
"""The conventions' buckets, and three below their lowest (10 ms), because most calls here are faster."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """The declaration of an instrument, listed in docs/operations.md.

    Attributes:
        attributes: names of the attributes of its series.
    """

    name: str
    kind: Literal["counter", "up-down counter", "gauge", "histogram"]
    unit: str
    description: str
    attributes: tuple[str, ...]

    @property
    def prometheus_name(self) -> str:
        """The name on `/metrics` (OpenTelemetry specification, Prometheus compatibility)."""
        unit = {"s": "_seconds", "By": "_bytes"}.get(self.unit, "")
        return f"{self.name.replace('.', '_')}{unit}{'_total' if self.kind == 'counter' else ''}"


INSTRUMENTS: Final[list[Instrument]] = []


def counter(name: str, unit: str, description: str, *attributes: str) -> Counter:
    INSTRUMENTS.append(Instrument(name, "counter", unit, description, attributes))
    return _meter.create_counter(name, unit, description)


def up_down_counter(name: str, unit: str, description: str, *attributes: str) -> UpDownCounter:
    INSTRUMENTS.append(Instrument(name, "up-down counter", unit, description, attributes))
    return _meter.create_up_down_counter(name, unit, description)


def gauge(name: str, unit: str, description: str, *attributes: str) -> metrics._Gauge:
    INSTRUMENTS.append(Instrument(name, "gauge", unit, description, attributes))
    return _meter.create_gauge(name, unit, description)


def level(name: str, unit: str, description: str) -> Level:
    """An up-down counter without attributes."""
    level = Level()
    observable_up_down_counter(name, unit, description, lambda: [Observation(level.value)])
    return level


def levels(name: str, unit: str, description: str, attribute: str) -> Levels:
    """An up-down counter with one attribute."""
    levels = Levels(attribute)
    observable_up_down_counter(name, unit, description, levels.observe, attribute)
    return levels


def tallied_histogram(name: str, description: str, *attributes: str) -> DurationHistogram:
    """A histogram for the hot path."""
    INSTRUMENTS.append(Instrument(name, "histogram", "s", description, attributes))
    return DurationHistogram(name, description, _SECONDS)


def duration_histogram(name: str, description: str, *attributes: str) -> Histogram:
    INSTRUMENTS.append(Instrument(name, "histogram", "s", description, attributes))
    return _meter.create_histogram(name, "s", description, explicit_bucket_boundaries_advisory=_SECONDS)


def observable_gauge(
    name: str, unit: str, description: str, observe: Callable[[], Iterable[Observation]], *attributes: str
) -> None:
    def callback(_: CallbackOptions) -> Iterable[Observation]:
        return observe()

    INSTRUMENTS.append(Instrument(name, "gauge", unit, description, attributes))
    _meter.create_observable_gauge(name, [callback], unit, description)


def observable_up_down_counter(
    name: str, unit: str, description: str, observe: Callable[[], Iterable[Observation]], *attributes: str
) -> None:
    def callback(_: CallbackOptions) -> Iterable[Observation]:
        return observe()

    INSTRUMENTS.append(Instrument(name, "up-down counter", unit, description, attributes))
    _meter.create_observable_up_down_counter(name, [callback], unit, description)


def observable_counter(
    name: str, unit: str, description: str, observe: Callable[[], Iterable[Observation]], *attributes: str
) -> None:
    def callback(_: CallbackOptions) -> Iterable[Observation]:
        return observe()

    INSTRUMENTS.append(Instrument(name, "counter", unit, description, attributes))
    _meter.create_observable_counter(name, [callback], unit, description)


def total(name: str, unit: str, description: str) -> Level:
    """A counter without attributes, for the hot path. Only add to it."""
    level = Level()
    observable_counter(name, unit, description, lambda: [Observation(level.value)])
    return level


def values(name: str, unit: str, description: str, attribute: str) -> Values:
    """A gauge with one attribute."""
    latest = Values(attribute)
    observable_gauge(name, unit, description, latest.observe, attribute)
    return latest


def value(name: str, unit: str, description: str) -> Values:
    """A gauge without attributes."""
    latest = Values(None)
    observable_gauge(name, unit, description, latest.observe)
    return latest

"""Alerts: coming hours beyond a threshold, joined into periods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, Literal

from servicekit.schema import Record
from weather_mcp.models.conditions import FREEZING, THUNDER
from weather_mcp.models.forecasts import Hour
from weather_mcp.models.readings import MeasuredReading
from weather_mcp.models.units import Quantity, Units
from weather_mcp.models.warnings import OfficialWarning

Severity = Literal["moderate", "severe"]
_HOUR: Final = timedelta(hours=1)
_GAP: Final = timedelta(hours=3)  # shorter gaps do not end a period


class Alert(Record):
    """A period in which the forecast is beyond a threshold. `peak` is its worst value, in `unit`."""

    official: Literal[False] = False
    kind: str
    severity: Severity
    begins: datetime
    ends: datetime
    peak: float
    unit: str


class Alerts(MeasuredReading):
    """Weather hazards: `alerts` of the next 72 hours, derived from the forecast, and official `warnings` in force.

    An empty list means none, except for what `missing` lists. Without `warnings`, this server reads no official ones.
    """

    warnings: list[OfficialWarning] | None = None
    alerts: list[Alert]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A threshold of a field.

    Attributes:
        quantity: the quantity whose unit the caller chooses.
        before: the value covers the hour before its time.
        codes: the values that count; None for all.
    """

    kind: str
    unit: str
    field: str
    moderate: float
    severe: float
    quantity: Quantity | None = None
    above: bool = True
    before: bool = False
    codes: frozenset[int] | None = None

    def value(self, hour: Hour) -> float | None:
        value: float | None = getattr(hour, self.field)
        return value if self.codes is None or value in self.codes else None

    def shown(self, value: float, units: Units) -> float:
        """A value of the field in the unit to show."""
        rounded = round(value, 1)
        return rounded if self.quantity is None else units.show(rounded, self.quantity) or 0.0

    def exceeds(self, value: float, threshold: float) -> bool:
        return value >= threshold if self.above else value <= threshold


# In the range of the yellow and orange thresholds of European weather services, for lowland.
_RULES: Final = (
    _Rule("strong wind", "{}", "gusts", 65, 90, "wind", before=True),
    _Rule("heavy rain", "{}/h", "precipitation", 10, 25, "precipitation", before=True),
    _Rule("heavy snow", "{}/h", "snowfall", 1.5, 4, "snowfall", before=True),
    _Rule("heat", "{} felt", "feels_like", 33, 38, "temperature"),
    _Rule("cold", "{} felt", "feels_like", -12, -25, "temperature", above=False),
    _Rule("fog", "m of visibility", "visibility_m", 200, 50, above=False),
    _Rule("strong sun", "UV index", "uv_index", 8, 11),
    _Rule("thunderstorm", "WMO code", "wmo_code", 95, 96, codes=THUNDER),
    _Rule("freezing rain", "WMO code", "wmo_code", 56, 67, codes=FREEZING),
)


HAZARDS: Final[Mapping[str, str]] = {
    field: ", ".join(rule.kind for rule in _RULES if rule.field == field)
    for field in {rule.field: None for rule in _RULES}
}
"""The hazards that each field shows, in words."""


def alerts_in(hours: Sequence[Hour], units: Units) -> list[Alert]:
    """Every period beyond a threshold, in order of time."""
    found = [alert for rule in _RULES for alert in _periods(rule, hours, units)]
    return sorted(found, key=lambda alert: (alert.begins, alert.kind))


def _periods(rule: _Rule, hours: Sequence[Hour], units: Units) -> list[Alert]:
    over = [
        (hour.time, value)
        for hour in hours
        if (value := rule.value(hour)) is not None and rule.exceeds(value, rule.moderate)
    ]
    alerts = []
    for _, group in groupby(_numbered(over), key=lambda entry: entry[0]):
        members = [entry[1] for entry in group]
        values = [value for _, value in members]
        peak = max(values) if rule.above else min(values)
        severity: Severity = "severe" if rule.exceeds(peak, rule.severe) else "moderate"
        begins, ends = members[0][0], members[-1][0]
        alerts.append(
            Alert(
                kind=rule.kind,
                severity=severity,
                begins=begins - _HOUR if rule.before else begins,
                ends=ends if rule.before else ends + _HOUR,
                peak=rule.shown(peak, units),
                unit=rule.unit.format(units.of(rule.quantity)) if rule.quantity else rule.unit,
            )
        )
    return alerts


def _numbered(over: Sequence[tuple[datetime, float]]) -> list[tuple[int, tuple[datetime, float]]]:
    """Each hour with the number of its period."""
    number, numbered = 0, []
    for position, entry in enumerate(over):
        if position and entry[0] - over[position - 1][0] > _GAP:
            number += 1
        numbered.append((number, entry))
    return numbered

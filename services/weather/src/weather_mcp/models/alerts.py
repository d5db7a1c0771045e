"""Alerts: coming hours beyond a threshold, joined into periods."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, Literal

from servicekit.schema import Record
from weather_mcp.models.conditions import FREEZING, THUNDER
from weather_mcp.models.forecasts import Hour
from weather_mcp.models.readings import Reading

Severity = Literal["moderate", "severe"]
_HOUR: Final = timedelta(hours=1)
_GAP: Final = timedelta(hours=3)  # shorter gaps do not end a period


class Alert(Record):
    """A period beyond a threshold. `peak` is its worst value, in `unit`."""

    kind: str
    severity: Severity
    begins: datetime
    ends: datetime
    peak: float
    unit: str


class Alerts(Reading):
    """Weather hazards of the next 72 hours, derived from the forecast; not official warnings."""

    official: Literal[False] = False
    alerts: list[Alert]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A threshold. `before`: the value covers the hour before its time."""

    kind: str
    unit: str
    of: Callable[[Hour], float | None]
    moderate: float
    severe: float
    above: bool = True
    before: bool = False

    def exceeds(self, value: float, threshold: float) -> bool:
        return value >= threshold if self.above else value <= threshold


# In the range of the yellow and orange thresholds of European weather services, for lowland.
_RULES: Final = (
    _Rule("strong wind", "km/h", lambda hour: hour.gusts_kmh, 65, 90, before=True),
    _Rule("heavy rain", "mm/h", lambda hour: hour.precipitation_mm, 10, 25, before=True),
    _Rule("heavy snow", "cm/h", lambda hour: hour.snowfall_cm, 1.5, 4, before=True),
    _Rule("heat", "°C felt", lambda hour: hour.feels_like, 33, 38),
    _Rule("cold", "°C felt", lambda hour: hour.feels_like, -12, -25, above=False),
    _Rule("fog", "m of visibility", lambda hour: hour.visibility_m, 200, 50, above=False),
    _Rule("strong sun", "UV index", lambda hour: hour.uv_index, 8, 11),
    _Rule("thunderstorm", "WMO code", lambda hour: _among(hour, THUNDER), 95, 96),
    _Rule("freezing rain", "WMO code", lambda hour: _among(hour, FREEZING), 56, 67),
)


def alerts_in(hours: Sequence[Hour]) -> list[Alert]:
    """Every period beyond a threshold, in order of time."""
    found = [alert for rule in _RULES for alert in _periods(rule, hours)]
    return sorted(found, key=lambda alert: (alert.begins, alert.kind))


def _periods(rule: _Rule, hours: Sequence[Hour]) -> list[Alert]:
    over = [
        (hour.time, value)
        for hour in hours
        if (value := rule.of(hour)) is not None and rule.exceeds(value, rule.moderate)
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
                peak=round(peak, 1),
                unit=rule.unit,
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


def _among(hour: Hour, codes: frozenset[int]) -> float | None:
    return float(hour.wmo_code) if hour.wmo_code in codes else None

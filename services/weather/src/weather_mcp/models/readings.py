"""Provenance of every reading: source, age and staleness."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from servicekit.schema import Missing, Record
from weather_mcp.models.locations import Place
from weather_mcp.models.units import Units

ATTRIBUTION = "Weather data by Open-Meteo.com (CC BY 4.0)"
SIMULATED = "simulated"
_MADE_UP = "Made up by a simulator for development: not the weather anywhere."

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Origin:
    """Source and time of data.

    Attributes:
        source: ``open-meteo`` or ``simulated``.
        fetched_at: when it was fetched from the source, in UTC.
        stale: past its cache lifetime; a newer response is being fetched.
        now: the current time, in the zone of the place.
    """

    source: str
    fetched_at: datetime
    stale: bool
    now: datetime

    @property
    def hour_ago(self) -> datetime:
        """Hours later than this have begun or lie ahead; full hours differ between zones."""
        return self.now - timedelta(hours=1)

    @property
    def age(self) -> int:
        """Whole seconds since it was fetched."""
        return max(0, int((self.now - self.fetched_at).total_seconds()))


@dataclass(frozen=True, slots=True)
class Series(Generic[Row]):
    """Rows in order of time, local to their place.

    Attributes:
        timezone: IANA name of the zone.
        elevation_m: the elevation that temperatures are for.
        notice: a remark on its times, for the result.
    """

    rows: list[Row]
    timezone: str
    elevation_m: float | None
    origin: Origin
    notice: str | None = None


def joined(series: Sequence[Series[Row]]) -> Series[Row]:
    """Consecutive series of one place; the age is that of the oldest."""
    oldest = min(series, key=lambda one: one.origin.fetched_at)
    origin = replace(oldest.origin, stale=any(one.origin.stale for one in series))
    notice = next((one.notice for one in series if one.notice), None)
    return replace(oldest, rows=[row for one in series for row in one.rows], origin=origin, notice=notice)


class Reading(Record):
    """Base of every result. `age_seconds` counts from `fetched_at`; stale data is not current.

    Temperatures are for `elevation_m`. What `missing` lists is unknown: neither none nor zero.
    """

    place: Place
    timezone: str
    elevation_m: float | None = None
    source: str
    attribution: str
    fetched_at: datetime
    age_seconds: int
    stale: bool
    notice: str | None = None
    missing: list[Missing] | None = None


class MeasuredReading(Reading):
    """Base of the results whose units the caller chooses: each unit stands once, in `units`."""

    units: Units


def attribution_of(source: str) -> str:
    """The attribution to show with the data."""
    return _MADE_UP if source == SIMULATED else ATTRIBUTION


def provenance(
    place: Place,
    series: Series[Any],
    notice: str | None = None,
    missing: Sequence[Missing] = (),
    units: Units | None = None,
) -> dict[str, Any]:
    """The fields of `Reading`; with `units`, those of `MeasuredReading`."""
    origin = series.origin
    late = f"Stale: from {origin.fetched_at:%Y-%m-%d %H:%M} UTC, not current." if origin.stale else None
    chosen = units.notice if units is not None else None
    return {
        **({"units": units} if units is not None else {}),
        "place": place.model_copy(update={"timezone": series.timezone}),
        "timezone": series.timezone,
        "elevation_m": series.elevation_m,
        "source": origin.source,
        "attribution": attribution_of(origin.source),
        "fetched_at": origin.fetched_at,
        "age_seconds": origin.age,
        "stale": origin.stale,
        "notice": " ".join(filter(None, (late, place.notice, series.notice, chosen, notice))) or None,
        "missing": list(missing) or None,
    }

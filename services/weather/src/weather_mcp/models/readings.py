"""What every reading carries: where it is from, how old it is, and whether it may be called current."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from servicekit.schema import Record
from weather_mcp.models.locations import Place

ATTRIBUTION = "Weather data by Open-Meteo.com (CC BY 4.0)"
SIMULATED = "simulated"
_MADE_UP = "Made up by a simulator for development: not the weather anywhere."

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where data came from, and when.

    Attributes:
        source: ``open-meteo``, or ``simulated``.
        fetched_at: when the source said so, in UTC.
        stale: older than it should be; a newer one is being fetched.
        now: when it is told, in the zone of the place.
    """

    source: str
    fetched_at: datetime
    stale: bool
    now: datetime

    @property
    def hour_ago(self) -> datetime:
        """What is later has begun, or lies ahead: zones do not all have their full hours at the same time."""
        return self.now - timedelta(hours=1)

    @property
    def age(self) -> int:
        """Whole seconds since the source said so."""
        return max(0, int((self.now - self.fetched_at).total_seconds()))


@dataclass(frozen=True, slots=True)
class Series(Generic[Row]):
    """Rows in order of time, local to their place.

    Attributes:
        timezone: IANA name of the zone.
        elevation_m: the height that temperatures hold for.
    """

    rows: list[Row]
    timezone: str
    elevation_m: float | None
    origin: Origin


def joined(series: Sequence[Series[Row]]) -> Series[Row]:
    """Series of one place, one after the other: as old as the oldest."""
    oldest = min(series, key=lambda one: one.origin.fetched_at)
    origin = replace(oldest.origin, stale=any(one.origin.stale for one in series))
    return replace(oldest, rows=[row for one in series for row in one.rows], origin=origin)


class Reading(Record):
    """Base of every result. Ages in seconds since the source said so; what is stale is not current.

    Temperatures hold for `elevation_m`.
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


def attribution_of(source: str) -> str:
    """Whom to name with the data."""
    return _MADE_UP if source == SIMULATED else ATTRIBUTION


def provenance(place: Place, series: Series[Any], notice: str | None = None) -> dict[str, Any]:
    """The fields of `Reading`."""
    origin = series.origin
    late = f"Stale: from {origin.fetched_at:%Y-%m-%d %H:%M} UTC, not current." if origin.stale else None
    return {
        "place": place.model_copy(update={"timezone": series.timezone}),
        "timezone": series.timezone,
        "elevation_m": series.elevation_m,
        "source": origin.source,
        "attribution": attribution_of(origin.source),
        "fetched_at": origin.fetched_at,
        "age_seconds": origin.age,
        "stale": origin.stale,
        "notice": " ".join(filter(None, (late, notice))) or None,
    }

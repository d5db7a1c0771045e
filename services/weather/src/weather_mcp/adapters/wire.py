"""Parses Open-Meteo's responses into rows; rejects responses that do not fit its wire format."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from datetime import timezone as Offset  # noqa: N812  # a response has a field named timezone
from http import HTTPStatus
from math import isfinite
from typing import Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, field_validator

from servicekit.core import NotStrictJson, Refused
from servicekit.upstream import UpstreamFailed, UpstreamResponse, request_refused, said_by
from weather_mcp.models.conditions import in_words

Block = Literal["current", "minutely_15", "hourly", "daily"]
Value = float | str | None
Row = TypeVar("Row")

_NOTHING_THERE = b"No data is available for this location"
_INVALID_ZONE = b"Invalid timezone"
_TIMES: Final = ("time", "sunrise", "sunset")
ZONE_REFUSED: Final = "Open-Meteo does not know the time zone of this place: all times and days are in UTC."
_ZONE_UNKNOWN: Final = (
    "The time zone of this place is not known here: all times have today's UTC offset, also after a clock change."
)


@dataclass(frozen=True, slots=True)
class Clock:
    """Converts the times of a response.

    Open-Meteo writes all times with today's offset of the zone, even after the next clock change
    (open-meteo/open-meteo#488). They are returned with the offset that the zone has at that time.
    """

    written: Offset
    zone: tzinfo

    def moment(self, text: Value) -> datetime:
        """The instant of a written time, with a fixed offset, so that two times can be subtracted."""
        instant = datetime.fromisoformat(str(text)).replace(tzinfo=self.written)
        return instant.astimezone(Offset(instant.astimezone(self.zone).utcoffset() or timedelta()))


class ApiResponse(BaseModel):
    """A response of every API except geocoding: its head and the requested blocks."""

    utc_offset_seconds: int = Field(ge=-86_400, le=86_400)
    timezone: str | None = Field(None, pattern=r"^[A-Za-z0-9_+\-/]{1,64}$")
    elevation: float | None = None
    current: dict[str, Value] = {}
    minutely_15: dict[str, list[Value] | None] = {}
    hourly: dict[str, list[Value] | None] = {}
    daily: dict[str, list[Value] | None] = {}

    @field_validator("elevation", mode="before")
    @classmethod
    def _known_elevation(cls, value: Any) -> float | None:
        return number_in(value)

    @property
    def zone(self) -> ZoneInfo | None:
        """Its time zone; None if it is unknown here."""
        try:
            return ZoneInfo(self.timezone) if self.timezone is not None else None
        except (KeyError, ValueError, OSError):
            return None

    @property
    def clock(self) -> Clock:
        """The clock of its times; uses one offset for all if the zone is unknown here."""
        written = Offset(timedelta(seconds=self.utc_offset_seconds))
        return Clock(written, self.zone or written)

    @property
    def zone_name(self) -> str:
        """The name of its zone, or its offset, such as UTC+02:00."""
        return self.timezone or str(self.clock.written)

    @property
    def notice(self) -> str | None:
        """What a reader of its times must know."""
        return None if self.zone is not None else _ZONE_UNKNOWN

    def table(self, block: Block, columns: Mapping[str, str]) -> Iterator[dict[str, Value]]:
        """Each row of a block by field name, with its ``time``.

        A column that is missing, or that has not one value for each time, is unknown; so is a text that is no number.

        Raises:
            KeyError, ValueError: there are no times, or no column can be used.
        """
        found: Mapping[str, list[Value] | None] = (
            {name: [value] for name, value in self.current.items()} if block == "current" else getattr(self, block)
        )
        times = found["time"] or []
        usable = {
            field: column if variable in _TIMES else [number_in(value) for value in column]
            for field, variable in columns.items()
            if (column := found.get(variable)) is not None and len(column) == len(times)
        }
        if not usable:
            raise ValueError(block)
        unknown: list[Value] = [None] * len(times)
        for values in zip(times, *(usable.get(field, unknown) for field in columns), strict=True):
            yield dict(zip(("time", *columns), values, strict=True))


def parse_response(reply: UpstreamResponse, name: str, read: Callable[[Any], Row]) -> Row:
    """The result of `read` on a response.

    Raises:
        Refused: the API has no data for the place.
        UpstreamFailed: another error, or a response that does not fit the format.
    """
    if reply.status == HTTPStatus.BAD_REQUEST and _NOTHING_THERE in reply.body:
        raise Refused(f"{name} has no data for that place. Try a place nearby.")
    if not reply.ok:
        raise request_refused(name, reply.status, _said(name, reply))
    try:
        return read(reply.json())
    except (KeyError, ValueError, TypeError):
        raise UpstreamFailed(name, "sent JSON that is not weather data", kind="invalid_body", retryable=False) from None


def is_zone_refused(reply: UpstreamResponse) -> bool:
    """Whether the API does not know the time zone that it found for a place itself."""
    return reply.status == HTTPStatus.BAD_REQUEST and _INVALID_ZONE in reply.body


def _said(name: str, reply: UpstreamResponse) -> str:
    """The API's own reason, such as a parameter that is out of range."""
    try:
        body = reply.json()
    except NotStrictJson:
        return ""
    return said_by(name, [body.get("reason")]) if isinstance(body, Mapping) else ""


def hour_fields(row: dict[str, Value], clock: Clock) -> dict[str, Any]:
    """The fields of an hour."""
    fields: dict[str, Any] = {**row, "time": clock.moment(row["time"])}
    if "snow_depth" in row:
        fields["snow_depth"] = _centimetres(row["snow_depth"])
    if "wmo_code" in row:
        fields["conditions"] = in_words(number_in(row["wmo_code"]))
    if "is_day" in row:
        fields["is_day"] = None if row["is_day"] is None else bool(row["is_day"])
    return fields


def quarter_fields(row: dict[str, Value], clock: Clock) -> dict[str, Any]:
    """The fields of a quarter of an hour, whose time is its end."""
    return {**row, "begins": clock.moment(row.pop("time")) - timedelta(minutes=15)}


def day_fields(row: dict[str, Value], clock: Clock) -> dict[str, Any]:
    """The fields of a day; unrequested optional ones are absent."""
    known: dict[str, Any] = dict.fromkeys(("high", "low", "precipitation", "snowfall"))
    known |= {"wind_max": None, "gusts_max": None, "wmo_code": None, **row}
    if "snow_depth" in known:
        known["snow_depth"] = _centimetres(known["snow_depth"])
    known["date"] = date.fromisoformat(str(known.pop("time")))
    rise, set_ = known.pop("sunrise", None), known.pop("sunset", None)
    if rise is not None and set_ is not None:
        known |= _sun(clock.moment(rise), clock.moment(set_))
    return {**known, "conditions": in_words(number_in(known["wmo_code"]))}


def _sun(rise: datetime, set_: datetime) -> dict[str, Any]:
    """Sunrise and sunset. Open-Meteo writes polar night and day as 0 or 24 hours (open-meteo/open-meteo#844)."""
    hours = (set_ - rise) / timedelta(hours=1)
    if hours in (0, 24):
        return {"sunrise": None, "sunset": None, "daylight_hours": hours}
    return {"sunrise": rise, "sunset": set_, "daylight_hours": round(hours, 1)}


def number_in(value: Any) -> float | None:
    """A finite number, also as text; anything else, such as ``NaN``, is unknown."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None


def _centimetres(metres: Value) -> float | None:
    """A depth of snow in the unit of fresh snow."""
    return None if (depth := number_in(metres)) is None else round(100 * depth, 1)

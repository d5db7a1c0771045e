"""Parses Open-Meteo's responses into rows; rejects responses that do not fit its wire format."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from datetime import timezone as Offset  # noqa: N812  # a response has a field named timezone
from http import HTTPStatus
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from servicekit.core import NotStrictJson, Refused
from servicekit.upstream import UpstreamFailed, UpstreamResponse, said_by
from weather_mcp.models.agreement import Members
from weather_mcp.models.conditions import in_words

Block = Literal["current", "hourly", "daily"]
Value = float | str | None
Row = TypeVar("Row")

_NOTHING_THERE = b"No data is available for this location"


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
    timezone: str = Field(pattern=r"^[A-Za-z0-9_+\-/]{1,64}$")
    elevation: float | None = None
    current: dict[str, Value] = {}
    hourly: dict[str, list[Value]] = {}
    daily: dict[str, list[Value]] = {}

    @property
    def clock(self) -> Clock:
        """The clock of its times; uses one offset for all if the zone is unknown here."""
        written = Offset(timedelta(seconds=self.utc_offset_seconds))
        try:
            return Clock(written, ZoneInfo(self.timezone))
        except (KeyError, ValueError, OSError):
            return Clock(written, written)

    def table(self, block: Block, columns: Mapping[str, str]) -> Iterator[dict[str, Value]]:
        """Each row of a block by field name, with its ``time``.

        Raises:
            KeyError, ValueError: a column is missing, or shorter than another.
        """
        found: Mapping[str, list[Value]] = (
            {name: [value] for name, value in self.current.items()} if block == "current" else getattr(self, block)
        )
        named = [found["time"], *(found[variable] for variable in columns.values())]
        for values in zip(*named, strict=True):
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
        raise UpstreamFailed(
            name,
            f"refused with HTTP {reply.status}",
            kind=str(reply.status),
            retryable=False,
            trips_breaker=False,
            said=_said(name, reply),
        )
    try:
        return read(reply.json())
    except (KeyError, ValueError, TypeError):
        raise UpstreamFailed(name, "sent JSON that is not weather data", kind="invalid_body", retryable=False) from None


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
    if "wmo_code" in row:
        fields["conditions"] = in_words(_number(row["wmo_code"]))
    if "is_day" in row:
        fields["is_day"] = None if row["is_day"] is None else bool(row["is_day"])
    return fields


def day_fields(row: dict[str, Value], clock: Clock) -> dict[str, Any]:
    """The fields of a day; unrequested optional ones are absent."""
    known: dict[str, Any] = dict.fromkeys(("high", "low", "precipitation", "snowfall"))
    known |= {"wind_max": None, "gusts_max": None, "wmo_code": None, **row}
    known["date"] = date.fromisoformat(str(known.pop("time")))
    if known.get("sunrise") is not None and known.get("sunset") is not None:
        known |= _sun(clock.moment(known["sunrise"]), clock.moment(known["sunset"]))
    return {**known, "conditions": in_words(_number(known["wmo_code"]))}


def _sun(rise: datetime, set_: datetime) -> dict[str, Any]:
    """Sunrise and sunset. Open-Meteo writes polar night and day as 0 or 24 hours (open-meteo/open-meteo#844)."""
    hours = (set_ - rise) / timedelta(hours=1)
    if hours in (0, 24):
        return {"sunrise": None, "sunset": None, "daylight_hours": hours}
    return {"sunrise": rise, "sunset": set_, "daylight_hours": round(hours, 1)}


def members_in(response: ApiResponse, columns: Mapping[str, str]) -> list[Members]:
    """The hours of an ensemble that are known for all members."""
    times, clock = response.hourly["time"], response.clock
    by_field = {
        field: [*zip(*(response.hourly[name] for name in _member_names(response, variable)), strict=True)]
        for field, variable in columns.items()
    }
    rows = []
    for position, time in enumerate(times):
        values = {field: hours[position] for field, hours in by_field.items()}
        if all(value is not None for field in values.values() for value in field):
            rows.append(Members(clock.moment(time), **{name: _floats(row) for name, row in values.items()}))
    return rows


def _member_names(response: ApiResponse, variable: str) -> list[str]:
    columns = ((name, column) for name, column in response.hourly.items() if name.partition("_member")[0] == variable)
    names = [name for name, column in columns if any(value is not None for value in column)]
    if len(names) < 2:  # agreement needs two members
        raise ValueError(variable)
    return names


def _number(value: Value) -> float | None:
    return float(value) if value is not None else None


def _floats(values: tuple[Value, ...]) -> list[float]:
    return [float(value) for value in values if value is not None]

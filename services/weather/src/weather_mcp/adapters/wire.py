"""Answers of Open-Meteo, from its wire format to rows. Whatever does not have its shape is no answer."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from datetime import timezone as Offset  # noqa: N812  # an answer has a field of the other name
from http import HTTPStatus
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from servicekit.core import Refused
from servicekit.upstream import UpstreamFailed, UpstreamResponse
from weather_mcp.models.agreement import Members
from weather_mcp.models.conditions import in_words
from weather_mcp.models.locations import Place

Block = Literal["current", "hourly", "daily"]
Value = float | str | None
Row = TypeVar("Row")

_NOTHING_THERE = b"No data is available for this location"


@dataclass(frozen=True, slots=True)
class Clock:
    """How an answer writes times, and how they are told.

    Open-Meteo writes all of them with the offset that its zone has today, also those after the next change of the
    clocks (open-meteo/open-meteo#488). They are told with the offset that the zone has then.
    """

    written: Offset
    zone: tzinfo

    def moment(self, text: Value) -> datetime:
        """A time as it is written. Its offset is fixed, so that the hours between two of them can be counted."""
        instant = datetime.fromisoformat(str(text)).replace(tzinfo=self.written)
        return instant.astimezone(Offset(instant.astimezone(self.zone).utcoffset() or timedelta()))


class Answer(BaseModel):
    """The head that every API but geocoding has, and the blocks that were asked for."""

    utc_offset_seconds: int = Field(ge=-86_400, le=86_400)
    timezone: str = Field(pattern=r"^[A-Za-z0-9_+\-/]{1,64}$")
    elevation: float | None = None
    current: dict[str, Value] = {}
    hourly: dict[str, list[Value]] = {}
    daily: dict[str, list[Value]] = {}

    @property
    def clock(self) -> Clock:
        """How its times are to be read; one offset for all of them where nobody here knows the zone."""
        written = Offset(timedelta(seconds=self.utc_offset_seconds))
        try:
            return Clock(written, ZoneInfo(self.timezone))
        except (KeyError, ValueError, OSError):
            return Clock(written, written)

    def table(self, block: Block, columns: Mapping[str, str]) -> Iterator[dict[str, Value]]:
        """Each row of a block under our names, with its ``time``.

        Raises:
            KeyError, ValueError: a column is missing, or shorter than another.
        """
        found: Mapping[str, list[Value]] = (
            {name: [value] for name, value in self.current.items()} if block == "current" else getattr(self, block)
        )
        named = [found["time"], *(found[variable] for variable in columns.values())]
        for values in zip(*named, strict=True):
            yield dict(zip(("time", *columns), values, strict=True))


class _Hit(BaseModel):
    name: str
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    elevation: float | None = None
    admin1: str | None = None
    country: str | None = None
    country_code: str | None = None
    timezone: str | None = None
    population: int | None = None


class Hits(BaseModel):
    """What a search gives; without `results` where nothing fits."""

    results: list[_Hit] = []


def understood(reply: UpstreamResponse, name: str, read: Callable[[Any], Row]) -> Row:
    """What `read` makes of an answer.

    Raises:
        Refused: there is nothing for the place.
        UpstreamFailed: it is another refusal, or not what this API sends.
    """
    if reply.status == HTTPStatus.BAD_REQUEST and _NOTHING_THERE in reply.body:
        raise Refused(f"{name} has nothing for that place. Try a place nearby.")
    if not reply.ok:
        raise UpstreamFailed(name, f"refused with HTTP {reply.status}", kind=str(reply.status), again=False)
    try:
        return read(reply.json())
    except (KeyError, ValueError, TypeError):
        raise UpstreamFailed(name, "sent something that is not weather", kind="garbage", again=False) from None


def hour_fields(row: dict[str, Value], clock: Clock) -> dict[str, Any]:
    """The fields of an hour."""
    fields: dict[str, Any] = {**row, "time": clock.moment(row["time"])}
    if "wmo_code" in row:
        fields["conditions"] = in_words(_number(row["wmo_code"]))
    if "is_day" in row:
        fields["is_day"] = None if row["is_day"] is None else bool(row["is_day"])
    return fields


def day_fields(row: dict[str, Value], clock: Clock) -> dict[str, Any]:
    """The fields of a day; what was not asked for is absent."""
    known: dict[str, Any] = dict.fromkeys(("high", "low", "precipitation_mm", "snowfall_cm"))
    known |= {"wind_max_kmh": None, "gusts_max_kmh": None, "wmo_code": None, **row}
    known["date"] = date.fromisoformat(str(known.pop("time")))
    if known.get("sunrise") is not None and known.get("sunset") is not None:
        known |= _sun(clock.moment(known["sunrise"]), clock.moment(known["sunset"]))
    return {**known, "conditions": in_words(_number(known["wmo_code"]))}


def _sun(rise: datetime, set_: datetime) -> dict[str, Any]:
    """Where it does not rise, or not set, it is told as from midnight to midnight (open-meteo/open-meteo#844)."""
    hours = (set_ - rise) / timedelta(hours=1)
    if hours in (0, 24):
        return {"sunrise": None, "sunset": None, "daylight_hours": hours}
    return {"sunrise": rise, "sunset": set_, "daylight_hours": round(hours, 1)}


def members_in(answer: Answer, columns: Mapping[str, str]) -> list[Members]:
    """Every hour of an ensemble that all members know."""
    times, clock = answer.hourly["time"], answer.clock
    by_field = {
        field: [*zip(*(answer.hourly[name] for name in _member_names(answer, variable)), strict=True)]
        for field, variable in columns.items()
    }
    rows = []
    for position, time in enumerate(times):
        values = {field: hours[position] for field, hours in by_field.items()}
        if all(value is not None for field in values.values() for value in field):
            rows.append(Members(clock.moment(time), **{name: _floats(row) for name, row in values.items()}))
    return rows


def _member_names(answer: Answer, variable: str) -> list[str]:
    columns = ((name, column) for name, column in answer.hourly.items() if name.partition("_member")[0] == variable)
    names = [name for name, column in columns if any(value is not None for value in column)]
    if len(names) < 2:  # nothing can be said about agreement
        raise ValueError(variable)
    return names


def places_in(content: Any) -> list[Place]:
    """Places that a search found; what is not fit to be a name is left out."""
    return [
        Place(
            name=name,
            region=_plain(hit.admin1),
            country=_plain(hit.country),
            country_code=_plain(hit.country_code),
            latitude=hit.latitude,
            longitude=hit.longitude,
            elevation_m=hit.elevation if -500 <= (hit.elevation or 0) <= 9000 else None,  # others stand for none
            population=hit.population,
            timezone=_plain(hit.timezone),
        )
        for hit in Hits.model_validate(content).results
        if (name := _plain(hit.name)) is not None
    ]


def _plain(text: str | None) -> str | None:
    """A name from a gazetteer that anybody may edit: letters, digits and what stands in names, and not long."""
    kept = "".join(letter for letter in text or "" if letter.isalnum() or letter in " .,'’-()/&_+" or _is_mark(letter))
    return " ".join(kept.split())[:80] or None


def _is_mark(letter: str) -> bool:
    return 0x0300 <= ord(letter) <= 0x0DFF or 0x0E00 <= ord(letter) <= 0x109F  # what combines with letters of a script


def _number(value: Value) -> float | None:
    return float(value) if value is not None else None


def _floats(values: tuple[Value, ...]) -> list[float]:
    return [float(value) for value in values if value is not None]

"""Places, and what may be written where one is wanted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from servicekit.core import Refused
from servicekit.schema import Record
from weather_mcp.models.short_forms import country_of, region_of

_COORDINATES = re.compile(r"\s*([+-]?\d{1,3}(?:\.\d{1,8})?)\s*,\s*([+-]?\d{1,3}(?:\.\d{1,8})?)\s*")
# Letters of any script with their marks, digits, and what stands in the names of places.
_NAME = re.compile(r"[\w\s.,'’`()\-]+", re.UNICODE)
_DOMINANT: Final = 10
"""A place is meant if it has so many times the people of the next one of the same name; else somebody must choose."""
_CANDIDATES_SHOWN: Final = 6
_STEP: Final = 50  # metres, by which temperatures differ by 0.3 °C
_CODE: Final = 2  # letters; so many are no beginning: MA is not Maine


def _readable(text: str) -> str:
    if not text.strip():
        raise ValueError("name a place, such as Lisbon, or give latitude,longitude, such as 38.72,-9.14")
    if (match := _COORDINATES.fullmatch(text)) is not None:
        if abs(float(match[1])) > 90 or abs(float(match[2])) > 180:
            raise ValueError("latitude comes first, from -90 to 90; then longitude, from -180 to 180")
    elif _NAME.fullmatch(text) is None or not any(letter.isalpha() for letter in text):
        raise ValueError("a place is a name, such as Lisbon, or latitude,longitude; never a URL, a path or code")
    return text


Location = Annotated[
    str,
    AfterValidator(_readable),
    Field(
        min_length=1,
        max_length=100,
        description='A place: its name ("Paris", "Springfield, Illinois"), "latitude,longitude", or a saved name.',
    ),
]
Label = Annotated[
    str,
    AfterValidator(_readable),
    Field(pattern=r"^[A-Za-z][A-Za-z0-9 _\-]{0,39}$", description="Your own word for a place, such as home."),
]


class Place(Record):
    """A place."""

    name: str
    region: str | None = None
    country: str | None = None
    country_code: str | None = None
    latitude: float
    longitude: float
    elevation_m: float | None = None
    population: int | None = None
    timezone: str | None = None

    @property
    def title(self) -> str:
        """As people write it: Springfield, Illinois, United States."""
        return ", ".join(dict.fromkeys(filter(None, (self.name, self.region, self.country))))

    @property
    def spot(self) -> "Spot":
        """Where it is."""
        return Spot(self.latitude, self.longitude, self.elevation_m)


class PlaceChoices(Record):
    """Places that fit, the best first. Use `location` of one of them in other tools."""

    places: list[Place]


class SavedPlace(Record):
    """A place under a caller's own name for it."""

    label: str
    place: Place


class SavedPlaces(Record):
    """Everything a caller saved, by label."""

    saved: list[SavedPlace]


class Forgotten(Record):
    """What was forgotten."""

    label: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A point, in degrees; and how high it is, in metres, where that is known."""

    latitude: float
    longitude: float
    elevation_m: float | None = None

    def cell(self, size: float) -> "Spot":
        """The middle of the grid cell that it is in: whoever asks for one as high in it asks the same."""
        latitude, longitude = (round(round(degrees / size) * size, 4) for degrees in (self.latitude, self.longitude))
        height = self.elevation_m
        return Spot(latitude, longitude, None if height is None else _STEP * round(height / _STEP))


def coordinates_in(location: str) -> Spot | None:
    """The point that a location writes down, or None where it is a name."""
    match = _COORDINATES.fullmatch(location)
    return Spot(float(match[1]), float(match[2])) if match is not None else None


def at_coordinates(spot: Spot) -> Place:
    """A place that has no name but where it is."""
    name = f"{spot.latitude:g},{spot.longitude:g}"
    return Place(name=name, latitude=spot.latitude, longitude=spot.longitude)


def name_and_region(location: str) -> tuple[str, str | None]:
    """``Springfield, Illinois`` as the name to search for and what narrows it."""
    name, _, region = location.partition(",")
    return name.strip(), " ".join(region.split()) or None


def narrowed(places: Sequence[Place], region: str | None) -> list[Place]:
    """Those in a region or country, by its code or the beginning of its name.

    Raises:
        Refused: there are some of that name, but none is there; the text holds them.
    """
    if region is None or not places:
        return list(places)
    parts = [part.strip().casefold() for part in region.split(",") if part.strip()]
    fit = [place for place in places if all(_is_in(place, part) for part in parts)]
    if not fit:
        raise Refused(
            "No place of that name is known in that region or country. If one of these is meant, call again with its "
            f"location: {_choices(places)}."
        )
    return fit


def _is_in(place: Place, part: str) -> bool:
    region, country, code = ((text or "").casefold() for text in (place.region, place.country, place.country_code))
    is_named = len(part) > _CODE and (region.startswith(part) or country.startswith(part))
    return is_named or country_of(part) == code or region_of(code, part) == region


def chosen(places: Sequence[Place], name: str) -> Place:
    """The one place that is meant by a name; the likeliest may have a longer one, as Newcastle upon Tyne has.

    Raises:
        Refused: there is none, or nobody can tell which; then the text holds the candidates.
    """
    if not places:
        raise Refused(
            "No place of that name is known. Check the spelling, try a larger place nearby, or give latitude,longitude."
        )
    first = places[0]
    names = first.name.casefold(), name.casefold()
    namesakes = [place for place in places if place.name.casefold() in names]
    rest = namesakes[1:]
    if not rest or (first.population or 0) >= _DOMINANT * max(place.population or 1 for place in rest):
        return first
    raise Refused(
        f"Several places have that name. Ask which is meant, then call again with its location: {_choices(namesakes)}."
    )


def _choices(places: Sequence[Place]) -> str:
    return "; ".join(
        f'"{place.latitude:.4f},{place.longitude:.4f}" is {place.title}'
        + (f", {place.population} people" if place.population else "")
        for place in places[:_CANDIDATES_SHOWN]
    )

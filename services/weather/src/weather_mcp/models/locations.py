"""Places, and how a name means one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from servicekit.core import Refused
from servicekit.schema import Missing, Record
from weather_mcp.models.abbreviations import country_of, region_of
from weather_mcp.models.identifiers import COORDINATES

_DOMINANT: Final = 10
"""A name means its largest place if that has this many times the population of the next; otherwise it is ambiguous."""
_CANDIDATES_SHOWN: Final = 6
_STEP: Final = 50  # metres; 50 m change the temperature by 0.3 °C
_CODE: Final = 2  # letters; a code is not treated as a prefix: MA is not Maine


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
        """The full name, for example Springfield, Illinois, United States."""
        return ", ".join(dict.fromkeys(filter(None, (self.name, self.region, self.country))))

    @property
    def notice(self) -> str | None:
        """A remark on how the place was found, for the result."""
        return None

    @property
    def spot(self) -> "Spot":
        return Spot(self.latitude, self.longitude, self.elevation_m)


class PlaceByName(Place):
    """A place found by its name while the caller's saved places could not be read."""

    @property
    def notice(self) -> str:
        return (
            "Your saved places cannot be read at the moment, so the location was looked up as the name of a place. If "
            "it is a label of yours, try again in a few seconds."
        )


class PlaceChoices(Record):
    """Matching places, best first. Pass "latitude,longitude" of one as location to other tools."""

    places: list[Place]
    notice: str | None = None


class SavedPlace(Record):
    """A place with its label."""

    label: str
    place: Place


class SavedPlaces(Record):
    """All saved places of the caller, by label."""

    saved: list[SavedPlace]
    missing: list[Missing] | None = None


class Forgotten(Record):
    """A label that was removed."""

    label: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A point in degrees, with its elevation in metres if known."""

    latitude: float
    longitude: float
    elevation_m: float | None = None

    def cell(self, size: float) -> "Spot":
        """The centre of its grid cell, so that requests for spots in one cell share a cached response."""
        latitude, longitude = (round(round(degrees / size) * size, 4) for degrees in (self.latitude, self.longitude))
        height = self.elevation_m
        return Spot(latitude, longitude, None if height is None else _STEP * round(height / _STEP))


def coordinates_in(location: str) -> Spot | None:
    """The coordinates in a location, or None if it is a name."""
    match = COORDINATES.fullmatch(location)
    return Spot(float(match[1]), float(match[2])) if match is not None else None


def at_coordinates(spot: Spot) -> Place:
    """A place named by its coordinates."""
    name = f"{spot.latitude:g},{spot.longitude:g}"
    return Place(name=name, latitude=spot.latitude, longitude=spot.longitude)


def name_and_region(location: str) -> tuple[str, str | None]:
    """Split ``Springfield, Illinois`` into the name and the region."""
    name, _, region = location.partition(",")
    return name.strip(), " ".join(region.split()) or None


def in_region(places: Sequence[Place], region: str | None) -> list[Place]:
    """Places in a region or country, given by code or the beginning of its name.

    Raises:
        Refused: none of the places is there; the text lists them.
    """
    if region is None or not places:
        return list(places)
    parts = [part.strip().casefold() for part in region.split(",") if part.strip()]
    fit = [place for place in places if all(_is_in(place, part) for part in parts)]
    if not fit:
        raise Refused(
            "No place of that name is known in that region or country. To use one of these, call again with its "
            f"coordinates as location: {_choices(places)}."
        )
    return fit


def _is_in(place: Place, part: str) -> bool:
    region, country, code = ((text or "").casefold() for text in (place.region, place.country, place.country_code))
    is_named = len(part) > _CODE and (region.startswith(part) or country.startswith(part))
    return is_named or country_of(part) == code or region_of(code, part) == region


def pick_place(places: Sequence[Place], name: str) -> Place:
    """The place that a name means, of at least one. The likeliest may have a longer name, as Newcastle upon Tyne has.

    Raises:
        Refused: ambiguous; the text lists the candidates.
    """
    first = places[0]
    names = first.name.casefold(), name.casefold()
    namesakes = [place for place in places if place.name.casefold() in names]
    rest = namesakes[1:]
    if not rest or (first.population or 0) >= _DOMINANT * max(place.population or 1 for place in rest):
        return first
    raise Refused(
        f"Several places have that name. Ask the user, then call again with the coordinates as location: "
        f"{_choices(namesakes)}."
    )


def _choices(places: Sequence[Place]) -> str:
    return "; ".join(
        f'"{place.latitude:.4f},{place.longitude:.4f}" is {place.title}'
        + (f", {place.population} people" if place.population else "")
        for place in places[:_CANDIDATES_SHOWN]
    )

"""Places, and which of several a name means."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import Field

from servicekit.core import Refused
from servicekit.schema import Missing, Record
from weather_mcp.models.coordinates import coordinates

_DOMINANT: Final = 8
"""A name means its largest place if that has this many times the population of the next; otherwise it is ambiguous.

Bergen in Norway has nearly ten times the people of Bergen in the Netherlands, Birmingham in England six times those of
the one in Alabama. The result names region and country."""
_CANDIDATES_SHOWN: Final = 3
_STEP: Final = 50  # metres; 50 m change the temperature by 0.3 °C


class Place(Record):
    """A place. With a label, it is the caller's saved place of that label, not one of that name."""

    name: str
    region: str | None = None
    country: str | None = None
    country_code: str | None = None
    latitude: float
    longitude: float
    elevation_m: float | None = None
    population: int | None = None
    timezone: str | None = None
    label: str | None = None

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


class RemarkedPlace(Place):
    """A place that was not found as given, with a remark on how it was."""

    remark: str = Field(exclude=True)

    @property
    def notice(self) -> str:
        return self.remark


def remarked(place: Place, *remarks: str | None) -> Place:
    """A place with remarks on how it was found, if there are any."""
    remark = " ".join(filter(None, (place.notice, *remarks)))
    return RemarkedPlace(**place.model_dump(), remark=remark) if remark else place


class PlaceChoices(Record):
    """Matching places, best first. Pass "latitude,longitude" of one as location to other tools."""

    places: list[Place]
    notice: str | None = None


class SavedPlace(Record):
    """A place with its label."""

    label: str
    place: Place
    notice: str | None = None


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
    degrees = coordinates(location)
    return Spot(*degrees) if degrees is not None else None


def at_coordinates(spot: Spot) -> Place:
    """A place named by its coordinates."""
    name = f"{spot.latitude:g},{spot.longitude:g}"
    return Place(name=name, latitude=spot.latitude, longitude=spot.longitude)


def pick_place(namesakes: Sequence[Place]) -> Place:
    """The place that a name means, of at least one that has it.

    Raises:
        Refused: ambiguous; the text lists the candidates.
    """
    likeliest, *rest = sorted(namesakes, key=lambda place: -(place.population or 0))
    if not rest or (likeliest.population or 0) >= _DOMINANT * max(place.population or 1 for place in rest):
        return likeliest
    raise Refused(
        "Several places have that name. Ask the user, then call again with the coordinates as location: "
        f"{choices([likeliest, *rest])}."
    )


def choices(places: Sequence[Place]) -> str:
    """The first three places, each with the coordinates that stand for it, and how many there are."""
    shown = "; ".join(
        f'"{place.latitude:.4f},{place.longitude:.4f}" is {place.title}'
        + (f", {place.population} people" if place.population else "")
        for place in places[:_CANDIDATES_SHOWN]
    )
    further = len(places) - _CANDIDATES_SHOWN
    return f"{shown}; and {further} more, which search_location lists" if further > 0 else shown

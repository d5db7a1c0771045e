"""Whether a warning's area holds a place: by its outline, or by its name."""

import unicodedata
from collections.abc import Sequence

Point = tuple[float, float]
"""Latitude and longitude, in degrees."""


def outline_in(text: str) -> list[Point]:
    """A CAP polygon: pairs of ``latitude,longitude`` with spaces between them.

    Raises:
        ValueError: it is something else.
    """
    points = [(float(latitude), float(longitude)) for latitude, longitude in (pair.split(",") for pair in text.split())]
    if len(points) < 3:
        raise ValueError("an outline has three points or more")
    return points


def holds(outline: Sequence[Point], place: Point) -> bool:
    """Whether a place is within an outline: a ray from it crosses the edges an odd number of times."""
    latitude, longitude = place
    inside = False
    previous = outline[-1]
    for point in outline:
        (south, west), (north, east) = sorted((previous, point))
        if south <= latitude < north and longitude < west + (latitude - south) / (north - south) * (east - west):
            inside = not inside
        previous = point
    return inside


def is_named(area: str, names: Sequence[str | None]) -> bool:
    """Whether an area's name contains one of these names as whole words, whatever its accents."""
    words = f" {_words(area)} "
    return any(name is not None and (known := _words(name)) != "" and f" {known} " in words for name in names)


def _words(text: str) -> str:
    plain = "".join(one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one))
    return " ".join("".join(one if one.isalnum() else " " for one in plain).split())

"""Parses the places of Open-Meteo's gazetteer, which anyone may edit."""

from typing import Any, Final

from pydantic import BaseModel, Field

from weather_mcp.models.gazetteer import Entry
from weather_mcp.models.locations import Place

_COUNTRY: Final = ("PCL", "CONT")  # feature codes of GeoNames begin so


class _Hit(BaseModel):
    id: int | None = None
    name: str
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    elevation: float | None = None
    feature_code: str = ""
    admin1: str | None = None
    admin2: str | None = None
    admin3: str | None = None
    admin4: str | None = None
    postcodes: list[str] = []
    country: str | None = None
    country_code: str | None = None
    timezone: str | None = None
    population: int | None = None


class Hits(BaseModel):
    """A response of a search; `results` is missing if nothing matches."""

    results: list[_Hit] = []


def entries_in(content: Any) -> list[Entry]:
    """Places found by a search; entries without a usable name are skipped."""
    return [
        Entry(
            hit.id or hash((hit.latitude, hit.longitude)),
            Place(
                name=name,
                region=_plain(hit.admin1),
                country=_plain(hit.country),
                country_code=_plain(hit.country_code),
                latitude=hit.latitude,
                longitude=hit.longitude,
                elevation_m=hit.elevation if -500 <= (hit.elevation or 0) <= 9000 else None,  # other values: unknown
                population=hit.population,
                timezone=_plain(hit.timezone),
            ),
            tuple(area for area in map(_plain, (hit.admin1, hit.admin2, hit.admin3, hit.admin4)) if area),
            tuple(hit.postcodes),
            hit.feature_code.startswith(_COUNTRY),
        )
        for hit in Hits.model_validate(content).results
        if (name := _plain(hit.name)) is not None
    ]


def _plain(text: str | None) -> str | None:
    """A name from the publicly edited gazetteer: only letters, digits and usual punctuation, at most 80 characters."""
    kept = "".join(letter for letter in text or "" if letter.isalnum() or letter in " .,'’-()/&_+" or _is_mark(letter))
    return " ".join(kept.split())[:80] or None


def _is_mark(letter: str) -> bool:
    return 0x0300 <= ord(letter) <= 0x0DFF or 0x0E00 <= ord(letter) <= 0x109F  # combining characters of scripts

"""Entries of a gazetteer, and which of them a location means."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from weather_mcp.models.abbreviations import region_of
from weather_mcp.models.countries import country_of
from weather_mcp.models.locations import Place
from weather_mcp.models.names import fold, is_called, sides
from weather_mcp.models.place_texts import Meaning

_CODE: Final = 3  # letters; a shorter code is not the beginning of a word: MA is not Maine
_NEAR: Final = 0.4  # degrees; places that share a postal code


@dataclass(frozen=True, slots=True)
class Entry:
    """A place as one search found it, in the language of the search.

    Attributes:
        areas: names of the regions that it is in, largest first.
        postcodes: its postal codes; a large city has more than the gazetteer knows.
        is_country: a whole country, whose coordinates are somewhere in it.
    """

    number: int
    place: Place
    areas: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    is_country: bool = False


class Entries:
    """What several searches found. A place found in several languages has the names of all of them."""

    def __init__(self) -> None:
        self._found: dict[int, list[Entry]] = {}

    def add(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self._found.setdefault(entry.number, []).append(entry)

    @property
    def all(self) -> list[Entry]:
        """Each place once, in the order of the searches."""
        return [entries[0] for entries in self._found.values()]

    def called(self, meaning: Meaning) -> list[Entry]:
        """The places that have all names, wherever they are: by exact names, else by looser ones."""
        return self.fitting(Meaning(meaning.names))

    def fitting(self, meaning: Meaning) -> list[Entry]:
        """Those of them that are in all regions and the country. Towns go before the country of the same name."""
        for has_name in (_is_named, _is_loosely_named):
            named = [one for one in self._found.values() if all(has_name(one, name) for name in meaning.names)]
            fit = [entries[0] for entries in named if self.is_in(entries[0], meaning)]
            if fit:
                return [entry for entry in fit if not entry.is_country] or fit
        return []

    def is_in(self, entry: Entry, meaning: Meaning) -> bool:
        """Whether an entry is in all regions and the country."""
        known = self._found[entry.number]
        country = entry.place.country_code
        if meaning.country is not None and country is not None and country != meaning.country:
            return False
        return all(any(_is_in(one, area) for one in known) for area in meaning.areas)

    def with_code(self, code: str) -> list[Entry]:
        """Those with a postal code, however it is spaced."""
        return [entry for entry in self.all if joined(code) in map(joined, entry.postcodes)]

    def is_at(self, entry: Entry, meaning: Meaning) -> bool:
        """Whether an entry is in all regions and the country, and has or is in a region with the names."""
        known = self._found[entry.number]
        return self.is_in(entry, meaning) and all(
            any(_is_in(one, name) or is_called(one.place.name, name) for one in known) for name in meaning.names
        )


def _is_named(entries: Sequence[Entry], name: str) -> bool:
    wanted = fold(name)
    return any(wanted in map(fold, (one.place.name, *sides(one.place.name))) for one in entries)


def _is_loosely_named(entries: Sequence[Entry], name: str) -> bool:
    return any(is_called(one, name) for entry in entries for one in (entry.place.name, *sides(entry.place.name)))


def _is_in(entry: Entry, area: str) -> bool:
    wanted, country = fold(area), entry.place.country_code or ""
    names = [fold(name) for name in (*entry.areas, entry.place.country or "")]
    is_part = len(wanted) >= _CODE and any(f" {name}".find(f" {wanted}") >= 0 for name in names)
    return is_part or wanted in names or country_of(area) == country or region_of(country, wanted) in names


def joined(code: str) -> str:
    """A postal code without spaces and hyphens."""
    return "".join(letter for letter in code.upper() if letter.isalnum())


def neighbours(entries: Sequence[Entry]) -> bool:
    """Whether all are close to the first, as the parts of a city that share a postal code are."""
    first = entries[0].place
    return all(
        abs(entry.place.latitude - first.latitude) <= _NEAR and abs(entry.place.longitude - first.longitude) <= _NEAR
        for entry in entries
    )

"""Searches the gazetteer for what a location in words means."""

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from servicekit.core import Refused
from weather_mcp.models.countries import languages_of
from weather_mcp.models.gazetteer import Entries, Entry, joined, neighbours
from weather_mcp.models.locations import Place, choices, pick_place, remarked
from weather_mcp.models.names import fold, languages_of_script, spellings, without_digraphs
from weather_mcp.models.place_texts import Meaning, meanings, spellings_of_code
from weather_mcp.ports import Gazetteer

_AT_ONCE: Final = 6  # languages
_FROM_COUNTRIES: Final = 4
_SHORTEST: Final = 3  # letters that the gazetteer compares as a beginning
_WHOLE_TOWN: Final = "The postal code is not in the gazetteer; this is the town as a whole."
_COUNTRY: Final = "That is a country; this is a point in it. For another, name a town."


Search = tuple[str, str, str | None]
"""A name, the language and the country of a search."""


@dataclass(frozen=True, slots=True)
class Found:
    """Places that a location means, with a remark on how they were found.

    Attributes:
        others: places whose longer name begins with the name.
    """

    entries: list[Entry]
    others: list[Entry]
    remark: str | None = None
    by_code: bool = False

    @property
    def place(self) -> Place:
        """The one that is meant.

        Raises:
            Refused: ambiguous; the text lists the candidates.
        """
        places = [entry.place for entry in self.entries]
        if self.by_code and not neighbours(self.entries):
            raise Refused(
                f"Several places have that postal code. Add the country, for example 10115, Germany, or call again "
                f"with the coordinates as location: {choices(places)}."
            )
        chosen = places[0] if self.by_code else pick_place(places)
        is_country = any(entry.is_country and entry.place is chosen for entry in self.entries)
        return remarked(chosen, self.remark, _COUNTRY if is_country else None)


class PlaceSearch:
    """Looks up one location. Keeps what it finds, so that a second look asks only for what is missing."""

    def __init__(self, gazetteer: Gazetteer, location: str) -> None:
        self._gazetteer = gazetteer
        self._meanings = meanings(location)
        self._searched = dict[Search, list[Entry]]()
        self.elsewhere: list[Entry] = []

    async def found(self) -> Found | None:
        """The places that the location means; first by names in English and at home, then in other languages."""
        for look in (self._quickly, self._in_languages, self._in_more_languages):
            for meaning in self._meanings:
                found = await (self._by_code(meaning) if meaning.code else look(meaning))
                if found is None and meaning.code and meaning.names:
                    town = await look(Meaning(meaning.names, meaning.areas, country=meaning.country))
                    found = replace(town, remark=_WHOLE_TOWN) if town is not None else None
                if found is not None:
                    return found
        return None

    async def near(self) -> list[Entry]:
        """Places in the regions given whose names begin alike, for a name that no place there has."""
        meaning = next((meaning for meaning in self._meanings if meaning.names), None)
        if meaning is None or len(name := meaning.names[0]) < _SHORTEST:
            return []
        swapped = name[0] + name[2] + name[1]
        await self._search_all([(begin, "en", meaning.country) for begin in (name[:4], name[:3], swapped)])
        known = Entries()
        known.add(entry for entries in self._searched.values() for entry in entries)
        return [entry for entry in known.all if known.is_in(entry, meaning)]

    async def _quickly(self, meaning: Meaning) -> Found | None:
        searches = [(name, "en", meaning.country) for name in meaning.names]
        return self._fitting(meaning, await self._search_all(searches))

    async def _in_languages(self, meaning: Meaning) -> Found | None:
        """In the languages of its country, or the likeliest ones, and with other spellings."""
        known = await self._search_all([(name, "en", country) for name in meaning.names for country in _with(meaning)])
        called, searches = known.called(meaning), list[Search]()
        for name in meaning.names:
            languages = _languages(name, meaning, called, known)[:_AT_ONCE]
            searches += [(name, language, meaning.country) for language in languages]
            searches += [(other, "en", meaning.country) for other in spellings(name)]
            if plain := without_digraphs(name):
                searches += [(plain, language, meaning.country) for language in ("en", "de")]
        return self._fitting(meaning, await self._search_all(searches, known))

    async def _in_more_languages(self, meaning: Meaning) -> Found | None:
        known = await self._search_all([(name, "en", country) for name in meaning.names for country in _with(meaning)])
        if known.called(meaning):
            return None
        more = [
            (name, language, meaning.country)
            for name in meaning.names
            for language in _languages(name, meaning, [], known)[_AT_ONCE:]
        ]
        return self._fitting(meaning, await self._search_all(more, known))

    async def _by_code(self, meaning: Meaning) -> Found | None:
        for code in spellings_of_code(meaning.code or ""):
            known = await self._search_all([(code, "en", meaning.country)])
            if not (coded := known.with_code(code)):
                continue
            if not (fit := [entry for entry in coded if known.is_at(entry, meaning)]):
                countries = {entry.place.country_code or "" for entry in coded}
                languages = [language for country in sorted(countries) for language in languages_of(country)]
                known = await self._search_all([(code, one, meaning.country) for one in languages[:_AT_ONCE]], known)
                fit = [entry for entry in coded if known.is_at(entry, meaning)]
            if fit:
                is_district = len(joined(code)) < len(joined(meaning.code or ""))
                remark = f"Found by the postal district {code} of that code." if is_district else None
                return Found(fit, [], remark, by_code=True)
        return None

    def _fitting(self, meaning: Meaning, known: Entries) -> Found | None:
        fit = known.fitting(meaning)
        if not fit:
            self.elsewhere = self.elsewhere or known.called(meaning)
            return None
        begin = tuple(map(fold, meaning.names))
        longer = [
            entry
            for entry in known.all
            if fold(entry.place.name).startswith(begin) and entry not in fit and known.is_in(entry, meaning)
        ]
        return Found(fit, longer)

    async def _search_all(self, searches: list[Search], known: Entries | None = None) -> Entries:
        """The results of searches by name, language and country, each made once."""
        new = [search for search in dict.fromkeys(searches) if search not in self._searched]
        results = await asyncio.gather(
            *(self._gazetteer.search(name, language=language, country=country) for name, language, country in new)
        )
        self._searched |= {search: list(result) for search, result in zip(new, results, strict=True)}
        known = known or Entries()
        for search in searches:
            known.add(self._searched[search])
        return known


def _with(meaning: Meaning) -> list[str | None]:
    """The country, and none: places of the name elsewhere are worth mentioning."""
    return list(dict.fromkeys((meaning.country, None)))


def _languages(name: str, meaning: Meaning, called: list[Entry], known: Entries) -> list[str]:
    """Languages in which a place may have that name, or its region the one given; the likeliest first."""
    if meaning.country:
        countries: list[str | None] = [meaning.country]
    elif called:
        countries = [entry.place.country_code for entry in called]
    else:  # found by a name that is not shown: Praha as Prague
        begin = fold(name)[:_SHORTEST]
        countries = [entry.place.country_code for entry in known.all if not fold(entry.place.name).startswith(begin)]
    spoken = [language for country in dict.fromkeys(countries) for language in languages_of(country or "")]
    usual = () if called else languages_of_script(name)
    return list(dict.fromkeys((*spoken[:_FROM_COUNTRIES], *usual)))

"""Searches the gazetteer for what a location in words means."""

import asyncio
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final

from servicekit.core import Refused
from weather_mcp.models.countries import languages_of
from weather_mcp.models.endonyms import languages_of_name
from weather_mcp.models.gazetteer import Entries, Entry, joined, neighbours
from weather_mcp.models.locations import Place, choices, pick_place, remarked
from weather_mcp.models.names import fold, languages_of_script, sides, spellings, with_abbreviation, without_digraphs
from weather_mcp.models.place_texts import Meaning, meanings, spellings_of_code
from weather_mcp.ports import Gazetteer

_MOST_REQUESTS: Final = 6  # for one location; a misspelt one must not spend the quota that all callers share
_FOR_NEAR: Final = 2  # of them, kept for suggestions
_LANGUAGES: Final = 3
_SPELLINGS: Final = 3
_VOWELS: Final = tuple("aeiouy")
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
    """Looks up one location with at most six requests. Keeps what it finds, so that a second look asks only for what is
    missing."""

    def __init__(self, gazetteer: Gazetteer, location: str) -> None:
        self._gazetteer = gazetteer
        self._meanings = meanings(location)
        self._searched = dict[Search, list[Entry]]()
        self.elsewhere: list[Entry] = []

    async def found(self) -> Found | None:
        """The places that the location means; first by names in English, then with other spellings and languages."""
        quick = [(meaning, self._in_english_only) for meaning in self._meanings]
        further = [
            (meaning, look) for meaning in self._meanings[::-1] for look in (self._in_spellings, self._in_languages)
        ]
        for meaning, look in (*quick, *further):  # the rarest meaning says most about the name
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
        if meaning.country:  # places of the name elsewhere are worth mentioning
            known = await self._search_all([(name, "en", None)], kept=0)
            self.elsewhere = self.elsewhere or known.called(meaning)
        begin = name[:_SHORTEST] if fold(name)[1:2] in _VOWELS else name[0] + name[2] + name[1]
        await self._search_all([(text, "en", meaning.country) for text in (name[:4], begin)], kept=0)
        known = Entries()
        known.add(entry for entries in self._searched.values() for entry in entries)
        return [entry for entry in known.all if known.is_in(entry, meaning)]

    async def _in_english_only(self, meaning: Meaning) -> Found | None:
        return self._fitting(meaning, await self._in_english(meaning))

    async def _in_english(self, meaning: Meaning) -> Entries:
        """A name with both of a bilingual town begins with the first, which finds it too. One with an abbreviation may
        mean a larger place that writes it out."""
        firsts = [sides(name)[0] if sides(name) else name for name in meaning.names]
        names = [spelling for name in firsts for spelling in with_abbreviation(name)]
        return await self._search_all([(name, "en", meaning.country) for name in names])

    async def _in_spellings(self, meaning: Meaning) -> Found | None:
        known, searches = await self._in_english(meaning), list[Search]()
        for name in meaning.names:
            if plain := without_digraphs(name):
                searches += [(plain, language, meaning.country) for language in ("en", "de")]
            searches += [(other, "en", meaning.country) for other in spellings(name)[:_SPELLINGS] if "/" not in name]
        return self._fitting(meaning, await self._search_all(searches, known))

    async def _in_languages(self, meaning: Meaning) -> Found | None:
        """In the languages of its country, or the likeliest ones."""
        known = await self._in_english(meaning)
        called = known.called(meaning)
        missing = [name for name in meaning.names if called or not known.called(Meaning((name,)))]
        ways = [
            [(name, language, meaning.country) for language in _languages(name, meaning, called, known)[:_LANGUAGES]]
            for name in missing
            if "/" not in name
        ]
        likeliest = [search for way in zip_longest(*ways) for search in way if search is not None]
        return self._fitting(meaning, await self._search_all(likeliest, known))

    async def _by_code(self, meaning: Meaning) -> Found | None:
        for code in spellings_of_code(meaning.code or ""):
            known = await self._search_all([(code, "en", meaning.country)])
            if not (coded := known.with_code(code)):
                continue
            if not (fit := [entry for entry in coded if known.is_at(entry, meaning)]):
                countries = {entry.place.country_code or "" for entry in coded}
                languages = [language for country in sorted(countries) for language in languages_of(country)]
                known = await self._search_all([(code, one, meaning.country) for one in languages[:_LANGUAGES]], known)
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

    async def _search_all(
        self, searches: list[Search], known: Entries | None = None, *, kept: int = _FOR_NEAR
    ) -> Entries:
        """The results of searches by name, language and country, each made once, as far as the requests allow."""
        left = max(0, _MOST_REQUESTS - kept - len(self._searched))
        new = [search for search in dict.fromkeys(searches) if search not in self._searched][:left]
        results = await asyncio.gather(
            *(self._gazetteer.search(name, language=language, country=country) for name, language, country in new)
        )
        self._searched |= {search: list(result) for search, result in zip(new, results, strict=True)}
        known = known or Entries()
        for search in searches:
            known.add(self._searched.get(search, ()))
        return known


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
    usual = () if called or meaning.country else languages_of_script(name)
    hinted = () if meaning.country else languages_of_name(name)
    return list(dict.fromkeys((*hinted, *spoken, *usual)))

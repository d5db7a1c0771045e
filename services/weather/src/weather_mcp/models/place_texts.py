"""What a location in words may mean: a name with regions, a postal code, both names of a bilingual town."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from weather_mcp.models.abbreviations import is_region
from weather_mcp.models.countries import country_of
from weather_mcp.models.names import fold, sides

_CODE: Final = (
    r"(?P<code>[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"  # United Kingdom
    r"|[A-Z]\d[A-Z] ?\d[A-Z]\d"  # Canada
    r"|\d{4}[A-Z]{2}"  # Netherlands, without the space
    r"|(?:(?P<country>[A-Z]{1,2})-)?(?:\d{5}-\d{3,4}|\d{3}-\d{4}|\d{2}-\d{3}|\d{4}-\d{3}|\d{4,7}|\d{3} \d{2}|\d{3}))"
)
_CODE_LABEL: Final = re.compile(r"\b(?:zip(?: ?code)?|post(?:al)? ?code|plz) (?=[A-Z]{0,2}-?\d)", re.IGNORECASE)
_CODE_FIRST: Final = re.compile(rf"{_CODE}(?: (?P<rest>\D.*))?", re.IGNORECASE)
_CODE_ALONE: Final = re.compile(_CODE, re.IGNORECASE)
_DISTRICT: Final = re.compile(r"(?P<code>[A-Z]{1,2}\d[A-Z\d]?)(?P<country>)(?P<rest>)", re.IGNORECASE)
_PORTUGUESE: Final = re.compile(r"\d{4}-\d{3}")
_DUTCH_LETTERS: Final = re.compile(r"([A-Z]{2})(?: (.+))?")
_UK_OUTWARD: Final = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})")
_SHORTEST_SURE: Final = 4  # characters; 100 Mile House is a town
_OF_PLATES: Final = {"D": "DE", "A": "AT", "F": "FR", "I": "IT", "B": "BE", "L": "LU", "S": "SE", "N": "NO", "E": "ES",
                     "P": "PT"}  # fmt: skip
_MOST_REGION_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing that a location may mean.

    Attributes:
        names: names of one place, each of which it must have.
        areas: regions and countries that it is in.
        code: its postal code; then the name may also be that of its surroundings.
        country: the ISO 3166 code of its country, if one is named beyond doubt.
    """

    names: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    code: str | None = None
    country: str | None = None


def meanings(location: str) -> list[Meaning]:
    """All that a location may mean, most likely first; without repetition."""
    plain = _CODE_LABEL.sub("", " ".join(location.split()))
    return list(dict.fromkeys(_meanings([part.strip() for part in plain.split(",") if part.strip()])))


def _meanings(parts: list[str]) -> Iterator[Meaning]:
    if not parts:
        return
    name, areas = parts[0], tuple(parts[1:])
    postal = _postal(parts)
    if postal is not None and len(postal.code or "") >= _SHORTEST_SURE:
        yield postal
    elif any(letter.isalpha() for letter in name):
        yield Meaning((name,), areas, country=_country(areas))
        before, _, inside = (text.strip() for text in name.removesuffix(")").partition("("))
        if name.endswith(")") and before and inside and not set(inside) & set("()"):
            yield Meaning((before,), (inside, *areas), country=_country((inside, *areas)))
            yield Meaning((before, inside), areas, country=_country(areas))
        both = sides(name) if "/" in name else _hyphenated(name)
        if len(both) > 1 and all(both) and ("/" in name or len(both) == 2):
            yield Meaning(tuple(both), areas, country=_country(areas))
        if "(" not in name and "/" not in name:
            yield from _with_region_in_name(name, areas)
    if postal is not None:
        yield postal


def _hyphenated(name: str) -> list[str]:
    both = [side.strip() for side in name.split("-")]
    return both if fold(both[0]) not in ("saint", "sainte") else []  # St.-Denis is one name


def _country(areas: tuple[str, ...]) -> str | None:
    """The country among areas, the last first; CA may be California too, and is none."""
    return next((code for area in reversed(areas) if (code := country_of(area)) and not is_region(area)), None)


def _with_region_in_name(name: str, areas: tuple[str, ...]) -> Iterator[Meaning]:
    """``Paris France`` and ``Portland OR``, unless the whole is a region, as West Virginia is."""
    if is_region(name) or country_of(name):
        return
    words = name.split()
    for count in range(min(_MOST_REGION_WORDS, len(words) - 1), 0, -1):
        area = " ".join(words[-count:])
        if is_region(area) or country_of(area):
            within = (area, *areas)
            yield Meaning((" ".join(words[:-count]),), within, country=_country(within))


def _postal(parts: list[str]) -> Meaning | None:
    """The meaning with a postal code, if a part holds one."""
    for place, part in enumerate(parts):
        if (found := _code_and_rest(part)) is None:
            continue
        code, letters, rest = found
        country = _OF_PLATES.get(letters, letters) or None
        code = code.removeprefix(f"{letters}-")
        if code[:4].isdigit() and code[4:].isalpha():
            country = "NL"
        if _PORTUGUESE.fullmatch(code):
            country = "PT"
        dutch = _DUTCH_LETTERS.fullmatch(rest) if len(code) == 4 and code.isdigit() else None
        if dutch is not None and (dutch[2] or country_of(dutch[1]) is None):
            code, rest, country = f"{code} {dutch[1]}", dutch[2] or "", "NL"
        if (split := next(_with_region_in_name(rest, ()), None)) is not None:
            rest, parts = split.names[0], [*parts[: place + 1], *split.areas, *parts[place + 1 :]]
        others = tuple(other for other in (*parts[:place], rest, *parts[place + 1 :]) if other)
        name = next((other for other in others if not country_of(other) and not is_region(other)), None)
        areas = tuple(other for other in others if other != name)
        return Meaning((name,) if name else (), areas, code, country or _country(areas))
    return None


def _code_and_rest(part: str) -> tuple[str, str, str] | None:
    """The postal code at the beginning or end of a part, the letters of its country, and the rest."""
    if (match := _CODE_FIRST.fullmatch(part) or _DISTRICT.fullmatch(part)) is not None:
        return match["code"].upper(), (match["country"] or "").upper(), match["rest"] or ""
    words = part.split(" ")
    for count in (2, 1):
        match = _CODE_ALONE.fullmatch(" ".join(words[-count:]))
        rest = " ".join(words[:-count])
        if match is not None and rest and not any(letter.isdigit() for letter in rest):
            return match["code"].upper(), (match["country"] or "").upper(), rest
    return None


def spellings_of_code(code: str) -> list[str]:
    """The ways a gazetteer may write a postal code, exactest first."""
    joined = "".join(letter for letter in code if letter.isalnum())
    ways = [code, joined]
    if (match := _UK_OUTWARD.fullmatch(joined)) is not None:
        ways += [f"{match[1]} {match[2]}", match[1]]
    elif joined[:1].isalpha() and len(joined) == 6:
        ways += [f"{joined[:3]} {joined[3:]}", joined[:3]]  # Canada: the first half is the district
    elif joined.isdigit() and len(joined) == 5:
        ways.append(f"{joined[:3]} {joined[3:]}")
    elif joined.isdigit() and len(joined) == 9:
        ways.append(joined[:5])  # United States: ZIP+4
    elif joined[:4].isdigit() and joined[4:].isalpha():
        ways.append(joined[:4])  # Netherlands
    return list(dict.fromkeys(ways))

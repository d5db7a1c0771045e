"""Coordinates as programs and people print them."""

import re
from typing import Final

_NUMBER: Final = r"[+-]?\d{1,3}(?:\.\d{1,60})?(?:e[+-]\d{1,3})?"
_TOKEN: Final = re.compile(rf"({_NUMBER})|([nsew])|([°'\"])|([,;])|\s+", re.IGNORECASE)
_JOINED: Final = re.compile(r"([+-]\d{1,3}(?:\.\d{1,60})?)([+-]\d{1,3}(?:\.\d{1,60})?)/?")  # ISO 6709: +38.72-009.14/
_POINT: Final = re.compile(rf"point ?\( ?({_NUMBER}) ({_NUMBER}) ?\)", re.IGNORECASE)  # WKT: longitude first
_GEO: Final = re.compile(
    rf"geo:({_NUMBER}),({_NUMBER})(?:,{_NUMBER})?(?:;crs=wgs84)?(?:;u=\d{{1,6}}(?:\.\d{{1,6}})?)?", re.IGNORECASE
)  # RFC 5870: an altitude and an uncertainty may follow
_REMARKED: Final = re.compile(r"([^()]{1,80}) \([^()\d]{1,80}\)")  # 48.8566, 2.3522 (Paris)
_LABELS: Final = re.compile(r"\b(?:(latitude|lat)|longitude|long|lon|lng)\b ?[:=]?", re.IGNORECASE)
_WORDS: Final = re.compile(r"\b(?:(north)|(south)|(east)|(west)|(degrees?|deg))\b", re.IGNORECASE)
_MARKS: Final = str.maketrans(
    {**dict.fromkeys("ºᵒ˚", "°"), **dict.fromkeys("′’‘ʹ´`", "'"), **dict.fromkeys("″”“ʺ", '"'), "−": "-", "–": "-"}
)
_DECIMAL_COMMA: Final = re.compile(r"(?<=\d),(?=\d)")
_SEXAGESIMAL: Final = re.compile(r"(?<=\d):(?=\d)")
_SIXTY: Final = 60
_PLACES: Final = 6  # of decimals; a tenth of a metre
_OF_LATITUDE: Final = "ns"
_NEGATIVE: Final = "sw"
_UNIT_OF_MARK: Final = {"°": 0, "'": 1, '"': 2}

RULE: Final = "latitude comes first, from -90 to 90; then longitude, from -180 to 180, for example 38.72,-9.14"


def coordinates(text: str) -> tuple[float, float] | None:
    """Latitude and longitude in degrees, or None if the text is something else.

    Raises:
        ValueError: they are coordinates out of range, or contradict themselves.
    """
    plain = " ".join(text.translate(_MARKS).replace("''", '"').split())
    plain = _SEXAGESIMAL.sub(" ", plain)
    if (match := _GEO.fullmatch(plain) or _JOINED.fullmatch(plain)) is not None:
        return _checked(float(match[1]), float(match[2]))
    if (match := _POINT.fullmatch(plain)) is not None:
        return _checked(float(match[2]), float(match[1]))
    if (match := _REMARKED.fullmatch(plain)) is not None:
        plain = match[1]
    if "=" in plain:  # as in an address: lat=48.2&lon=16.37
        plain = plain.replace("&", ";")
    if plain[:1] + plain[-1:] == "{}":  # JSON: {"lat": 48.2, "lon": 16.37}
        plain = plain.replace('"', "")
    if plain[:1] + plain[-1:] in ("()", "[]", "{}"):
        plain = plain[1:-1]
    labelled = [label[1] is not None for label in _LABELS.finditer(plain)]
    plain = _WORDS.sub(lambda word: "nsew°"[(word.lastindex or 1) - 1], _LABELS.sub(" ", plain)).strip()
    halves = _halves(_with_points(plain))
    if halves is None:
        return None
    angles = [_angle(half) for half in halves]
    if angles[0] is None or angles[1] is None:
        return None
    (first, first_letter), (second, second_letter) = angles[0], angles[1]
    if bool(first_letter) != bool(second_letter):
        return None
    is_latitude_first = _is_latitude_first(labelled, first_letter, second_letter)
    return _checked(first, second) if is_latitude_first else _checked(second, first)


def _is_latitude_first(labelled: list[bool], first_letter: str, second_letter: str) -> bool:
    """The order of two angles: by their letters, by their labels, else latitude first.

    Args:
        labelled: for each label whether it is that of the latitude.

    Raises:
        ValueError: they contradict each other.
    """
    if labelled not in ([], [True], [True, False], [False, True]):
        raise ValueError("name both, for example lat 38.72, lon -9.14")
    if not first_letter:
        return labelled[:1] != [False]
    is_first = first_letter in _OF_LATITUDE
    if is_first == (second_letter in _OF_LATITUDE) or (labelled and labelled[0] != is_first):
        raise ValueError(RULE)
    return is_first


def _checked(latitude: float, longitude: float) -> tuple[float, float]:
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ValueError(RULE)
    return latitude + 0.0, longitude + 0.0


def _with_points(text: str) -> str:
    """The text with decimal points instead of decimal commas: 38,72; -9,14."""
    commas = len(_DECIMAL_COMMA.findall(text))
    if "." in text or commas == 0:
        return text
    if commas == 3:
        first, second, third, fourth = _DECIMAL_COMMA.split(text)
        return f"{first}.{second},{third}.{fourth}"
    marked = ";" in text or "°" in text or any(letter in "nsewNSEW" for letter in text)
    return _DECIMAL_COMMA.sub(".", text) if marked or commas == 2 else text


def _tokens(text: str) -> list[tuple[str, str]] | None:
    """The numbers, letters, marks and separators of a text in order, or None if it holds anything else."""
    found, place = list[tuple[str, str]](), 0
    while place < len(text):
        if (match := _TOKEN.match(text, place)) is None:
            return None
        place = match.end()
        kind = ("", "number", "letter", "mark", "separator")[match.lastindex or 0]
        if kind == "number" and found and found[-1][0] == "number" and not text[match.start() - 1].isspace():
            return None
        if kind:
            found.append((kind, match[0].lower()))
    return found


def _halves(text: str) -> list[list[tuple[str, str]]] | None:
    """The tokens of each of the two angles."""
    tokens = _tokens(text)
    if tokens is None:
        return None
    separators = [place for place, (kind, _) in enumerate(tokens) if kind == "separator"]
    if len(separators) == 1:
        return [tokens[: separators[0]], tokens[separators[0] + 1 :]]
    if separators:
        return None
    letters = [place for place, (kind, _) in enumerate(tokens) if kind == "letter"]
    if len(letters) == 2:
        middle = letters[1] if letters[0] == 0 else letters[0] + 1
        return [tokens[:middle], tokens[middle:]]
    numbers = [place for place, (kind, _) in enumerate(tokens) if kind == "number"]
    if letters or not numbers or len(numbers) % 2 or not any(mark in text for mark in "+-.°"):
        return None
    middle = numbers[len(numbers) // 2]
    return [tokens[:middle], tokens[middle:]]


def _angle(tokens: list[tuple[str, str]]) -> tuple[float, str] | None:
    """Degrees and the letter of the hemisphere, empty without one."""
    letters = [text for kind, text in tokens if kind == "letter"]
    if letters and tokens[0][0] != "letter" and tokens[-1][0] != "letter":
        return None
    parts, unit, is_marked = [0.0, 0.0, 0.0], 0, True
    numbers = [text for kind, text in tokens if kind == "number"]
    if not 1 <= len(numbers) <= 3 or len(letters) > 1:
        return None
    for kind, text in tokens:
        if kind == "number":
            if unit and ("." in numbers[unit - 1] or text[0] in "+-" or float(text) >= _SIXTY):
                raise ValueError("minutes and seconds go from 0 to 59, for example 38°43'12\"N 9°8'24\"W")
            parts[unit], unit, is_marked = abs(float(text)), unit + 1, False
        elif kind == "mark":
            if is_marked or _UNIT_OF_MARK[text] != unit - 1:
                return None
            is_marked = True
    is_signed = numbers[0][0] in "+-"
    if is_signed and letters:
        raise ValueError("give either a sign or N, S, E, W, for example 38.72,-9.14 or 38.72N 9.14W")
    degrees = parts[0] + parts[1] / _SIXTY + parts[2] / _SIXTY**2
    if len(numbers) > 1:
        degrees = round(degrees, _PLACES)
    is_negative = numbers[0][0] == "-" or (letters and letters[0] in _NEGATIVE)
    return (-degrees if is_negative else degrees), (letters[0] if letters else "")

"""The argument `units`: words for units, in the spellings that people and models use."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from servicekit.schema import Identifier, Searched
from weather_mcp.models.units import IMPERIAL, METRIC, Units

_CHOICE: Final = "celsius or fahrenheit; km/h, m/s, mph or knots; mm or inch; or metric, imperial"
_MOST: Final = 100  # characters
_SYSTEMS: Final[Mapping[str, Units]] = {
    "metric|si": METRIC,
    "imperial|us|usa|american|us customary|customary": IMPERIAL,
    "uk|british": Units(wind="mph"),
}
_UNITS: Final[Mapping[str, Mapping[str, str]]] = {
    "celsius|c|°c|℃|centigrade|celcius": {"temperature": "°C"},
    "fahrenheit|f|°f|℉|farenheit": {"temperature": "°F"},
    "km/h|kmh|kph|kmph|km/hr|km per hour|kilometers per hour|kilometres per hour": {"wind": "km/h"},
    "m/s|ms|mps|m per s|meters per second|metres per second|meter per second": {"wind": "m/s"},
    "mph|mi/h|miles per hour|mile per hour|miles": {"wind": "mph"},
    "knots|knot|kn|kt|kts|nautical": {"wind": "kn"},
    "mm|mm/h|millimeters|millimetres|millimeter|millimetre": {"precipitation": "mm", "snowfall": "cm"},
    'inch|inches|in|in/h|"': {"precipitation": "inch", "snowfall": "inch"},
    "cm|centimeters|centimetres": {"snowfall": "cm"},
}
_NAMES: Final[Mapping[str, Units | Mapping[str, str]]] = {
    **{name: system for names, system in _SYSTEMS.items() for name in names.split("|")},
    **{name: unit for names, unit in _UNITS.items() for name in names.split("|")},
}
_SLASH: Final = re.compile(r" ?/ ?")
_NOISE: Final = frozenset({"and", "degree", "degrees", "deg", "units", "unit", "system", "&", "with"})
_LONGEST: Final = 3  # words of a name
_RULE: Final = f"must name units: {_CHOICE}, such as fahrenheit, mph"


def parsed_units(text: str) -> Mapping[str, str]:
    """The units that a text names, by quantity; those that it leaves open are absent.

    Raises:
        ValueError: a word names no unit, or two name units of one quantity. The text lists the words.
    """
    base: Mapping[str, str] = {}
    chosen = dict[str, str]()
    for named in _names(text):
        if isinstance(named, Units):
            if base:
                raise ValueError(f"names two systems of units. Give one: {_CHOICE}")
            base = named.model_dump()
            continue
        for quantity, unit in named.items():
            if chosen.setdefault(quantity, unit) != unit:
                raise ValueError(f"names two units of {quantity}. Give one: {_CHOICE}")
    if not base and not chosen:
        raise ValueError(_RULE)
    return {**base, **chosen}


def _names(text: str) -> Iterator[Units | Mapping[str, str]]:
    """What each name in a text means."""
    plain = _SLASH.sub("/", text.casefold().replace("_", " ").replace("° ", "°").replace("°", " °"))
    for group in re.split(r"[,;+]", plain):
        words = [part for word in group.split() for part in _unslashed(word.strip(".:"))]
        position = 0
        while position < len(words):
            length, found = _longest(words, position)
            position += length
            yield found


def _unslashed(word: str) -> list[str]:
    """``mph/celsius`` as two words; ``km/h`` as one."""
    parts = [word] if word in _NAMES else word.split("/")
    return [part for part in parts if part]


def _longest(words: list[str], position: int) -> tuple[int, Units | Mapping[str, str]]:
    """How many words the longest name at a position has, and what it means."""
    for length in range(min(_LONGEST, len(words) - position), 0, -1):
        name = " ".join(words[position : position + length])
        if name == "in" and position + 1 < len(words):  # "in mph"
            return 1, {}
        if (found := _NAMES.get(name)) is not None:
            return length, found
    if words[position] in _NOISE:
        return 1, {}
    raise ValueError(_RULE)


def with_units(base: Units, text: str) -> Units:
    """The units of a text, and those of `base` that it leaves open.

    Raises:
        ValueError: as `parsed_units`.
    """
    return base.model_copy(update=dict(parsed_units(text)))


def _checked(text: str) -> str:
    parsed_units(text)
    return text


_Text = Annotated[str, AfterValidator(_checked), Searched()]
NamedUnits = Annotated[
    str,
    Identifier("units such as fahrenheit, mph", "fahrenheit, mph"),
    AfterValidator(_checked),
    Field(max_length=_MOST, description="Such as fahrenheit, mph, inch."),
]
UnitsText = Annotated[_Text | None, Field(max_length=_MOST, description="Such as fahrenheit, knots, inch.")]

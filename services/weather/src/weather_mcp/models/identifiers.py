"""Argument types. Refusals say the rule in words, with an example."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from servicekit.schema import Identifier, Searched

COORDINATES = re.compile(r"\A\s*([+-]?\d{1,3}(?:\.\d{1,8})?)\s*,\s*([+-]?\d{1,3}(?:\.\d{1,8})?)\s*")
# Letters of any script with their marks, digits, and punctuation of place names.
_NAME = re.compile(r"[\w\s.,'’`()\-]+", re.UNICODE)


def _readable(text: str) -> str:
    if not text.strip():
        raise ValueError("name a place, for example Lisbon, or give latitude,longitude, for example 38.72,-9.14")
    if (match := COORDINATES.fullmatch(text)) is not None:
        if abs(float(match[1])) > 90 or abs(float(match[2])) > 180:
            raise ValueError(
                "latitude comes first, from -90 to 90; then longitude, from -180 to 180, for example 38.72,-9.14"
            )
    elif _NAME.fullmatch(text) is None or not any(letter.isalpha() for letter in text):
        raise ValueError("must be a place name, for example Lisbon, or latitude,longitude; never a URL, path or code")
    return text


Location = Annotated[
    str,
    AfterValidator(_readable),
    Field(
        min_length=1,
        max_length=100,
        description="Name (Springfield, Illinois), latitude,longitude or saved label.",
    ),
    Searched(),
]
Label = Annotated[
    str,
    Identifier(
        "a label of at most 40 letters, digits, spaces, - and _, the first a letter, such as home",
        "home",
        pattern=r"[A-Za-z][A-Za-z0-9 _\-]{0,39}",
    ),
    Field(description="Such as home."),
]

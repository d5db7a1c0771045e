"""Argument types. Refusals say the rule in words, with an example."""

import re
import unicodedata
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Field

from servicekit.schema import Identifier, Searched
from weather_mcp.models.coordinates import coordinates
from weather_mcp.models.names import LETTERS, MARKS, without_marks

# Letters of any script with their marks, digits, and punctuation of place names. A slash is between two names only.
_NAME = re.compile(r"[\w .,'’ʼ‘`()\-]+(?:/[\w .,'’ʼ‘`()\-]+){0,2}", re.UNICODE)
_POSTAL_CODE = re.compile(r"\d{3,9}(?:[ -]\d{2,4})?(?:, ?[\w .,'’-]+)?", re.UNICODE)


def _readable(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    if not text.strip():
        raise ValueError("name a place, for example Lisbon, or give latitude,longitude, for example 38.72,-9.14")
    if (found := coordinates(text)) is not None:
        return f"{found[0]!r},{found[1]!r}"
    if not _is_name(text.strip()):
        raise ValueError(
            "must be a place name, for example Lisbon, a postal code, for example 90210, US, or latitude,longitude; "
            "never a URL, path or code"
        )
    return " ".join(text.split())


def _is_name(text: str) -> bool:
    if any(unicodedata.category(letter) in ("Cc", "Cf") for letter in text) or ".." in text:
        return False
    text = without_marks(text)
    is_named = _NAME.fullmatch(text) is not None and any(letter.isalpha() for letter in text)
    return (is_named and all(side.strip()[:1].isalpha() for side in text.split("/")[1:])) or (
        _POSTAL_CODE.fullmatch(text) is not None
    )


Location = Annotated[
    str,
    AfterValidator(_readable),
    Field(
        min_length=1,
        max_length=100,
        description="Place (Paris, Texas), postal code, coordinates or saved label.",
    ),
    Searched(),
]
Label = Annotated[
    str,
    Identifier(
        "a label of at most 40 letters, digits, spaces, ', - and _, the first a letter, such as home",
        "home",
        pattern=rf"[{LETTERS}][{LETTERS}{MARKS}0-9_ '’ʼ\-]{{0,39}}",
        normalise=partial(unicodedata.normalize, "NFC"),
        any_script=True,
    ),
    Field(description="Such as home."),
]

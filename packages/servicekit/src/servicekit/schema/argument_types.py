"""Annotations of argument types: what a right value is called, and which conversions are allowed.

::

    OrderId = Annotated[str, Identifier("an order number such as ORD-00001234", "ORD-00001234", pattern=…,
                                        found_by="search_orders", normalise=…)]
    Limit = Annotated[int, Field(ge=1, le=50), Clamped()]
    MinorUnits = Annotated[int, Field(ge=0), Exact()]

A number is converted unless it is `Exact`. Text is never converted unless it is an `Identifier`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

_OTHER_SCRIPT = re.compile(r"[^\x00-\x7f\s]")
_NO_LETTER = "\ufffd"
"""In place of a character outside ASCII, which another case would make an ASCII letter: ``ſ`` becomes ``S``."""
INVALID_IDENTIFIER = "identifier"
"""Error type of a value that is not the identifier; its message is the rule in words."""


@dataclass(frozen=True, slots=True)
class Exact:
    """Nothing is converted: for money, quantities of stock, and text in which empty has a meaning.

    Args:
        empty: in an optional argument, an empty text or list is a value and not the same as leaving it out.
    """

    empty: bool = False


@dataclass(frozen=True, slots=True)
class Clamped:
    """A number of rows, days or lines that is lowered to its largest value, with a notice, instead of refused.

    Args:
        least: a number from 0 on that is below the smallest value is raised as well.
    """

    least: bool = True


@dataclass(frozen=True, slots=True)
class Searched:
    """Text that is looked for and not stored: a JSON number is accepted as its digits."""


@dataclass(frozen=True, slots=True)
class StartOfDay:
    """A day where a date and time is wanted means 00:00 UTC of that day."""


@dataclass(frozen=True, slots=True)
class StandsAlone:
    """In a member of an object: text where the whole object is wanted means this member, and none of the others."""


@dataclass(frozen=True, slots=True)
class Splits:
    """Text that names several arguments at once, such as ``acme/app`` for owner and repo.

    Args:
        part: the part that this argument is.
        parse: returns all parts in a text, by name, or None where it holds this argument alone.
    """

    part: str
    parse: Callable[[str], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Identifier:
    """A `str` or `int` that identifies something, or text of a closed form. Refusals say its words, never its pattern.

    Args:
        words: what it is, with an example, to follow "must be": ``a ticket id such as T-123``.
        example: that example, a valid value.
        pattern: regular expression of the whole text. Clients never see it.
        found_by: the tool that finds a right value.
        normalise: brings other spellings of the same value into the one of `pattern`: ``t12`` becomes ``T-12``. Gets
            text without surrounding space; where there is a pattern, also without the characters outside ASCII, whose
            other case may look like another value. What it does not know it returns as it is.
        from_number: a JSON number is accepted as its digits. False where leading zeros count.
        max_length: in characters.
        empty: empty text is valid.
        spaced: white space around it belongs to it.
        any_script: letters outside ASCII are usual in it, so `normalise` gets them too.
        similar: the valid values most like an invalid text, for "did you mean". They are shown, so they must be known
            here and not depend on the caller.
    """

    words: str
    example: str
    pattern: str | None = None
    found_by: str | None = None
    normalise: Callable[[str], str] | None = None
    from_number: bool = True
    max_length: int | None = None
    empty: bool = False
    spaced: bool = False
    any_script: bool = False
    similar: Callable[[str], Iterable[str]] | None = None
    _compiled: re.Pattern[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        compiled = re.compile(self.pattern) if self.pattern is not None else None
        object.__setattr__(self, "_compiled", compiled)
        if self.example not in self.words or not self.matches(self.example):
            raise ValueError(f"{self.example!r} must be a valid value that the words {self.words!r} show")

    @property
    def rule(self) -> str:
        """The sentence of a refusal, without the argument's name and the full stop."""
        return f"must be {self.words}" + (f". {self.found_by} finds it" if self.found_by else "")

    def matches(self, text: str) -> bool:
        """Whether `text` is valid as it is."""
        if self.max_length is not None and len(text) > self.max_length:
            return False
        if self._compiled is None:
            return self.empty or bool(text)
        return self._compiled.fullmatch(text) is not None

    def read(self, text: str) -> str | None:
        """The identifier that `text` spells, or None."""
        if self._compiled is not None and self.matches(text):
            return text
        clean = text if self.spaced else text.strip()
        if self.normalise is not None:
            masked = self._compiled is not None and not self.any_script
            clean = self.normalise(_OTHER_SCRIPT.sub(_NO_LETTER, clean) if masked else clean)
            if masked and _NO_LETTER in clean:
                return None
        return clean if self.matches(clean) else None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if source not in (str, int):
            raise TypeError(f"Identifier annotates str or int, not {source!r}: write Annotated[str, …] | None")
        inner: dict[str, Any] = {**handler(source)}
        if source is str:
            inner["min_length"] = 0 if self.empty else 1
            if self.pattern is not None:
                inner["pattern"] = f"^(?:{self.pattern})$"
            if self.max_length is not None:
                inner["max_length"] = self.max_length
        # The rule of the error is one sentence, checked in Rust: a valid value costs no call into Python.
        return core_schema.custom_error_schema(
            inner,
            custom_error_type=INVALID_IDENTIFIER,
            custom_error_message=self.rule,
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        advertised = handler(schema)
        for keyword in ("pattern", "minLength", "maxLength"):
            advertised.pop(keyword, None)
        return advertised

"""Parts of a result that could not be had, and results that were cut: both are said, with the reason or the way on."""

from typing import Annotated, Any

from pydantic import ConfigDict

from servicekit.schema.record import Record
from servicekit.schema.untrusted import OneLine


def _in_short(schema: dict[str, Any]) -> None:
    """Results often have such parts; their members explain themselves, so the advertised schema omits them."""
    schema.clear()
    schema["type"] = "object"


class Missing(Record):
    """A part of a result that could not be had, and why. It is unknown: neither none nor zero.

    Attributes:
        first, last: the first and last time or day concerned.
    """

    model_config = ConfigDict(json_schema_extra=_in_short)

    part: Annotated[str, OneLine()]
    reason: str
    first: str | None = None
    last: str | None = None


def cut_notice(shown: int, total: int | None, what: str, next_step: str) -> str:
    """The notice of a list of which only the beginning is shown.

    Args:
        total: None if it is unknown how many there are.
        what: the records in words, for example ``windows``.
        next_step: how to read the others, as a sentence.
    """
    if total is None:
        return f"Cut: the first {shown} {what} are shown; there are more. {next_step}"
    return f"Cut: the first {shown} of {total} {what} are shown. {next_step}"

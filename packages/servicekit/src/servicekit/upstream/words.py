"""What an upstream wrote about a failure, made safe to show to a model: masked, bounded, marked and fenced."""

from collections.abc import Iterable
from typing import Final

from servicekit.schema.marks import cut_shown, fence, show
from servicekit.telemetry.redaction import redact

LONGEST: Final = 300
"""Characters of an upstream's words that are shown, before invisible ones become visible."""
_LONGEST_SHOWN: Final = 900
_LONGEST_READ: Final = 4000  # characters
_MOST_REASONS: Final = 10


def said_by(name: str, reasons: Iterable[object]) -> str:
    """A sentence with the upstream's own reasons, to follow another one; empty where it gave none in words.

    Args:
        name: the upstream's display name.
        reasons: values of its response; those that are not text are left out.
    """
    given = [text for reason in reasons if isinstance(reason, str) and (text := _bounded(reason).rstrip("."))]
    words = redact("; ".join(given[:_MOST_REASONS]))
    if not words:
        return ""
    if len(words) > LONGEST:
        words = words[:LONGEST].rstrip() + "…"
    fenced = fence(show(words), "upstream")
    if len(fenced) > _LONGEST_SHOWN:
        fenced = cut_shown(fenced[:_LONGEST_SHOWN])
    return f" {name} says: {fenced}."


def _bounded(text: str) -> str:
    """The beginning of a text on one line. It ends between words: half a secret has no form that is known."""
    if len(text) > _LONGEST_READ:
        text = text[:_LONGEST_READ].rpartition(" ")[0]
    return " ".join(text.split())

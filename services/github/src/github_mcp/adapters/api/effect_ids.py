"""The effect id of the current write in what it makes at GitHub: a mark in a text, or a trailer of a commit."""

from collections.abc import Mapping
from typing import Any, Final

from github_mcp.models.effect_marks import marked
from servicekit.journal.effect_id import current_effect_id

_TRAILER: Final = "Fleet-Write"
_BEGUN: Final = "Fleet-Begin"


def with_effect_id(body: str | None) -> str:
    """A text followed by the effect id of the current write."""
    return marked(body or "", current_effect_id())


def message_with_effect_id(message: str) -> str:
    """A commit message with the effect id as a trailer (git-interpret-trailers(1))."""
    return f"{message.rstrip()}\n\n{_TRAILER}: {current_effect_id()}\n"


def begun_with_effect_id(message: str) -> str:
    """The message of a commit that a later request of the same write replaces."""
    subject = message.strip().partition("\n")[0]
    return f"{subject}\n\n{_BEGUN}: {current_effect_id()}\n"


def has_begun(commit: object) -> bool:
    """Whether a commit is the beginning of the current write."""
    return carries_effect_id(commit, "message", f"{_BEGUN}: ")


def is_written(message: str) -> bool:
    """Whether a commit message is that of the current write."""
    return f"{_TRAILER}: {current_effect_id()}" in message


def carries_effect_id(item: object, key: str = "body", before: str = "") -> bool:
    """Whether an object from GitHub carries the effect id of the current write, right after the text `before`."""
    text = item.get(key) if isinstance(item, Mapping) else None
    return isinstance(text, str) and f"{before}{current_effect_id()}" in text


def find_own(items: Any, key: str = "body") -> Any:
    """The first object of a list that carries the effect id of the current write, or None."""
    return next((item for item in items if carries_effect_id(item, key)), None) if isinstance(items, list) else None

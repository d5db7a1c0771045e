"""Our mark in what we write to GitHub: an HTML comment, which nobody sees in rendered Markdown, or a commit trailer."""

from collections.abc import Mapping
from typing import Any, Final

from servicekit.journal.effect_id import current_effect_id

_TRAILER: Final = "Fleet-Write"


def marked(body: str | None) -> str:
    """A text with the mark of the write in progress at its end."""
    return f"{body or ''}\n\n<!-- fleet-write:{current_effect_id()} -->".lstrip("\n")


def marked_message(message: str) -> str:
    """A commit message with the mark as a trailer (git-interpret-trailers(1))."""
    return f"{message.rstrip()}\n\n{_TRAILER}: {current_effect_id()}\n"


def is_ours(item: object, key: str = "body") -> bool:
    """Whether something of GitHub's carries the mark of the write in progress."""
    text = item.get(key) if isinstance(item, Mapping) else None
    return isinstance(text, str) and current_effect_id() in text


def ours_among(items: Any, key: str = "body") -> Any:
    """The first of a list that does, or None."""
    return next((item for item in items if is_ours(item, key)), None) if isinstance(items, list) else None

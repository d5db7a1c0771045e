"""Reads that must see the latest data: they go to the primary, also where a replica serves reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_latest: Final[ContextVar[bool]] = ContextVar("latest", default=False)


@contextmanager
def reading_latest() -> Iterator[None]:
    """Read from the primary inside the block. Later reads of the caller see at least what it saw.

    For the caller that is notified of a change which another caller made.
    """
    token = _latest.set(True)
    try:
        yield
    finally:
        _latest.reset(token)


def is_reading_latest() -> bool:
    """Whether the code runs inside `reading_latest`."""
    return _latest.get()

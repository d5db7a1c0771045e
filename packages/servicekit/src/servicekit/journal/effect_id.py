"""The mark that a write leaves in what it makes at a service outside, so that it can be found again.

A request may take effect without an answer ever coming back. Whoever tries the same write again gets the same mark, and
the tool's `recover` looks for it before anything is done twice.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import blake2b

from servicekit.journal.idempotency_key import Intent

_current: ContextVar[str] = ContextVar("marker")


def effect_id_of(intent: Intent) -> str:
    """A mark for a write: always the same for an idempotency key, a new one where the caller sent none."""
    if intent.explicit:
        return blake2b(intent.name.encode(), digest_size=12, person=b"write-marker").hexdigest()
    return secrets.token_hex(12)


def current_effect_id() -> str:
    """The mark of the write in progress: 24 characters, 0-9 and a-f.

    Raises:
        LookupError: outside a write.
    """
    return _current.get()


@contextmanager
def carrying_effect_id(marker: str) -> Iterator[None]:
    """Make `marker` the current one inside the block."""
    token = _current.set(marker)
    try:
        yield
    finally:
        _current.reset(token)

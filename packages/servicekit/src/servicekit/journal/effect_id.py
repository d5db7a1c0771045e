"""The effect id: a mark that a write leaves in what it creates upstream, so that a retry can find it.

A request may take effect although its response is lost. A retry of the write has the same effect id, and the tool's
`recover` searches for it before the write is repeated.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import blake2b

from servicekit.journal.idempotency_key import Intent

_current: ContextVar[str] = ContextVar("effect_id")


def effect_id_of(intent: Intent) -> str:
    """The effect id of a write: derived from its idempotency key, random without one."""
    if intent.explicit:
        return blake2b(intent.name.encode(), digest_size=12, person=b"write-marker").hexdigest()
    return secrets.token_hex(12)


def current_effect_id() -> str:
    """The effect id of the write in progress: 24 hexadecimal digits.

    Raises:
        LookupError: outside a write.
    """
    return _current.get()


@contextmanager
def carrying_effect_id(effect_id: str) -> Iterator[None]:
    """Make `effect_id` the current one inside the block."""
    token = _current.set(effect_id)
    try:
        yield
    finally:
        _current.reset(token)

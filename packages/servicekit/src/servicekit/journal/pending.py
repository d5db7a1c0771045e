"""Confirmations that wait for a person: how long, and how many wrong codes a caller may try."""

import secrets
import time
from dataclasses import dataclass
from typing import Final

from servicekit.core.errors import Refused

LIFETIME: Final = 600
"""Seconds within which a preview can be confirmed."""
KEPT: Final = 3600
"""Seconds for which a pending confirmation is stored, so that an expired code is recognised as such."""
MAX_PENDING: Final = 100
"""Previews of one caller that wait at a time. A further one replaces the oldest, so that no caller fills the store."""
MAX_WRONG: Final = 10
"""Wrong codes that a caller may try within `WRONG_WINDOW`: 10 of the 2^40 that there are."""
WRONG_WINDOW: Final = 600
"""Seconds for which a wrong code counts."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A stored confirmation.

    Attributes:
        content: the call and its preview, as JSON.
        expired: it was stored more than `LIFETIME` ago, by the store's clock.
    """

    content: str
    expired: bool


class TooManyWrongCodes(Refused):
    """The caller tried too many wrong codes, so no code of this caller is looked up for a while."""

    def __init__(self) -> None:
        super().__init__(
            f"Too many wrong confirmation codes. Nothing was done, and none is accepted for {WRONG_WINDOW // 60} "
            "minutes. Then call the tool again for a new preview, and copy its code exactly."
        )


def new_nonce() -> str:
    """The identity of a new confirmation: when it was made, and 96 random bits, in hexadecimal."""
    return f"{int(time.time()):08x}{secrets.token_hex(12)}"


def made_at(nonce: str) -> int:
    """When a confirmation was made, in seconds since the epoch."""
    return int(nonce[:8], 16)

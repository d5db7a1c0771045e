"""The versions of PostgreSQL that servers work with."""

from typing import Final

OLDEST: Final = 14
"""The first with SQL function bodies that are parsed when they are created, which the migrations use."""


def refusal_of(version: int, shown: str) -> str | None:
    """Why a server is too old, and what to do; None where it is not.

    Args:
        version: its major version.
        shown: its version as it calls itself, such as ``13.23``.
    """
    if version >= OLDEST:
        return None
    return (
        f"This server needs PostgreSQL {OLDEST} or newer; the database is PostgreSQL {shown}. "
        "Upgrade the database, or set the URLs to a newer one."
    )

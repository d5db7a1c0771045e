"""The clock of tools, which tests replace."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The current time."""
    return datetime.now(UTC)

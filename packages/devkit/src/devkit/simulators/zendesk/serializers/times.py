"""Times as the API writes them."""

from datetime import UTC, date, datetime
from typing import Any


def time_of(instant: datetime) -> str:
    """Such as ``2026-01-05T09:00:00Z``."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def json_value(value: Any) -> Any:
    """What `json` cannot write itself."""
    if isinstance(value, datetime):
        return time_of(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))

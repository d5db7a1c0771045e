"""The `Retry-After` header of an upstream."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST_WAIT: Final = 24 * 3600.0
"""Seconds. A longer wait in a header is taken for a mistake, which must not stop requests for years."""


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait by `Retry-After` (RFC 9110 §10.2.3: seconds or a date), at most `LONGEST_WAIT`. None without a
    valid header."""
    stated = headers.get("retry-after", "").strip()
    if stated.isascii() and stated.isdigit():
        return min(float(stated[:9]), LONGEST_WAIT)
    try:
        return min(max(0.0, parsedate_to_datetime(stated).timestamp() - now), LONGEST_WAIT)
    except (ValueError, OverflowError):
        return None

"""What an upstream answered."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from servicekit.core.strict_json import parse


@dataclass(frozen=True, slots=True)
class UpstreamResponse:
    """An answer that could be used: a success, or a 4xx that the service understands.

    Attributes:
        headers: names in lower case. From the cache, only those that describe the content.
        fetched_at: when the upstream said so, or last said that it still holds; seconds since the epoch.
        left_out: lines before the body that were not kept, where only its end was asked for.
        stale: it is older than it should be, and a newer one is on its way.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: float
    stale: bool = False
    left_out: int = 0

    @property
    def ok(self) -> bool:
        """A 2xx."""
        return 200 <= self.status < 300

    @property
    def age(self) -> float:
        """Seconds since `fetched_at`."""
        return max(0.0, time.time() - self.fetched_at)

    @property
    def time(self) -> datetime:
        """`fetched_at`, in UTC."""
        return datetime.fromtimestamp(self.fetched_at, UTC)

    def json(self) -> Any:
        """The body as I-JSON.

        Raises:
            NotStrictJson: it is not. For a success that was asked for as JSON this was checked already.
        """
        return parse(self.body)

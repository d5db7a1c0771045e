"""A response of an upstream."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from servicekit.core.strict_json import parse


@dataclass(frozen=True, slots=True)
class UpstreamResponse:
    """A usable response: a success, a 4xx or a redirect.

    Attributes:
        headers: by lower-case name. A cached response only has those that describe its content.
        fetched_at: when the upstream sent or last confirmed it, in seconds since the epoch.
        stale: older than its cache policy's `fresh`; it is being renewed.
        omitted_lines: lines that were dropped before the body, where only its end was requested.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: float
    stale: bool = False
    omitted_lines: int = 0

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
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
            NotStrictJson: the body is something else. A success with `expects_json` was checked already.
        """
        return parse(self.body)

"""A response of an upstream."""

import time
from codecs import getincrementaldecoder
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from servicekit.core.off_loop import LARGE, off_loop
from servicekit.core.strict_json import NotStrictJson, parse

_PIECE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class UpstreamResponse:
    """A usable response: a success, a 4xx or a redirect.

    Attributes:
        headers: by lower-case name. A cached response only has those that describe its content.
        fetched_at: when the upstream sent or last confirmed it, in seconds since the epoch.
        stale: older than its cache policy's `fresh`; it is being renewed.
        omitted_lines: lines that were dropped before the body, where only its end was requested.
        sink: what took the body of a streamed success, whose `body` is empty.
        is_whole: the body was read to its end.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: float
    stale: bool = False
    omitted_lines: int = 0
    sink: Any = None
    is_whole: bool = True
    _parsed: list[Any] = field(default_factory=list[Any], compare=False, repr=False)

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
        """The body as I-JSON. Callers share it, so they must not change it.

        Raises:
            NotStrictJson: the body is something else. A success with `expects_json` was checked already.
        """
        if not self._parsed:
            self._parsed.append(parse(self.body))
        return self._parsed[0]

    def text(self) -> str:
        """The body as text, with U+FFFD for what is not UTF-8."""
        decoder = getincrementaldecoder("utf-8")("replace")
        pieces = [decoder.decode(self.body[at : at + _PIECE]) for at in range(0, len(self.body), _PIECE)]
        return "".join([*pieces, decoder.decode(b"", final=True)])

    async def prepared(self) -> "UpstreamResponse":
        """This response, with a large JSON body parsed off the event loop; one that is no JSON is left as it is."""
        if len(self.body) >= LARGE and not self._parsed:
            with suppress(NotStrictJson):
                await off_loop(len(self.body), self.json)
        return self

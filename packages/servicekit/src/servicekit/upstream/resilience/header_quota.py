"""A quota that the upstream itself counts, and tells with each answer."""

import time
from collections.abc import Mapping, Sequence
from typing import Final

from servicekit.upstream.errors import QuotaSpent
from servicekit.upstream.http.response import UpstreamResponse
from servicekit.upstream.http.retry_after import LONGEST_WAIT, retry_after
from servicekit.upstream.resilience.quota import Clock, Pause, QuotaState

_WITHOUT_A_WORD: Final = 60.0
"""Seconds to stay away after a limit that did not say for how long: what GitHub asks for after a secondary limit."""
_LIMIT_MET: Final = (b"secondary rate limit", b"rate limit exceeded", b"abuse detection")
"""What the body of a 403 says where no header tells that it is about a limit; an older server says the last."""
_MOST_RESOURCES: Final = 20


class HeaderQuota:
    """Obeys `X-RateLimit-Limit`, `-Remaining`, `-Reset` (seconds since the epoch), `-Resource`, and `Retry-After`.

    Once a resource has nothing left, no request of that resource is sent before its reset; once the upstream asks to be
    left alone (a "secondary" limit), none at all is.

    Args:
        name: the upstream, as people call it.
        host: for metrics.
        resource: what its requests take from unless they say otherwise.
        clock: seconds since the epoch.
    """

    def __init__(self, name: str, host: str, resource: str = "core", clock: Clock = time.time) -> None:
        self._name, self._host = name, host
        self._usual = resource
        self._clock = clock
        self._pause = Pause(name, clock)
        self._states: dict[str, QuotaState] = {}

    async def admit(self, cost: float, resource: str = "") -> None:
        """Return when the upstream takes such a request, as far as it said.

        Raises:
            QuotaSpent: it does not.
        """
        self._pause.check()
        state = self._states.get(resource or self._usual)
        now = self._clock()
        if state is not None and state.remaining < cost and now < state.reset_at:
            raise QuotaSpent(self._name, state.name, state.reset_at, now)

    def note(self, reply: UpstreamResponse) -> QuotaSpent | None:
        """Keep what the headers say; recognise an answer that means "not now"."""
        state = self._read(reply.headers)
        if reply.status not in (403, 429):
            return None
        now = self._clock()
        asked = retry_after(reply.headers, now)
        if asked is None and state is not None and state.remaining < 1:
            return QuotaSpent(self._name, state.name, state.reset_at, now)
        said = reply.body[:4096].lower()
        if asked is not None or reply.status == 429 or any(words in said for words in _LIMIT_MET):
            return self._pause.begin("secondary", now + (_WITHOUT_A_WORD if asked is None else asked))
        return None

    async def states(self) -> Sequence[QuotaState]:
        """By resource, as last told."""
        return list(self._states.values())

    def _read(self, headers: Mapping[str, str]) -> QuotaState | None:
        numbers = [headers.get(f"x-ratelimit-{part}", "") for part in ("limit", "remaining", "reset")]
        name = headers.get("x-ratelimit-resource", self._usual)
        if not all(map(_is_count, numbers)) or not (name.replace("_", "").isalnum() and len(name) <= 40):
            return None
        limit, remaining, reset_at = map(float, numbers)
        state = QuotaState(name, limit, remaining, min(reset_at, self._clock() + LONGEST_WAIT))
        if name in self._states or len(self._states) < _MOST_RESOURCES:
            self._states[name] = state
            state.tell(self._host)
        return state


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12

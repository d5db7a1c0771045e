"""Rate limits: requests of the account in a minute, and updates of one ticket by one user in ten minutes.

https://developer.zendesk.com/api-reference/introduction/rate-limits/
"""

from collections import deque
from dataclasses import dataclass

from devkit.simulators.zendesk.responses import ApiError
from devkit.simulators.zendesk.world import World

_MINUTE = 60.0
_TICKET_WINDOW = 600.0


@dataclass
class _Window:
    begun: float
    used: int = 0


class RateLimits:
    """The limits of the account."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._window = _Window(world.clock())
        self._updates: dict[tuple[int, int], deque[float]] = {}

    def take(self) -> None:
        """Count a request.

        Raises:
            ApiError: 429, the account's requests of this minute are used up.
        """
        now = self._world.clock()
        if now - self._window.begun >= _MINUTE:
            self._window = _Window(now)
        if self._window.used >= self._world.switches.requests_per_minute:
            words = b"Number of allowed API requests per minute exceeded"
            raise ApiError(429, words, {"Retry-After": str(self._reset())})
        self._window.used += 1

    def take_update(self, user_id: int, ticket_id: int) -> None:
        """Count an update of a ticket.

        Raises:
            ApiError: 429, the user updated the ticket too often.
        """
        now = self._world.clock()
        updates = self._updates.setdefault((user_id, ticket_id), deque())
        while updates and now - updates[0] >= _TICKET_WINDOW:
            updates.popleft()
        if len(updates) >= self._world.switches.updates_per_ticket:
            words = b"Rate limit for ticket updates exceeded, please wait before updating this ticket again"
            wait = int(_TICKET_WINDOW - (now - updates[0])) + 1 if updates else int(_TICKET_WINDOW)
            raise ApiError(429, words, {"Retry-After": str(wait)})
        updates.append(now)

    def use_up(self) -> None:
        """Leave no request in this minute."""
        self._window = _Window(self._world.clock(), self._world.switches.requests_per_minute)

    def headers(self) -> dict[str, str]:
        """The headers of every response."""
        limit = self._world.switches.requests_per_minute
        left = max(limit - self._window.used, 0)
        return {
            "X-Rate-Limit": str(limit),
            "X-Rate-Limit-Remaining": str(left),
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(self._reset()),
        }

    def _reset(self) -> int:
        return max(int(_MINUTE - (self._world.clock() - self._window.begun)) + 1, 1)

"""Primary rate limits by credential and resource, with the `X-RateLimit-*` headers."""

import time
from dataclasses import dataclass

from devkit.simulators.github.records.accounts import Identity
from devkit.simulators.github.responses import ApiError

WINDOWS = {"core": (5000, 3600), "search": (30, 60), "code_search": (10, 60), "graphql": (5000, 3600)}
"""Requests and seconds of each resource's window for authenticated clients; graphql counts points."""
_ANONYMOUS = {"core": 60, "search": 10, "code_search": 60, "graphql": 0}


@dataclass
class Window:
    """The quota that a credential has used of a resource."""

    limit: int
    used: int
    reset: int

    @property
    def remaining(self) -> int:
        """Requests left until `reset` (seconds since the epoch)."""
        return max(self.limit - self.used, 0)

    def as_json(self) -> dict[str, int]:
        """As /rate_limit shows it."""
        return {"limit": self.limit, "used": self.used, "remaining": self.remaining, "reset": self.reset}


class RateLimits:
    """The windows of every credential."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], Window] = {}

    def window(self, identity: Identity | None, resource: str) -> Window:
        """The current window; a new one if the last has ended."""
        key = (identity.account.login if identity else "", resource)
        window = self._windows.get(key)
        if window is None or window.reset <= time.time():
            limit, seconds = WINDOWS[resource]
            window = Window(limit if identity else _ANONYMOUS[resource], 0, int(time.time()) + seconds)
            self._windows[key] = window
        return window

    def use_up(self, identity: Identity | None, resource: str, remaining: int, seconds: int) -> None:
        """Set the remaining requests and the seconds until the reset."""
        window = self.window(identity, resource)
        window.used, window.reset = window.limit - remaining, int(time.time()) + seconds

    def require(self, identity: Identity | None, resource: str) -> Window:
        """The current window.

        Raises:
            ApiError: 403, the quota is spent.
        """
        window = self.window(identity, resource)
        if not window.remaining:
            who = f"user ID {identity.account.id}" if identity else "127.0.0.1"
            raise ApiError(403, f"API rate limit exceeded for {who}.", headers=headers(window, resource))
        return window


def resource_of(path: str) -> str:
    """The rate limit resource of a path."""
    if path == "/search/code":
        return "code_search"
    if path in ("/graphql", "/api/graphql"):
        return "graphql"
    return "search" if path.startswith("/search/") else "core"


def headers(window: Window, resource: str) -> dict[str, str]:
    """The rate limit headers of a response."""
    return {
        "X-RateLimit-Limit": str(window.limit),
        "X-RateLimit-Remaining": str(window.remaining),
        "X-RateLimit-Reset": str(window.reset),
        "X-RateLimit-Used": str(window.used),
        "X-RateLimit-Resource": resource,
    }

"""Whether the store evicts records when its memory is full, and what a server would lose by it."""

import logging
from collections.abc import Awaitable, Sequence
from typing import Any, Final, Protocol

from redis.exceptions import ResponseError

_logger = logging.getLogger(__name__)

_WANTED: Final = "noeviction"


class _Store(Protocol):
    def information(self) -> Awaitable[Sequence[dict[str, Any]]]: ...

    async def run(self, command: Any, *, name: str) -> Any: ...


class StoreMemory:
    """Reads the store's `maxmemory-policy` once.

    Attributes:
        warning: what is wrong with it, for the health page.
    """

    def __init__(self, store: _Store) -> None:
        self._store = store
        self._kept: list[str] = []
        self._is_known = False
        self.warning: str | None = None

    @property
    def kept(self) -> tuple[str, ...]:
        """What this server keeps in the store and must not lose."""
        return tuple(self._kept)

    def keep(self, what: str) -> None:
        """Name records that must not be lost, such as ``rate limits``."""
        if what not in self._kept:
            self._kept.append(what)

    async def look(self) -> None:
        """Ask the store, unless it answered before.

        Raises:
            Unavailable: it does not answer.
        """
        if self._is_known:
            return
        policy = await self._store.run(self._policy(), name="INFO")
        self._is_known = True
        self.warning = eviction_warning(policy, self.kept)
        if policy is not None and self.warning is not None:
            extra = {"maxmemory_policy": str(policy), "wanted": _WANTED, "lost": ", ".join(self._kept)}
            _logger.warning("store may evict records", extra=extra)

    async def _policy(self) -> Any:
        try:
            policies = [node.get("maxmemory_policy") for node in await self._store.information()]
            return next((policy for policy in policies if policy != _WANTED), _WANTED)
        except ResponseError:  # the operator's access list refuses the command, and the store works
            return None


def eviction_warning(policy: str | None, kept: Sequence[str]) -> str | None:
    """What is wrong with a `maxmemory-policy`; None where it is right.

    Args:
        policy: None where the store does not tell it.
        kept: what would be lost.
    """
    if policy == _WANTED:
        return None
    lost = f" and lose {', '.join(kept)}" if kept else ""
    if policy is None:
        return f"Unknown whether the store may evict records{lost}: it does not allow INFO."
    return f"The store may evict records when its memory is full{lost}. Set maxmemory-policy to {_WANTED}."

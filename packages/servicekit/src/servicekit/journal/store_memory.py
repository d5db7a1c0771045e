"""Whether the store evicts records when its memory is full: then it forgets writes that it should refuse to repeat."""

import logging
from typing import Any, Final

from redis.exceptions import ResponseError

from servicekit.storage.redis import RedisStore

_logger = logging.getLogger(__name__)

_WANTED: Final = "noeviction"


class StoreMemory:
    """Reads the store's `maxmemory-policy` once.

    Attributes:
        warning: what is wrong with it, for the health page.
    """

    def __init__(self, store: RedisStore) -> None:
        self._store = store
        self._is_known = False
        self.warning: str | None = None

    async def look(self) -> None:
        """Ask the store, unless it answered before.

        Raises:
            Unavailable: it does not answer.
        """
        if self._is_known:
            return
        policy = await self._store.run(self._policy(), name="INFO")
        self._is_known = True
        if policy is None:
            self.warning = "Unknown whether the store evicts records: it does not allow INFO."
        elif policy != _WANTED:
            self.warning = f"The store evicts records when its memory is full. Set maxmemory-policy to {_WANTED}."
            _logger.warning("store may evict records", extra={"maxmemory_policy": str(policy), "wanted": _WANTED})

    async def _policy(self) -> Any:
        try:
            return (await self._store.redis.info("memory")).get("maxmemory_policy")
        except ResponseError:  # the operator's access list refuses the command, and the store works
            return None

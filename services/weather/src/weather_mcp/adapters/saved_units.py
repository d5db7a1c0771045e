"""Saved units in the shared store, one entry for each person."""

from pydantic import ValidationError

from servicekit.core import Refused
from servicekit.storage.redis.store import RedisStore
from weather_mcp.adapters.saved_places import key_of
from weather_mcp.models.units import Units, UnitsWithoutChoice


class StoredUnits:
    """Implements `SavedUnits` for the current caller; without a store there are no saved units."""

    def __init__(self, store: RedisStore | None) -> None:
        self._store = store

    async def get(self) -> Units | None:
        """The saved units; None if there are none. Those of another version of this server cannot be read."""
        if self._store is None:
            return None
        content = await self._store.run(self._store.redis.get(self._key()), name="GET")
        try:
            return None if content is None else Units.model_validate_json(content)
        except ValidationError:
            return UnitsWithoutChoice()

    async def save(self, units: Units) -> None:
        """Save the units."""
        if self._store is None:
            raise Refused("This server has no store for saved units. Give `units` with each call.")
        await self._store.run(self._store.redis.set(self._key(), units.model_dump_json()), name="SET")

    def _key(self) -> str:
        return key_of("units")

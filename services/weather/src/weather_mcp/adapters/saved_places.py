"""Saved places in the shared store: one hash a person, so that nobody's key leads to another's."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from pydantic import ValidationError

from servicekit.core import Refused, Unavailable, current_caller
from servicekit.storage.redis import RedisStore
from weather_mcp.models.locations import Place, SavedPlace

_MOST: Final = 50


class StoredPlaces:
    """Saved places of whoever calls. Without a store nobody has any."""

    def __init__(self, store: RedisStore | None) -> None:
        self._store = store

    async def all(self) -> Sequence[SavedPlace]:
        """By label."""
        if self._store is None:
            return []
        entries = await self._store.ask(self._store.redis.hgetall(_key()), name="HGETALL")
        places = {_text(label): _place(content) for label, content in entries.items()}
        return [SavedPlace(label=label, place=place) for label, place in sorted(places.items()) if place is not None]

    async def get(self, label: str) -> Place | None:
        """The place of a label. What is not saved is looked up elsewhere, so a store that is away ends nothing."""
        if self._store is None:
            return None
        try:
            content = await self._store.ask(self._store.redis.hget(_key(), _folded(label)), name="HGET")
        except Unavailable:
            return None
        return _place(content) if content is not None else None

    async def save(self, label: str, place: Place) -> None:
        """Put a place under a label."""
        store, key, label = self._needed(), _key(), _folded(label)
        known = await store.ask(store.redis.hexists(key, label), name="HEXISTS")
        if not known and await store.ask(store.redis.hlen(key), name="HLEN") >= _MOST:
            raise Refused(f"You have saved {_MOST} places, which is the most. Forget one with forget_location first.")
        await store.ask(store.redis.hset(key, label, place.model_dump_json()), name="HSET")

    async def forget(self, label: str) -> bool:
        """Whether there was something to forget."""
        store = self._needed()
        return bool(await store.ask(store.redis.hdel(_key(), _folded(label)), name="HDEL"))

    def _needed(self) -> RedisStore:
        if self._store is None:
            raise Refused("This server has no store, so it can keep nothing. Its operator gives it one (REDIS_URL).")
        return self._store


def _key() -> str:
    """By tenant and person, whatever client they use."""
    caller = current_caller()
    identity = "\x1f".join((caller.tenant or "", caller.subject))
    return f"mcp:{{weather}}:saved:{blake2b(identity.encode(), digest_size=16).hexdigest()}"


def _folded(label: str) -> str:
    return " ".join(label.casefold().split())


def _text(content: bytes | str) -> str:
    return content.decode() if isinstance(content, bytes) else content


def _place(content: bytes | str) -> Place | None:
    try:
        return Place.model_validate_json(content)
    except ValidationError:  # written by another version
        return None

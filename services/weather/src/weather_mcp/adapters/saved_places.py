"""Saved places in the shared store, in one hash for each person."""

import unicodedata
from hashlib import blake2b
from typing import Final

from pydantic import ValidationError

from servicekit.core import Refused, current_caller
from servicekit.schema import Missing
from servicekit.storage.redis.store import RedisStore
from weather_mcp.models.locations import Place, SavedPlace, SavedPlaces

_MOST: Final = 50
_APOSTROPHES: Final = str.maketrans("’ʼ", "''")
_UNREADABLE: Final = "Another version of this server saved it. Save the place again with save_location."


class StoredPlaces:
    """Implements `Saved` for the current caller; without a store there are no saved places."""

    def __init__(self, store: RedisStore | None) -> None:
        self._store = store
        if store is not None:
            store.memory.keep("saved places")

    async def all(self) -> SavedPlaces:
        """All, sorted by label."""
        store = self._needed()
        entries = await store.run(store.redis.hgetall(key_of("saved")), name="HGETALL")
        places = sorted((_text(label), _place(content)) for label, content in entries.items())
        return SavedPlaces(
            saved=[SavedPlace(label=label, place=place) for label, place in places if place is not None],
            missing=[Missing(part=label, reason=_UNREADABLE) for label, place in places if place is None] or None,
        )

    async def get(self, label: str) -> Place | None:
        """The place of a label; None if there is none."""
        if self._store is None:
            return None
        content = await self._store.run(self._store.redis.hget(key_of("saved"), _folded(label)), name="HGET")
        if content is None:
            return None
        if (place := _place(content)) is None:
            raise Refused(f"A place is saved under that label. {_UNREADABLE}")
        return place.model_copy(update={"label": _folded(label)})

    async def save(self, label: str, place: Place) -> None:
        """Save a place under a label."""
        store, key, label = self._needed(), key_of("saved"), _folded(label)
        known = await store.run(store.redis.hexists(key, label), name="HEXISTS")
        if not known and await store.run(store.redis.hlen(key), name="HLEN") >= _MOST:
            raise Refused(f"You have saved {_MOST} places, the maximum. Remove one with forget_location first.")
        await store.run(store.redis.hset(key, label, place.model_dump_json(exclude={"label"})), name="HSET")

    async def forget(self, label: str) -> bool:
        """Remove a label. Returns whether it existed."""
        store = self._needed()
        return bool(await store.run(store.redis.hdel(key_of("saved"), _folded(label)), name="HDEL"))

    def _needed(self) -> RedisStore:
        if self._store is None:
            raise Refused(
                "This server has no store for saved places. Its operator can configure one with WEATHER_REDIS_URL."
            )
        return self._store


def key_of(what: str) -> str:
    """The store's key for what the current person of one tenant saved, shared by their clients."""
    caller = current_caller()
    identity = "\x1f".join((caller.tenant or "", caller.subject))
    return f"mcp:weather:{what}:{blake2b(identity.encode(), digest_size=16).hexdigest()}"


def _folded(label: str) -> str:
    plain = unicodedata.normalize("NFC", label.casefold()).translate(_APOSTROPHES)
    return " ".join(plain.split())


def _text(content: bytes | str) -> str:
    return content.decode() if isinstance(content, bytes) else content


def _place(content: bytes | str) -> Place | None:
    try:
        return Place.model_validate_json(content)
    except ValidationError:  # written by another version
        return None

"""A small service for tests of subscriptions: notes whose changes are announced."""

from typing import Annotated

from pydantic import BaseModel

from servicekit.core.caller import current_tenant
from servicekit.core.errors import Refused
from servicekit.core.identity import ServerIdentity
from servicekit.registry.resources import resource
from servicekit.registry.tools import read
from servicekit.schema.argument_types import Identifier
from servicekit.server.service import Service
from servicekit.settings.service import ServiceSettings
from servicekit.storage.change_feed.feed import ChangeFeed
from servicekit.storage.redis.store import redis_store

from .general_app import app_settings

READ, SECRET = "notes:read", "notes:secret"

NoteId = Annotated[str, Identifier("a note id such as n-1", "n-1", pattern=r"[a-z0-9-]{1,20}", normalise=str.lower)]


class Note(BaseModel):
    """One note."""

    id: str


class Notes:
    """Notes. `touch` stands for any write: it announces, as an adapter does after its commit."""

    def __init__(self, changes: ChangeFeed) -> None:
        self._changes = changes

    async def note(self, note_id: NoteId) -> Note:
        """One note; those that begin with x are not there."""
        if note_id.startswith("x"):
            raise Refused(f"No note {note_id}.")
        return Note(id=note_id)

    async def rules(self) -> str:
        """What may be pinned here. It never changes."""
        return "Be kind."

    async def touch(self, note_id: NoteId) -> str:
        """Say that a note has changed."""
        await self._changes.announce(current_tenant(), f"note://{note_id}")
        return "Announced."


def subscriptions_app(settings: ServiceSettings | None = None, *, name: str = "notes") -> Service:
    """The service, announcing over the store of its settings."""
    settings = settings or app_settings()
    store = redis_store(settings)
    changes = ChangeFeed(name, store)
    rows = Notes(changes)
    return Service(
        settings=settings,
        identity=ServerIdentity(name=name, title="Notes", version="1.0.0", instructions="Keeps notes."),
        store=store,
        change_feed=changes,
        tools=[read(rows.touch, scope=READ)],
        resources=[
            resource("note://{note_id}", rows.note, scope=READ, subscribable=True),
            resource("secret://{note_id}", rows.note, scope=SECRET, subscribable=True),
            resource("notes://rules", rows.rules, scope=READ),
        ],
    )

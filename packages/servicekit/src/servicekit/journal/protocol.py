"""The journal interface: records writes, used confirmations and the audit trail of a service."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from servicekit.audit.cuts import Cut
from servicekit.audit.entry import AuditEntry
from servicekit.audit.heads import Heads
from servicekit.audit.trail import TrailEntry
from servicekit.core.caller import Caller
from servicekit.journal.idempotency_key import Intent
from servicekit.journal.pending import Pending


@dataclass(frozen=True, slots=True)
class RecordedResult:
    """The recorded reply of a write."""

    digest: bytes
    text: str
    structured: dict[str, Any] | None


class Attempt(Protocol):
    """A write in progress. In Postgres, everything until the end of its block commits together or not at all."""

    @property
    def effect_id(self) -> str:
        """The effect id: the same for every attempt at this write."""
        ...

    @property
    def is_uncertain(self) -> bool:
        """The outcome of an earlier attempt is unknown, so the tool must search for its effect."""
        ...

    @property
    def settled_in(self) -> float:
        """Seconds until an earlier attempt with unknown outcome has certainly ended; 0 where it has."""
        ...

    @property
    def earlier(self) -> RecordedResult | None:
        """The recorded reply for the same intent, unless it has expired."""
        ...

    async def consume(self, nonce: str) -> bool:
        """Mark a confirmation as used. False if it was used before."""
        ...

    async def record(self, recorded: RecordedResult, entry: AuditEntry) -> None:
        """Store the reply and the audit entry, in one transaction with the effect if possible."""
        ...


class Journal(Protocol):
    """Stores the writes and the audit trail of a service; a component of its health."""

    @property
    def name(self) -> str:
        """The name on the health page."""
        ...

    async def start(self) -> None: ...

    async def stop(self) -> None:
        """Write queued entries."""
        ...

    async def check(self) -> None:
        """Raise if the journal does not work."""
        ...

    def attempt(self, intent: Intent, *, recoverable: bool) -> AbstractAsyncContextManager[Attempt]:
        """Begin a write. A second attempt with the same intent waits for the first.

        Args:
            recoverable: the tool can find the effect of an attempt with unknown outcome, so it may be tried again.
        """
        ...

    async def keep_pending(self, caller: Caller, code: str, content: str) -> bool:
        """Store what a code stands for, for this caller. False if the caller has this code already.

        Raises:
            Unavailable: it was not stored.
        """
        ...

    async def find_pending(self, caller: Caller, code: str) -> Pending | None:
        """What a code of this caller stands for. None, and a wrong code counted, where the caller has no such code.

        Raises:
            TooManyWrongCodes: the code was not looked up.
        """
        ...

    def note(self, entry: AuditEntry) -> None:
        """Record a call that changed nothing, in order and without delaying it."""
        ...

    async def calls_of(
        self, tenant: str, subject: str, count: int, before: tuple[Any, ...] | None
    ) -> Sequence[tuple[str, AuditEntry]]:
        """The latest entries of a user, newest first, with their positions in the trail.

        Args:
            before: time (ISO 8601) and position of the entry after which the list continues.
        """
        ...

    @property
    def heads(self) -> Heads:
        """What this process wrote, to be anchored."""
        ...

    def trail(self, since: datetime | None = None, until: datetime | None = None) -> AsyncIterator[TrailEntry]:
        """Every entry, chain by chain, in the order of its chain.

        Args:
            since, until: entries from `since` on and before `until` are wanted; the journal may leave out others.
        """
        ...

    def latest(self, count: int) -> AsyncIterator[TrailEntry]:
        """The latest `count` entries, oldest first."""
        ...

    async def cuts(self) -> Sequence[Cut]:
        """What retention removed."""
        ...

"""The journal of a service: what the pipeline asks of whatever keeps its writes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from servicekit.journal.idempotency_key import Intent


@dataclass(frozen=True, slots=True)
class RecordedResult:
    """A reply that was given before."""

    digest: bytes
    text: str
    structured: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One call, for the record.

    Attributes:
        details: everything else that is told: arguments (redacted), duration, trace id, idempotency key, confirmation.
    """

    at: datetime
    tenant: str
    subject: str
    client_id: str
    auth_method: str
    operation: str
    outcome: str
    details: dict[str, Any] = field(default_factory=dict[str, Any])


class Attempt(Protocol):
    """One write under way: everything done until the end of its block commits together, or not at all."""

    @property
    def marker(self) -> str:
        """The mark that this write, and every attempt at it, leaves in what it makes elsewhere."""
        ...

    @property
    def is_unsure(self) -> bool:
        """An earlier attempt began and never said how it ended; what it did has to be looked for."""
        ...

    @property
    def earlier(self) -> RecordedResult | None:
        """The reply recorded for the same intent, if it still counts."""
        ...

    async def consume(self, nonce: str) -> bool:
        """Use a consent up. False where it was used before."""
        ...

    async def record(self, recorded: RecordedResult, entry: AuditEntry) -> None:
        """Keep the reply and the audit entry, with the effect."""
        ...


class Journal(Protocol):
    """Where a service keeps its writes and its audit trail."""

    @property
    def name(self) -> str:
        """The word for it on the health page."""
        ...

    async def start(self) -> None:
        """Begin."""
        ...

    async def stop(self) -> None:
        """Write down what is still waiting."""
        ...

    async def check(self) -> None:
        """Return when it works; raise when it does not."""
        ...

    def attempt(self, intent: Intent, *, recoverable: bool = False) -> AbstractAsyncContextManager[Attempt]:
        """Begin a write. A second one with the same intent waits for the first.

        Args:
            recoverable: what an attempt did that never said how it ended can be found, so another one may follow it.
        """
        ...

    def note(self, entry: AuditEntry) -> None:
        """Record a call that changed nothing: soon, in order, without holding it up."""
        ...

    async def actions(
        self, tenant: str, subject: str, count: int, before: int | None
    ) -> Sequence[tuple[int, AuditEntry]]:
        """The latest entries of one person, newest first, with their numbers."""
        ...

    def trail(self) -> AsyncIterator[tuple[str, int, str, bytes, bytes]]:
        """Every entry as written, in the order of its chain: chain, number, text, hash of the one before, own hash."""
        ...

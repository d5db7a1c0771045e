"""The journal of a server that has nowhere to keep one: nothing is written, and nothing is recorded."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

from servicekit.core.errors import Refused
from servicekit.journal.audit_file import AuditFile
from servicekit.journal.idempotency_key import Intent
from servicekit.journal.protocol import Attempt, AuditEntry, Journal
from servicekit.journal.redis import RedisJournal
from servicekit.storage.redis import RedisStore

_NOWHERE: Final = (
    "This server only reads: it was given no store and no audit file (REDIS_URL, AUDIT_FILE) to record writes in. Its "
    "operator can change that."
)


class DisabledJournal:
    """Refuses every write.

    Args:
        audit: an existing trail, to be read only.
    """

    name = "journal"
    essential = False

    def __init__(self, audit: AuditFile | None = None) -> None:
        self._audit = audit

    async def start(self) -> None:
        """Nothing."""

    async def stop(self) -> None:
        """Nothing."""

    async def check(self) -> None:
        """Nothing that could be away."""

    def attempt(self, intent: Intent, *, recoverable: bool = False) -> AbstractAsyncContextManager[Attempt]:  # noqa: ARG002
        """Refuse it.

        Raises:
            Refused: always. What cannot be recorded does not happen.
        """
        raise Refused(_NOWHERE)

    def note(self, entry: AuditEntry) -> None:
        """Forget it."""

    async def actions(self, *_: object) -> Sequence[tuple[int, AuditEntry]]:
        """None are known."""
        return ()

    async def trail(self) -> AsyncIterator[tuple[str, int, str, bytes, bytes]]:
        """Every entry as written."""
        if self._audit is not None:
            async for entry in self._audit.trail():
                yield entry


def journal_for(service: str, store: RedisStore | None, audit_file: Path | None) -> Journal:
    """The journal of a service without a database: in the store and a file, where it was given both."""
    if store is None or audit_file is None:
        return DisabledJournal()
    return RedisJournal(service, store, AuditFile(audit_file))


def file_trail(audit_file: Path) -> Journal:
    """A trail as its file has it, to be checked and read beside the server that writes it."""
    return DisabledJournal(AuditFile(audit_file))

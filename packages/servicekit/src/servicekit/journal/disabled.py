"""The disabled journal, for a server without a store or an audit file. It refuses writes."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Final

from servicekit.audit.anchor_keys import anchor_keys_of
from servicekit.audit.cuts import Cut
from servicekit.audit.entry import AuditEntry
from servicekit.audit.file import AuditFile
from servicekit.audit.file_retention import Retention
from servicekit.audit.file_set import FileSet
from servicekit.audit.file_trail import FileTrail
from servicekit.audit.heads import Heads
from servicekit.audit.trail import TrailEntry
from servicekit.core.caller import Caller
from servicekit.core.errors import Refused
from servicekit.journal.idempotency_key import Intent
from servicekit.journal.pending import Pending
from servicekit.journal.protocol import Attempt, Journal
from servicekit.journal.redis import RedisJournal
from servicekit.journal.store_epoch import StoreEpoch
from servicekit.settings.audit_file import AuditFileSettings
from servicekit.storage.redis.store import RedisStore

_logger = logging.getLogger(__name__)

_DISABLED: Final = (
    "This server only reads: it has no store and audit file to record writes. Its operator can set REDIS_URL and "
    "AUDIT_FILE."
)


class DisabledJournal:
    """Refuses writes and records nothing.

    Args:
        audit: the files of an existing trail, to be read.
    """

    name = "journal"
    needed_for = ()

    def __init__(self, audit: FileTrail | None = None) -> None:
        self._audit = audit
        self.heads: Final = Heads()

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def check(self) -> None:
        pass

    def attempt(self, intent: Intent, *, recoverable: bool) -> AbstractAsyncContextManager[Attempt]:  # noqa: ARG002
        """Refuse the write.

        Raises:
            Refused: always, since the write could not be recorded.
        """
        raise Refused(_DISABLED)

    async def keep_pending(self, caller: Caller, code: str, content: str) -> bool:  # noqa: ARG002
        """Refuse: a write does not come as far."""
        raise Refused(_DISABLED)

    async def find_pending(self, caller: Caller, code: str) -> Pending | None:  # noqa: ARG002
        return None

    def note(self, entry: AuditEntry) -> None:
        pass

    async def calls_of(self, *_: object) -> Sequence[tuple[str, AuditEntry]]:
        return ()

    async def trail(self, since: datetime | None = None, until: datetime | None = None) -> AsyncIterator[TrailEntry]:
        if self._audit is not None:
            async for entry in self._audit.trail(since, until):
                yield entry

    async def latest(self, count: int) -> AsyncIterator[TrailEntry]:
        if self._audit is not None:
            async for entry in self._audit.latest(count):
                yield entry

    async def cuts(self) -> Sequence[Cut]:
        return await self._audit.cuts() if self._audit is not None else ()


def audit_file_of(settings: AuditFileSettings) -> AuditFile | None:
    """The audit file of a process, if one is configured."""
    if settings.audit_file is None:
        return None
    return AuditFile(
        settings.audit_file,
        max_bytes=settings.audit_file_max_bytes,
        retention=Retention(settings.audit_retention_days, settings.audit_file_max_total),
        keys=anchor_keys_of(settings),
    )


def journal_for(
    service: str, store: RedisStore | None, audit: AuditFile | None, epoch: StoreEpoch | None = None
) -> Journal:
    """The journal of a service without a database: in Redis and a file if both are configured, else disabled.

    Args:
        epoch: what this replica knows of the store, where the service uses it as well.
    """
    if store is None and audit is not None:
        _logger.warning("audit file not used", extra={"file": str(audit.path), "reason": "REDIS_URL is not set"})
    if store is None or audit is None:
        return DisabledJournal()
    return RedisJournal(service, store, audit, epoch or StoreEpoch(service, store, audit.path))


def file_trail(audit_file: Path) -> Journal:
    """An audit file opened for reading, also while the server writes to it."""
    return DisabledJournal(FileTrail(FileSet(audit_file)))

"""The audit trail of a service without a database, for the commands: opened for reading, and shortened."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from servicekit.audit.anchor_keys import AnchorKeys
from servicekit.cli.audit import OpenJournal, Prune
from servicekit.cli.ending import fail
from servicekit.journal.protocol import Journal
from servicekit.settings.audit_file import AuditFileSettings
from servicekit.settings.loading import load

# What a server with a database does not need is imported in the functions.


def audit_file_opener(settings_type: type[AuditFileSettings]) -> OpenJournal:
    """A function that opens the audit files of a service, also while the service runs."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Journal]:
        from servicekit.journal.disabled import file_trail

        yield file_trail(_path(load(settings_type)))

    return opened


def audit_file_pruner(settings_type: type[AuditFileSettings]) -> Prune:
    """A function that removes old audit files, also while the service runs. The newest file stays."""

    async def pruned(before: datetime | None, keys: AnchorKeys | None) -> list[str]:
        from servicekit.audit.file_retention import Retention, prune
        from servicekit.audit.file_set import FileSet

        settings, now = load(settings_type), datetime.now(UTC)
        retention = Retention(settings.audit_retention_days, settings.audit_file_max_total)
        if before is None and retention == Retention():
            fail("Give --before, or set AUDIT_RETENTION_DAYS or AUDIT_FILE_MAX_TOTAL: all entries are kept.")
        max_older = retention.max_older(settings.audit_file_max_bytes) if before is None else None
        cut = prune(FileSet(_path(settings)), before or retention.before(now), max_older, keys, now)
        signed = "signed" if keys is not None else "not signed: AUDIT_ANCHOR_KEYS is not set"
        return [f"Removed {cut.chain} up to #{cut.number}; the cut is {signed}."] if cut is not None else []

    return pruned


def _path(settings: AuditFileSettings) -> Path:
    from servicekit.audit.file_set import FileSet

    file = settings.audit_file
    if file is None or not (file.exists() or FileSet(file).older()):
        variable = f"{settings.model_config.get('env_prefix', '')}AUDIT_FILE"
        fail(f"{variable} names no existing file. Set it to the service's audit file.")
    return file

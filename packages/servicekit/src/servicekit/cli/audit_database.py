"""The audit trail of a service with a database, for the commands: opened for reading, and shortened, as the owner."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from servicekit.audit.anchor_keys import AnchorKeys
from servicekit.cli.audit import Prune
from servicekit.cli.ending import fail
from servicekit.core.errors import NotReady
from servicekit.settings.database import DatabaseSettings
from servicekit.settings.loading import load

if TYPE_CHECKING:
    from servicekit.storage.postgres.login.address import DatabaseAddress


def audit_database_pruner(
    owner: "Callable[[], DatabaseAddress]", schema: str, settings_type: type[DatabaseSettings]
) -> Prune:
    """A function that removes the months of the audit log that ended before a time, also while the service runs."""

    async def pruned(before: datetime | None, keys: AnchorKeys | None) -> list[str]:
        from servicekit.audit.postgres_prune import prune  # a server without a database does not load its driver

        days = load(settings_type).audit_retention_days
        if before is None and days is None:
            fail("Give --before, or set AUDIT_RETENTION_DAYS: all entries are kept.")
        end = before or datetime.now(UTC) - timedelta(days=days or 0)
        try:
            cuts = await prune(owner(), schema, end, keys)
        except NotReady as error:
            fail(str(error))
        signed = "signed" if keys is not None else "not signed: AUDIT_ANCHOR_KEYS is not set"
        return [f"Removed {cut.chain} up to #{cut.number}; the cut is {signed}." for cut in cuts]

    return pruned

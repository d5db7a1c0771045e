"""Deletes what the Postgres journal no longer needs: replies, confirmations and wrong codes past their lifetime.

Each replica calls a function of the tables' owner (`expiry_function`) now and then, in small transactions. An advisory
lock lets one replica at a time work. What a stopped replica did not delete, the next call of any replica does.
"""

import asyncio
import logging
from typing import Final

from servicekit.journal.expiry_function import EXPIRING
from servicekit.storage.postgres.database import Database
from servicekit.telemetry.instruments import journal_expired

_logger = logging.getLogger(__name__)

BATCH: Final = 1000
"""Rows of each table in one transaction, which takes milliseconds, so that no lock is held for long."""
_PAUSE: Final = 0.05  # seconds between transactions, so that a large backlog leaves the database to the calls
_DELETE: Final = "SELECT expired_in, removed FROM {schema}.delete_expired($1)"


class Expiry:
    """Deletes the expired rows of one service's journal, of every tenant.

    Args:
        database: the pool of the writer role, which may run the function.
        schema: the schema of the tables.
    """

    def __init__(self, database: Database, schema: str) -> None:
        self._database = database
        self._statement = _DELETE.replace("{schema}", schema)

    def initialise_series(self) -> None:
        """Count from zero: a rate over a series that begins with its first event does not see that event."""
        for expiring in EXPIRING:
            journal_expired.add(0, {"table": expiring.table})

    async def delete(self, batch: int = BATCH) -> dict[str, int]:
        """Delete all expired rows, unless another replica is at it.

        Args:
            batch: rows of each table in one transaction.

        Returns:
            How many rows of each table were deleted.

        Raises:
            Unavailable: the database is unavailable; earlier batches stay deleted.
        """
        total: dict[str, int] = {}
        try:
            while removed := await self._delete_batch(batch):
                for table, count in removed.items():
                    total[table] = total.get(table, 0) + count
                if max(removed.values()) < batch:
                    break
                await asyncio.sleep(_PAUSE)
        finally:
            self._report(total)
        return total

    async def _delete_batch(self, batch: int) -> dict[str, int]:
        """Deleted rows by table; nothing if another replica has the lock."""
        async with self._database.without_tenant() as connection:
            rows = await connection.fetch(self._statement, batch)
        return {row["expired_in"]: row["removed"] for row in rows}

    @staticmethod
    def _report(total: dict[str, int]) -> None:
        found = {table: count for table, count in total.items() if count}
        for table, count in found.items():
            journal_expired.add(count, {"table": table})
        if found:
            _logger.info("expired rows deleted", extra=found)

"""The ports on Postgres. Row-level security limits each statement to the caller's tenant."""

from collections.abc import Sequence

from billing_mcp.models.invoices import Invoice, InvoiceStatus
from servicekit.storage.postgres.database import Database
from servicekit.storage.search_terms import LAST_CHARACTER, fold
from servicekit.storage.where_clause import WhereClause

_SELECT = """
SELECT 'invoice-' || number AS id, title, status, created_at, archived_at, version
FROM billing.invoices
"""
_GET = f"{_SELECT} WHERE number = $1"
_LOCK = f"{_GET} FOR UPDATE"
_ARCHIVE = """
UPDATE billing.invoices
SET status = 'archived', archived_at = clock_timestamp(), version = version + 1
WHERE number = $1 AND status = 'open'
RETURNING 'invoice-' || number AS id, title, status, created_at, archived_at, version
"""


class PostgresInvoices:
    """`Invoices` and `InvoiceWriter` on one `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def search(
        self, beginning: str | None, status: InvoiceStatus | None, count: int, before: int | None
    ) -> Sequence[Invoice]:
        conditions = WhereClause()
        if beginning:
            # A range of the folded title, which an index has: LIKE cannot use one under row-level security (ADR 0003).
            first = fold(beginning).strip()
            conditions.add("title_key >= {} AND title_key <= {}", first, first + LAST_CHARACTER)
        if status:
            conditions.add("status = {}", status)
        if before is not None:
            conditions.add("number < {}", before)
        page = f" ORDER BY number DESC LIMIT {conditions.bind(count)}"
        rows = await self._database.fetch("".join((_SELECT, conditions.where(), page)), *conditions.values)
        return [Invoice(**row) for row in rows]

    async def get(self, number: int) -> Invoice | None:
        row = await self._database.fetchrow(_GET, number)
        return None if row is None else Invoice(**row)

    async def lock(self, number: int) -> Invoice | None:
        row = await self._database.fetchrow(_LOCK, number)
        return None if row is None else Invoice(**row)

    async def archive(self, number: int) -> Invoice:
        """Archive a locked invoice.

        Raises:
            LookupError: it is archived already, because the caller did not lock it.
        """
        row = await self._database.fetchrow(_ARCHIVE, number)
        if row is None:
            raise LookupError(f"no open invoice {number}")
        return Invoice(**row)

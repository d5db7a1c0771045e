"""The audit log in Postgres: chains in lanes, so that concurrent writes do not wait for each other (ADR 0014).

A connection remembers the lane that it wrote to, and the head of its chain. So an entry is one INSERT, without a query
for the head, in the same round trip as the reply of its write. The primary key keeps a chain from forking: where
another connection has continued it, or has its lock until it commits, the entry goes to another lane.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any, Final, NamedTuple

from asyncpg.pool import PoolConnectionProxy

from servicekit.audit.entry import AuditEntry
from servicekit.audit.hash_chain import entry_hash
from servicekit.audit.heads import Heads
from servicekit.audit.postgres_trail import chain_name
from servicekit.audit.tables import LOCKS
from servicekit.storage.postgres.database import Database
from servicekit.telemetry.instruments import audit_lane_wait, audit_written

_REMEMBERED: Final = 100  # lanes that a connection remembers

_INSERT = """
INSERT INTO {schema}.audit_log (number, at, month, lane, tenant_id, subject, entry, previous, hash)
SELECT {parameters} WHERE pg_try_advisory_xact_lock({locks}, hashtext({chain})){head} ON CONFLICT DO NOTHING
RETURNING true
"""
# A connection through a pooler outlives the failover to a server that has lost the latest commits, with its memory.
_HEAD_EXISTS = """ AND EXISTS (
    SELECT FROM {schema}.audit_log AS head WHERE head.month = {month} AND head.tenant_id = {tenant}
    AND head.lane = {lane} AND head.number = {number} - 1 AND head.hash = {previous}
)"""
_COLUMNS: Final = {
    "number": "bigint",
    "at": "timestamptz",
    "month": "date",
    "lane": "smallint",
    "tenant": "text",
    "subject": "text",
    "entry": "text",
    "previous": "bytea",
    "hash": "bytea",
}
_APPEND = "SELECT appended.* FROM {recorded} {schema}.append_audit({parameters}) AS appended"
_lane_wait: Final = audit_lane_wait.series({})
_MAKE_MONTHS = """
SELECT {schema}.make_audit_month(current_date), {schema}.make_audit_month((current_date + interval '1 month')::date)
"""


class _Lane(NamedTuple):
    """A lane with the head of its chain."""

    lane: int
    number: int
    own: bytes


class AuditLog:
    """Appends to the audit log of a service's schema.

    Args:
        database: the pool of the writer role.
        schema: the schema of the tables.
    """

    def __init__(self, database: Database, schema: str) -> None:
        self._database = database
        self._schema = schema
        self.heads: Final = Heads()

    async def append(
        self, connection: "PoolConnectionProxy[Any]", tenant: str, entries: Sequence[tuple[AuditEntry, str]]
    ) -> None:
        """Append entries with their texts, inside the caller's transaction: those of a month to one lane, in order."""
        in_order = sorted(entries, key=lambda entry: _month_of(entry[0]))
        for month, of_month in groupby(in_order, key=lambda entry: _month_of(entry[0])):
            await self._append(connection, tenant, month, list(of_month))

    async def append_after(
        self,
        connection: "PoolConnectionProxy[Any]",
        statement: str,
        arguments: Sequence[Any],
        tenant: str,
        entry: AuditEntry,
        text: str,
    ) -> None:
        """Run a statement and append an entry in one round trip, inside the caller's transaction.

        Args:
            statement: an INSERT that returns one row. Its parameters are `arguments`.
        """
        month = _month_of(entry)
        known: _Lane | None = connection.remembered.get((tenant, month))  # type: ignore[attr-defined]  # our class
        if known is None:
            with _measured_wait():
                await self._append(connection, tenant, month, [(entry, text)], statement, arguments)
            return
        lane, number = known.lane, known.number + 1
        chain = chain_name(tenant, month, lane)
        own = entry_hash(known.own, chain, number, text)
        inserted = await connection.fetchval(
            _insert_after(self._schema, statement, len(arguments), look_for_head=connection.is_shared),  # type: ignore[attr-defined]
            *arguments,
            *(number, entry.at, month, lane, tenant, entry.subject, text, known.own, own, chain),
        )
        if inserted:
            await self._remember_after_commit(connection, tenant, month, _Lane(lane, number, own))
            audit_written.add(len(text.encode()))
        else:  # another connection has continued the chain, or is about to
            del connection.remembered[tenant, month]  # type: ignore[attr-defined]
            with _measured_wait():
                await self._append(connection, tenant, month, [(entry, text)])

    async def _append(
        self,
        connection: "PoolConnectionProxy[Any]",
        tenant: str,
        month: date,
        entries: Sequence[tuple[AuditEntry, str]],
        statement: str = "",
        arguments: Sequence[Any] = (),
    ) -> None:
        """Append entries of one month, after the head as the database has it."""
        known: _Lane | None = connection.remembered.get((tenant, month))  # type: ignore[attr-defined]
        row: Any = await connection.fetchrow(
            _append_after(self._schema, statement, len(arguments)),
            *arguments,
            *(tenant, month),
            [entry.at for entry, _ in entries],
            [entry.subject for entry, _ in entries],
            [text for _, text in entries],
            known.lane if known is not None else None,
        )
        await self._remember_after_commit(connection, tenant, month, _Lane(*row))
        audit_written.add(sum(len(text.encode()) for _, text in entries))

    async def _remember_after_commit(
        self, connection: "PoolConnectionProxy[Any]", tenant: str, month: date, lane: _Lane
    ) -> None:
        """Note a new head, once it is durable."""
        remembered: dict[Any, Any] = connection.remembered  # type: ignore[attr-defined]

        async def remember() -> None:
            if len(remembered) >= _REMEMBERED:
                remembered.clear()
            remembered[tenant, month] = lane
            self.heads.advanced(chain_name(tenant, month, lane.lane), lane.number, lane.own)

        await self._database.after_commit(remember)

    async def make_months(self) -> None:
        """Make the partitions of this month and the next one, so that no write has to."""
        async with self._database.without_tenant() as connection:
            await connection.execute(_MAKE_MONTHS.format(schema=self._schema))


@contextmanager
def _measured_wait() -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        _lane_wait.record(time.perf_counter() - began)


def _month_of(entry: AuditEntry) -> date:
    """The first day of the month of an entry, whose time is in UTC."""
    return date(entry.at.year, entry.at.month, 1)


def _parameters(first: int, count: int) -> str:
    return ", ".join(f"${number}" for number in range(first, first + count))


@lru_cache(maxsize=16)
def _insert_after(schema: str, statement: str, parameters: int, *, look_for_head: bool) -> str:
    values = {name: f"${place}::{kind}" for place, (name, kind) in enumerate(_COLUMNS.items(), start=parameters + 1)}
    insert = _INSERT.format(
        schema=schema,
        parameters=", ".join(values.values()),
        locks=LOCKS,
        chain=f"${parameters + 1 + len(values)}",
        head=_HEAD_EXISTS.format(schema=schema, **values) if look_for_head else "",
    )
    return f"WITH recorded AS ({statement}) {insert}"


@lru_cache(maxsize=16)
def _append_after(schema: str, statement: str, parameters: int) -> str:
    """`append_audit`, after a statement if there is one."""
    first, recorded = (f"WITH recorded AS ({statement}) ", "recorded,") if statement else ("", "")
    return first + _APPEND.format(schema=schema, recorded=recorded, parameters=_parameters(parameters + 1, 6))

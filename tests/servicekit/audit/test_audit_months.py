"""The log is read across lanes and months, retention removes whole months, and migrations move every entry."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from servicekit.audit.anchor_keys import AnchorKeys
from servicekit.audit.hash_chain import Verification, verify
from servicekit.audit.postgres import AuditLog
from servicekit.audit.postgres_prune import prune
from servicekit.audit.postgres_trail import ACTIONS, TRAIL, PostgresTrail, audit_sql
from servicekit.audit.tables import drop_lanes_statements, lanes_statements
from servicekit.core.caller import acting_as
from servicekit.core.errors import NotReady
from servicekit.journal.postgres import audit_trail
from servicekit.storage.postgres.database import Database
from servicekit.testing.service import caller
from tests.servicekit.apps.writes_app import SCHEMA
from tests.servicekit.apps.writes_database import WritesDatabase, until

from .audit_entries import append, entries, writer

pytestmark = pytest.mark.usefixtures("filled")

KEYS = AnchorKeys(["k" * 32])
Filled = tuple[Database, PostgresTrail]


@pytest.fixture
async def filled(writes: WritesDatabase) -> AsyncIterator[Filled]:
    """Ann's 24 calls in three months and two lanes of each, six of each of two other users, at the same times."""
    async with writer(writes) as one, writer(writes) as other:
        for month in (1, 2, 3):
            await writes.rows("SELECT {schema}.make_audit_month($1)", date(2026, month, 1))  # it would lock the other
            at = datetime(2026, month, 3, tzinfo=UTC)
            bob = entries(2, at=at + timedelta(milliseconds=10), subject="bob")
            await append_to_two_lanes((one, other), [[*entries(4, at=at, number=half), *bob] for half in range(2)])
            await append_to_two_lanes((one, other), [entries(2, at=at, tenant="globex")] * 2, "globex")
        yield one[0], PostgresTrail(one[0], SCHEMA)


async def append_to_two_lanes(
    replicas: Sequence[tuple[Database, AuditLog]], batches: Sequence[Any], tenant: str = "acme"
) -> None:
    """Append a batch at each of two replicas. The second finds the lane of the first locked, and takes another."""
    async with replicas[0][0].tenant_transaction(tenant) as connection:
        await replicas[0][1].append(connection, tenant, batches[0])
        await append(replicas[1], batches[1], tenant)


async def verdict(writes: WritesDatabase, keys: AnchorKeys = KEYS) -> Verification:
    async with audit_trail(writes.urls.owner, SCHEMA) as journal:
        return await verify(journal.trail(), await journal.cuts(), keys)


async def test_pages_of_actions_cross_lanes_and_months(filled: Filled) -> None:
    seen: list[tuple[datetime, str]] = []
    before: tuple[Any, ...] | None = None
    with acting_as(caller()):
        while page := await filled[1].calls_of("acme", "ann", 5, before):
            seen += [(entry.at, place) for place, entry in page]
            before = (seen[-1][0].isoformat(), seen[-1][1])
    assert len({place for _, place in seen}) == 24
    assert [at for at, _ in seen] == sorted((at for at, _ in seen), reverse=True)


async def test_actions_that_come_meanwhile_move_no_page(writes: WritesDatabase, filled: Filled) -> None:
    with acting_as(caller()):
        first = await filled[1].calls_of("acme", "ann", 5, None)
        before = (first[-1][1].at.isoformat(), first[-1][0])
        rest = await filled[1].calls_of("acme", "ann", 50, before)
        async with writer(writes) as log:
            await append(log, entries(3, at=datetime(2026, 4, 1, tzinfo=UTC)))
        assert [place for place, _ in await filled[1].calls_of("acme", "ann", 50, before)] == [p for p, _ in rest]


async def test_the_latest_entries_are_those_of_all_lanes(writes: WritesDatabase) -> None:
    async with audit_trail(writes.urls.owner, SCHEMA) as journal:
        every = sorted([entry async for entry in journal.trail()], key=lambda entry: json.loads(entry.text)["at"])
        for count in (1, 7, 20, 40, 100):
            found = [json.loads(entry.text)["at"] async for entry in journal.latest(count)]
            assert found == [json.loads(entry.text)["at"] for entry in every][-count:]


async def test_a_part_of_the_trail_is_read_by_month(writes: WritesDatabase) -> None:
    async with audit_trail(writes.urls.owner, SCHEMA) as journal:
        february = datetime(2026, 2, 15, tzinfo=UTC)
        months = {entry.chain.split("/")[1] async for entry in journal.trail(february, february)}
    assert months == {"2026-02"}


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", []) for node in nodes(part))]


async def plan_of(connection: Any, query: str, *arguments: Any) -> list[dict[str, Any]]:
    (plan,) = json.loads(await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", *arguments))
    return nodes(plan["Plan"])


async def test_actions_are_found_in_the_index_of_few_months(writes: WritesDatabase) -> None:
    connection = await asyncpg.connect(writes.urls.writer, server_settings={"app.tenant": "acme"})
    await connection.execute("SET enable_seqscan = off")  # the tables are tiny
    month = datetime(2026, 2, 1, tzinfo=UTC).date()
    at = datetime(2026, 2, 28, tzinfo=UTC)
    plan = await plan_of(connection, audit_sql(ACTIONS, SCHEMA), "acme", "ann", month, at, 0, 0, 5)
    read = {node["Relation Name"] for node in plan if "Relation Name" in node and node["Actual Loops"]}
    assert read == {"audit_log_2026_02"}
    assert [node["Node Type"] for node in plan if "Sort" in node["Node Type"]] == []
    await connection.close()


async def test_the_trail_is_read_in_order_without_a_sort(writes: WritesDatabase) -> None:
    connection = await asyncpg.connect(writes.urls.owner)
    await connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
    day = datetime(2026, 2, 1, tzinfo=UTC).date()
    plan = await plan_of(connection, audit_sql(TRAIL, SCHEMA), day, day + timedelta(days=40))
    assert {node["Node Type"] for node in plan} == {"Append", "Index Scan"}
    assert {node.get("Relation Name") for node in plan} == {None, "audit_log_2026_02", "audit_log_2026_03"}
    await connection.close()


async def test_retention_removes_whole_months_with_signed_cuts(writes: WritesDatabase) -> None:
    before = await verdict(writes)
    cuts = await prune(writes.urls.owner, SCHEMA, datetime(2026, 3, 31, tzinfo=UTC), KEYS)
    assert {cut.chain.split("/")[1] for cut in cuts} == {"2026-01", "2026-02"}
    assert all(cut.is_signed(KEYS) and before.heads[cut.chain] == cut.own.hex() for cut in cuts)
    after = await verdict(writes)
    assert (after.problems, {chain.split("/")[1] for chain in after.heads}) == ([], {"2026-03"})
    assert await prune(writes.urls.owner, SCHEMA, datetime(2026, 3, 31, tzinfo=UTC), KEYS) == []


@pytest.mark.parametrize("day", ["0005-01-01 BC", "9999-12-01", "10000-01-01"])
async def test_no_month_is_made_that_has_no_name(writes: WritesDatabase, day: str) -> None:
    with pytest.raises(asyncpg.RaiseError, match="has no month"):
        await writes.rows(f"SELECT {SCHEMA}.make_audit_month('{day}')")


async def test_a_chain_continues_after_its_cut(writes: WritesDatabase, filled: Filled) -> None:
    cuts = await prune(writes.urls.owner, SCHEMA, datetime(2026, 2, 1, tzinfo=UTC), KEYS)
    cut = next(cut for cut in cuts if cut.chain.startswith("acme/"))
    ((entry, text),) = entries(at=datetime(2026, 1, 9, tzinfo=UTC))
    async with filled[0].tenant_transaction("acme") as connection:
        query = "SELECT accounts.append_audit('acme', '2026-01-01', $1, '{ann}', $2, $3)"
        await connection.execute(query, [entry.at], [text], int(cut.chain.rpartition("/")[2]))
    found = await verdict(writes)
    assert found.problems == []
    assert cut.chain in found.heads
    forged = await verdict(writes, AnchorKeys(["f" * 32]))
    assert [line for line in forged.problems if cut.chain in line] != []
    await writes.rows("UPDATE {schema}.audit_cuts SET hash = sha256('')")
    assert [line for line in (await verdict(writes)).problems if cut.chain in line] != []


async def test_retention_waits_for_no_reader(writes: WritesDatabase) -> None:
    reader = await asyncpg.connect(writes.urls.owner)
    async with reader.transaction():
        await reader.fetchval(f"SELECT count(*) FROM {SCHEMA}.audit_log")
        with pytest.raises(NotReady, match="is being read"):
            await prune(writes.urls.owner, SCHEMA, datetime(2026, 2, 1, tzinfo=UTC), KEYS)
    await reader.close()
    assert (await verdict(writes)).entries == 48
    assert await prune(writes.urls.owner, SCHEMA, datetime(2026, 2, 1, tzinfo=UTC), KEYS) != []


async def test_retention_counts_an_entry_that_is_about_to_commit(writes: WritesDatabase) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'accounts.audit_log_2026_01'::regclass"

    async def retention_waits() -> bool:
        return bool((await writes.rows(waiting))[0][0] == 1)

    async with writer(writes) as log, log[0].tenant_transaction("acme") as connection:
        await log[1].append(connection, "acme", entries(at=datetime(2026, 1, 9, tzinfo=UTC)))
        pruning = asyncio.create_task(prune(writes.urls.owner, SCHEMA, datetime(2026, 2, 1, tzinfo=UTC), KEYS))
        await until(retention_waits)
    cuts = await pruning
    assert sum(cut.number for cut in cuts) == 17


async def execute(url: str, statements: Sequence[str]) -> None:
    owner = await asyncpg.connect(url)
    async with owner.transaction():
        for statement in statements:
            await owner.execute(statement)
    await owner.close()


async def single_chains(writes: WritesDatabase) -> list[str]:
    """What is wrong in the log with one chain per tenant."""
    rows = await writes.rows("SELECT * FROM {schema}.audit_log ORDER BY tenant_id, number")
    found, head, tenant = [], bytes(32), None
    for number, row in enumerate(rows):
        if row["tenant_id"] != tenant:
            tenant, head, first = row["tenant_id"], bytes(32), number
        parts = (row["previous"], row["tenant_id"].encode(), str(number - first + 1).encode(), row["entry"].encode())
        if row["previous"] != head or hashlib.sha256(b"\x1f".join(parts)).digest() != row["hash"]:
            found.append(f"{tenant} {row['number']}")
        head = row["hash"]
    return found


async def test_migrations_move_every_entry_there_and_back(writes: WritesDatabase) -> None:
    texts = "SELECT entry, subject, tenant_id FROM {schema}.audit_log ORDER BY 3, 2, 1"
    before = await writes.rows(texts)
    await execute(writes.urls.owner, list(drop_lanes_statements(SCHEMA, "accounts_writer")))
    assert (await single_chains(writes), await writes.rows(texts)) == ([], before)
    await execute(writes.urls.owner, list(lanes_statements(SCHEMA, "accounts_writer")))
    found = await verdict(writes)
    assert (found.problems, found.entries, await writes.rows(texts)) == ([], 48, before)
    assert list(found.heads) == [f"{tenant}/2026-0{month}/0" for tenant in ("acme", "globex") for month in (1, 2, 3)]
    async with writer(writes) as log:
        await asyncio.gather(*(append(log, entries()) for _ in range(5)))
    assert (await verdict(writes)).problems == []


@pytest.mark.parametrize(
    ("damage", "names"),
    [
        ("UPDATE {schema}.audit_log SET entry = replace(entry, 'tools/call x', 'y') WHERE number = 3", "its content"),
        ("UPDATE {schema}.audit_log SET entry = 'not json' WHERE number = 3", "its content does not match its hash"),
        ('UPDATE {schema}.audit_log SET entry = \'{"at": "infinity"}\' WHERE number = 3', "its content does not match"),
        ('UPDATE {schema}.audit_log SET entry = \'{"at": "0005-01-01 BC"}\' WHERE number = 3', "its content does not"),
        ("UPDATE {schema}.audit_log SET subject = 'eve' WHERE number = 3", "its column subject does not match"),
        ("UPDATE {schema}.audit_log SET previous = hash WHERE number = 3", "its previous hash does not match"),
        ("DELETE FROM {schema}.audit_log WHERE number = 3", "1 entries are missing before it"),
        ("UPDATE {schema}.audit_log SET tenant_id = 'other' WHERE number = 3 AND tenant_id = 'acme'", "2 entries are"),
    ],
)
async def test_what_was_changed_before_a_migration_is_found_after_it(
    writes: WritesDatabase, damage: str, names: str
) -> None:
    await execute(writes.urls.owner, list(drop_lanes_statements(SCHEMA, "accounts_writer")))
    await writes.rows(damage)
    await execute(writes.urls.owner, list(lanes_statements(SCHEMA, "accounts_writer")))
    assert [line for line in (await verdict(writes)).problems if names in line] != []

"""Row-level security keeps tenants apart whatever the SQL says, for every role, in every table."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from asking import call, refusal, walk
from devkit.databases import DatabaseUrls
from servicekit.app import Service
from servicekit.sample_data.plan import TENANTS
from servicekit.testing import connect
from ticketing.scene import ACME, CLERK, GLOBEX, PLAN, STRANGER, a_ticket
from ticketing_mcp.migrations.tables import metadata

TABLES = sorted(table.name for table in metadata.tables.values())
KEY = {"tenants": "id"}


@asynccontextmanager
async def connected(url: str, tenant: str | None = None) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url)
    try:
        if tenant is not None:
            await connection.execute("SELECT set_config('app.tenant', $1, false)", tenant)
        yield connection
    finally:
        await connection.close()


def of_role(urls: DatabaseUrls, role: str) -> str:
    return str(getattr(urls, role))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("role", ["reader", "writer", "owner"])
async def test_sql_that_forgets_the_tenant_sees_one_tenant(urls: DatabaseUrls, role: str, table: str) -> None:
    column = KEY.get(table, "tenant_id")
    for tenant, _ in TENANTS:
        async with connected(of_role(urls, role), tenant) as connection:
            seen = await connection.fetch(f"SELECT DISTINCT {column} FROM ticketing.{table}")
            assert [row[0] for row in seen] == [tenant]
            other = await connection.fetchval(f"SELECT count(*) FROM ticketing.{table} WHERE {column} <> $1", tenant)
            assert other == 0


@pytest.mark.parametrize("tenant", [None, "", "initech", "acme' OR true --"])
@pytest.mark.parametrize("role", ["reader", "writer", "owner"])
async def test_without_a_tenant_there_are_no_rows(urls: DatabaseUrls, role: str, tenant: str | None) -> None:
    async with connected(of_role(urls, role), tenant) as connection:
        for table in TABLES:
            assert await connection.fetchval(f"SELECT count(*) FROM ticketing.{table}") == 0


@pytest.mark.parametrize("table", TABLES)
async def test_every_table_is_under_forced_row_level_security(urls: DatabaseUrls, table: str) -> None:
    async with connected(urls.reader) as connection:
        row = await connection.fetchrow(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = $1::regclass", f"ticketing.{table}"
        )
        assert tuple(row) == (True, True)


@pytest.mark.parametrize("table", TABLES)
async def test_the_reader_changes_nothing(urls: DatabaseUrls, table: str) -> None:
    async with connected(urls.reader, "acme") as connection:
        for statement in (
            f"DELETE FROM ticketing.{table}",
            f"TRUNCATE ticketing.{table}",
            f"UPDATE ticketing.{table} SET {KEY.get(table, 'tenant_id')} = 'acme'",
            f"INSERT INTO ticketing.{table} DEFAULT VALUES",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


@pytest.mark.parametrize("table", [table for table in TABLES if table != "ticket_terms"])
async def test_the_writer_deletes_nothing_but_the_index_of_words(urls: DatabaseUrls, table: str) -> None:
    async with connected(urls.writer, "acme") as connection:
        for statement in (f"DELETE FROM ticketing.{table}", f"TRUNCATE ticketing.{table}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


@pytest.mark.parametrize("role", ["reader", "writer"])
async def test_serving_roles_make_nothing_and_see_no_other_schema(urls: DatabaseUrls, role: str) -> None:
    async with connected(of_role(urls, role), "acme") as connection:
        for statement in (
            "CREATE TABLE ticketing.mine (id int)",
            "CREATE TABLE public.mine (id int)",
            "CREATE TEMPORARY TABLE mine (id int)",
            "CREATE SCHEMA mine",
            "SELECT * FROM ticketing.alembic_version",
            "SET ROLE ticketing_owner",
            "ALTER TABLE ticketing.tickets DISABLE ROW LEVEL SECURITY",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


@pytest.mark.parametrize("role", ["writer", "owner"])
async def test_nobody_writes_into_another_tenant(own: DatabaseUrls, role: str) -> None:
    async with connected(of_role(own, role), "acme") as connection:
        assert (
            await connection.execute("UPDATE ticketing.tickets SET priority = 'low' WHERE tenant_id = 'globex'")
            == "UPDATE 0"
        )
        for statement in (
            "INSERT INTO ticketing.vocabulary (tenant_id, term) VALUES ('globex', 'planted')",
            "INSERT INTO ticketing.links (tenant_id, number, kind, other_number) VALUES ('globex', 1, 'blocks', 2)",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await connection.execute(statement)


async def test_no_reference_leads_out_of_a_tenant(own: DatabaseUrls) -> None:
    async with connected(own.writer, "globex") as connection:
        theirs = await connection.fetchval("SELECT requester_id FROM ticketing.tickets LIMIT 1")
        word = await connection.fetchval("SELECT id FROM ticketing.vocabulary LIMIT 1")
    async with connected(own.writer, "acme") as connection:
        for statement, value in (
            ("UPDATE ticketing.tickets SET assignee_id = $1 WHERE number = 1", theirs),
            ("INSERT INTO ticketing.ticket_terms (tenant_id, number, term_id, weight) VALUES ('acme', 1, $1, 1)", word),
        ):
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                await connection.execute(statement, value)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ticketing.tickets SET status = 'gone'",
        "UPDATE ticketing.tickets SET title = ''",
        "UPDATE ticketing.tickets SET title = repeat('x', 201)",
        "UPDATE ticketing.tickets SET body = repeat('x', 10001)",
        "UPDATE ticketing.tickets SET resolution = repeat('x', 1001) WHERE status = 'closed'",
        "UPDATE ticketing.tickets SET resolution = 'x' WHERE status = 'open'",
        "UPDATE ticketing.tickets SET closed_at = NULL WHERE status = 'closed'",
        "UPDATE ticketing.tickets SET merged_into = number WHERE status = 'closed'",
        "UPDATE ticketing.holds SET ended_at = started_at - interval '1 second'",
        "UPDATE ticketing.events SET detail = 'free text, with spaces'",
    ],
)
async def test_rules_about_tickets_hold_in_the_database(urls: DatabaseUrls, statement: str) -> None:
    # As the owner, whom no narrower right stops first. A statement that fails leaves the shared database as it was.
    async with connected(urls.owner, "acme") as connection:
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ticketing.tickets SET body = 'x'",
        "UPDATE ticketing.tickets SET requester_id = 'ada.lind'",
        "UPDATE ticketing.tickets SET created_at = now()",
        "UPDATE ticketing.comments SET body = 'x'",
        "UPDATE ticketing.events SET detail = 'x'",
        "UPDATE ticketing.users SET email = 'a@example.com'",
        "UPDATE ticketing.holds SET started_at = now()",
        "UPDATE ticketing.queues SET name = 'x'",
        "UPDATE ticketing.sla_policies SET definition = '{}'",
        "DELETE FROM ticketing.tickets",
        "DELETE FROM ticketing.comments",
        "DELETE FROM ticketing.links",
        "DELETE FROM ticketing.vocabulary",
        "UPDATE ticketing.audit_log SET entry = ''",
        "DELETE FROM ticketing.audit_log",
    ],
)
async def test_the_writer_cannot_write_what_no_tool_writes(urls: DatabaseUrls, statement: str) -> None:
    async with connected(urls.writer, "acme") as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_two_callers_of_one_server_never_meet(service: Service) -> None:
    async with connect(service, ACME) as acme, connect(service, GLOBEX) as globex:
        ours = await walk(acme, "search_tickets", limit=50)
        theirs = await walk(globex, "search_tickets", limit=50)
        assert (len(ours), len(theirs)) == (PLAN.count_of(0), PLAN.count_of(1))
        # The same number is another ticket.
        one = theirs[-1]["id"]
        own = await call(acme, "get_ticket", ticket_id=one)
        assert own["requester_id"] != (await call(globex, "get_ticket", ticket_id=one))["requester_id"]
        assert f"No ticket {ours[0]['id']}" in await refusal(globex, "get_ticket", ticket_id=ours[0]["id"])
        cursor = (await call(globex, "search_tickets", limit=1))["next_cursor"]
        assert "cursor" in await refusal(acme, "search_tickets", limit=1, cursor=cursor)
        requesters = {ticket["requester_id"] for ticket in ours}
        for text in ("printer", "example.com", "prnter", "re"):
            found = await walk(acme, "search_tickets", query=text, limit=50)
            assert {ticket["requester_id"] for ticket in found} <= requesters
        people = await walk(acme, "search_users", query="example", kind="requester", limit=50)
        assert not {ticket["requester_id"] for ticket in theirs} & {person["id"] for person in people}


async def test_a_vocabulary_is_its_tenants_own(own_service: Service) -> None:
    """A correction would tell what words somebody else uses."""
    async with connect(own_service, CLERK) as acme, connect(own_service, STRANGER) as globex:
        await call(acme, "create_ticket", **a_ticket(title="Zugspitzbahn stands still"))
        assert len((await call(acme, "search_tickets", query="zugspitzbanh", limit=5))["items"]) == 1
        page = await call(globex, "search_tickets", query="zugspitzbanh", limit=5)
        assert page["items"] == []
        assert "nor one like it" in page["notice"]

"""Rights of the database roles and tenant isolation of tickets; tests/contract covers every table."""

import asyncpg
import pytest

from devkit.stores.databases import DatabaseUrls
from servicekit.server.service import Service
from servicekit.testing.service import connect
from tests.fixtures.calls import call, refusal, walk
from tests.fixtures.databases import connected, refuse_statement

from .scene import ACME, CLERK, GLOBEX, PLAN, STRANGER, a_ticket


@pytest.mark.parametrize("role", ["writer", "owner"])
async def test_roles_cannot_write_into_another_tenant(own: DatabaseUrls, role: str) -> None:
    async with connected(getattr(own, role), "acme") as connection:
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


async def test_references_stay_within_the_tenant(own: DatabaseUrls) -> None:
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
        "UPDATE ticketing.tickets SET body = repeat('x', 1000001)",
        "UPDATE ticketing.tickets SET resolution = repeat('x', 1001) WHERE status = 'closed'",
        "UPDATE ticketing.tickets SET resolution = 'x' WHERE status = 'open'",
        "UPDATE ticketing.tickets SET closed_at = NULL WHERE status = 'closed'",
        "UPDATE ticketing.tickets SET merged_into = number WHERE status = 'closed'",
        "UPDATE ticketing.holds SET ended_at = started_at - interval '1 second'",
        "UPDATE ticketing.events SET detail = 'free text, with spaces'",
    ],
)
async def test_database_enforces_ticket_rules(urls: DatabaseUrls, statement: str) -> None:
    # The owner has all rights, so only the constraint can fail. A failed statement changes nothing.
    await refuse_statement(urls.owner, statement, asyncpg.CheckViolationError)


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
    ],
)
async def test_writer_has_only_the_rights_of_the_tools(urls: DatabaseUrls, statement: str) -> None:
    await refuse_statement(urls.writer, statement, asyncpg.InsufficientPrivilegeError)


async def test_callers_see_their_own_tenant_only(service: Service) -> None:
    async with connect(service, ACME) as acme, connect(service, GLOBEX) as globex:
        chosen = {"fields": ["id", "requester_id"], "limit": 50}
        ours = await walk(acme, "search_tickets", **chosen)
        theirs = await walk(globex, "search_tickets", **chosen)
        assert (len(ours), len(theirs)) == (PLAN.count_of(0), PLAN.count_of(1))
        # The same number is a different ticket.
        one = theirs[-1]["id"]
        own = await call(acme, "get_ticket", ticket_id=one)
        assert own["requester_id"] != (await call(globex, "get_ticket", ticket_id=one))["requester_id"]
        assert f"No ticket {ours[0]['id']}" in await refusal(globex, "get_ticket", ticket_id=ours[0]["id"])
        cursor = (await call(globex, "search_tickets", limit=1))["next_cursor"]
        assert "cursor" in await refusal(acme, "search_tickets", limit=1, cursor=cursor)
        requesters = {ticket["requester_id"] for ticket in ours}
        for text in ("printer", "example.com", "prnter", "re"):
            found = await walk(acme, "search_tickets", query=text, **chosen)
            assert {ticket["requester_id"] for ticket in found} <= requesters
        people = await walk(acme, "search_users", query="example", kind="requester", limit=50)
        assert not {ticket["requester_id"] for ticket in theirs} & {person["id"] for person in people}


async def test_corrections_use_the_tenants_own_vocabulary(own_service: Service) -> None:
    """A correction from another tenant's vocabulary would reveal its words."""
    async with connect(own_service, CLERK) as acme, connect(own_service, STRANGER) as globex:
        await call(acme, "create_ticket", **a_ticket(title="Zugspitzbahn stands still"))
        assert len((await call(acme, "search_tickets", query="zugspitzbanh", limit=5))["items"]) == 1
        page = await call(globex, "search_tickets", query="zugspitzbanh", limit=5)
        assert page["items"] == []
        assert "or a similar word" in page["notice"]

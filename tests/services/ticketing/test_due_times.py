"""Stored due times: equal to what the clocks compute, after every kind of write and after the migration."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from devkit.stores.databases import DatabaseUrls
from tests.fixtures.calls import call, confirmed
from tests.fixtures.databases import owner_of
from ticketing_mcp import migrations
from ticketing_mcp.models.due_times import TicketTimes, due_times, parse_policy
from ticketing_mcp.models.sla import sla_status
from ticketing_mcp.models.tickets import PRIORITIES, Hold

from .scene import a_ticket, clocks
from .test_sla import POLICY, ticket

STORED = (
    "SELECT reply_due_at, resolution_due_at, due_at FROM ticketing.tickets WHERE tenant_id = 'acme' AND number = $1"
)
FOREVER = timedelta(days=36500)


async def stored(urls: DatabaseUrls, ticket_id: str) -> list[str | None]:
    """The stored due times, as results show moments."""
    async with owner_of(urls) as connection:
        row = await connection.fetchrow(STORED, int(ticket_id[2:]))
    return [None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in row]


async def test_every_write_that_moves_a_clock_stores_due_times(clerk: Client, own: DatabaseUrls) -> None:
    asked = {"ticket_id": (await call(clerk, "create_ticket", **a_ticket()))["ticket_id"]}
    seen = []
    for tool, arguments in (
        ("update_ticket", {"priority": "urgent"}),
        ("update_ticket", {"queue_id": "accounts"}),
        ("transition_ticket", {"status": "pending"}),
        ("transition_ticket", {"status": "on-hold"}),
        ("transition_ticket", {"status": "open"}),
        ("add_internal_note", {"body": "No clock moves."}),
        ("assign_ticket", {"assignee_id": "ivan.petrov"}),
    ):
        await call(clerk, tool, **asked, **arguments)
        live = await clocks(clerk, asked["ticket_id"])
        due = [live[clock].get("due_at") for clock in ("first_reply", "resolution")]
        assert await stored(own, asked["ticket_id"]) == [*due, due[0]], (tool, arguments)
        seen.append(due)
    assert len({str(due) for due in seen}) >= 3
    await confirmed(clerk, "add_public_reply", **asked, body="Soon.")
    assert await stored(own, asked["ticket_id"]) == [*seen[-1], seen[-1][1]]
    await confirmed(clerk, "close_ticket", **asked, resolution="Done.")
    assert await stored(own, asked["ticket_id"]) == [*seen[-1], None]
    await call(clerk, "transition_ticket", **asked, status="open", idempotency_key=str(uuid4()))
    live = await clocks(clerk, asked["ticket_id"])
    assert (await stored(own, asked["ticket_id"]))[1:] == [live["resolution"]["due_at"]] * 2


async def test_unreadable_service_level_hinders_no_write(clerk: Client, own: DatabaseUrls) -> None:
    for definition in (
        "{}",
        '{"id": "always", "name": "x", "time_zone": "Mars/Base", "hours": [], "holidays": [], "targets": []}',
    ):
        async with owner_of(own) as connection:
            await connection.execute(
                "UPDATE ticketing.sla_policies SET definition = $1::jsonb WHERE id = 'always'", definition
            )
        made = await call(clerk, "create_ticket", **a_ticket(queue_id="accounts", title=definition[:60]))
        assert await stored(own, made["ticket_id"]) == [None, None, None]
        changed = await call(clerk, "update_ticket", ticket_id=made["ticket_id"], priority="urgent")
        assert changed["priority"] == "urgent"


def back_and_forth(connection: Connection) -> None:
    """Undo the migration that stores due times, and the later ones, and run them again."""
    config = Config()
    config.set_main_option("script_location", str(migrations.__file__).removesuffix("/__init__.py"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    steps = ScriptDirectory.from_config(config).walk_revisions()
    (before,) = [step.down_revision for step in steps if step.doc.startswith("Store when the first reply")]
    command.downgrade(config, str(before))
    command.upgrade(config, "head")


async def test_migration_computes_what_the_sample_data_has(own: DatabaseUrls) -> None:
    everything = (
        "SELECT tenant_id, number, reply_due_at, resolution_due_at, due_at FROM ticketing.tickets ORDER BY 1, 2"
    )

    async def rows() -> list[asyncpg.Record]:
        async with owner_of(own) as connection:
            found: list[asyncpg.Record] = await connection.fetch(everything)
            return found

    before = await rows()
    engine = create_async_engine(own.owner.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as connection:
        await connection.run_sync(back_and_forth)
    await engine.dispose()
    assert await rows() == before
    assert sum(row["due_at"] is not None for row in before) > 10
    assert sum(row["due_at"] is None for row in before) > 10


MINUTES = st.integers(1, 4000)


@given(
    st.lists(MINUTES, min_size=1, max_size=5),
    MINUTES,
    st.none() | MINUTES,
    st.none() | MINUTES,
    st.sampled_from(PRIORITIES),
)
def test_stored_due_times_tell_the_state_of_the_clocks(
    steps: list[int], later: int, replied: int | None, closed: int | None, priority: Any
) -> None:
    start = datetime(2026, 3, 20, 8, tzinfo=UTC)
    edges = [start]
    for minutes in steps:
        edges.append(edges[-1] + timedelta(minutes=minutes))
    pauses: list[tuple[datetime, datetime | None]] = list(list(pairwise(edges[1:]))[::2])
    held = len(edges) % 2 == 0 and closed is None and replied is None
    if held:
        pauses.append((edges[-1], None))
    first = None if replied is None else edges[-1] + timedelta(minutes=replied)
    end = None if closed is None else (first or edges[-1]) + timedelta(minutes=closed)
    now = (end or first or edges[-1]) + timedelta(minutes=later)
    due = due_times(TicketTimes(priority, start, pauses, first, end), POLICY)
    status = "closed" if end else "on-hold" if held else "open"
    times = {"created_at": start, "first_replied_at": first, "closed_at": end, "priority": priority}
    holds = [Hold(started_at=began, ended_at=ended) for began, ended in pauses]
    live = sla_status(ticket(status, holds=holds, **times), POLICY, now)
    for clock, at, stop in ((live.first_reply, due.reply, first or end), (live.resolution, due.resolution, end)):
        if at is None:
            assert clock.state == "paused"
        elif stop is None:
            assert clock.state == ("breached" if at <= now else "running")
            assert clock.due_at == at
        elif at != stop:
            # A reply after the open hours in which the target was reached is in time to the minute.
            assert (clock.state != "breached") == (at > stop) or clock.elapsed_minutes == clock.target_minutes


def test_policies_are_read_or_left_out() -> None:
    assert parse_policy(POLICY.model_dump_json()) == POLICY
    assert parse_policy("null") is None
    assert due_times(TicketTimes("low", datetime(2026, 1, 1, tzinfo=UTC)), None).reply is None

"""Service levels of a queue in one call: what breaches next, what is breached, totals, and changed service levels."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import anyio
import pytest
from mcp.client import Client
from typer.testing import CliRunner

from devkit.stores.databases import DatabaseUrls
from servicekit.server.service import Service
from servicekit.testing.service import connect
from tests.fixtures.calls import call, confirmed, refusal, walk
from tests.fixtures.databases import owner_of
from ticketing_mcp.__main__ import program
from ticketing_mcp.adapters.postgres.due_times import store_due_times

from .scene import CLERK, a_ticket, clocks

QUEUE = {"queue_id": "accounts"}  # open around the clock; urgent: 30 and 240 minutes, high: 120 and 480


@pytest.fixture
async def calm(own: DatabaseUrls) -> DatabaseUrls:
    """The sample data with every ticket closed, so that a test knows all that are due."""
    async with owner_of(own) as connection:
        await connection.execute(
            "UPDATE ticketing.tickets SET status = 'closed', closed_at = updated_at WHERE status <> 'closed'"
        )
    return own


async def opened(client: Client, number: int, priority: str = "urgent", **more: Any) -> str:
    made = await call(
        client,
        "create_ticket",
        **a_ticket(title=f"Ticket {number}", body=f"It is {number}.", **{**QUEUE, **more}),
        priority=priority,
    )
    return str(made["ticket_id"])


async def age(urls: DatabaseUrls, ticket_id: str, minutes: int) -> None:
    """Make a ticket of a queue that is always open older."""
    async with owner_of(urls) as connection:
        await connection.execute(
            "UPDATE ticketing.tickets SET created_at = created_at - $2::interval, "
            "reply_due_at = reply_due_at - $2::interval, resolution_due_at = resolution_due_at - $2::interval "
            "WHERE number = $1",
            int(ticket_id[2:]),
            timedelta(minutes=minutes),
        )


def ids(page: dict[str, Any]) -> list[str]:
    return [one["ticket_id"] for one in page["items"]]


async def test_what_breaches_next_in_a_queue_is_one_call(calm: DatabaseUrls, clerk: Client) -> None:
    normal, high, urgent = [await opened(clerk, place, name) for place, name in enumerate(("normal", "high", "urgent"))]
    late, later, elsewhere = (
        await opened(clerk, 3),
        await opened(clerk, 4),
        await opened(clerk, 5, queue_id="operations", custom_fields={"severity": "sev-3"}),
    )
    await age(calm, late, 300)
    await age(calm, later, 150)
    await call(clerk, "assign_ticket", ticket_id=urgent, assignee_id="ben.okafor")
    found = await call(clerk, "get_sla_status", **QUEUE, due_within=125)
    # The reply on `later` is late, and its closing is due in 90 minutes.
    assert ids(found) == [urgent, later, high, late]
    assert [one["state"] for one in found["items"]] == ["running", "breached", "running", "breached"]
    first = found["items"][0]
    assert (first["assignee_id"], first["assignee_name"]) == (
        "ben.okafor",
        '<user_content source="staff">Ben Okafor</user_content>',
    )
    assert first["title"] == '<user_content source="requester">Ticket 2</user_content>'
    assert first["minutes_left"] in (28, 29)
    assert first["breaches_at"] == first["first_reply"]["due_at"]
    assert found["items"][1]["breaches_at"] == found["items"][1]["resolution"]["due_at"]
    assert "breaches_at" not in found["items"][3]
    assert "3 breach within 125 minutes; 2 breached, 3 in time, 0 on hold." in found["notice"]
    assert ids(await call(clerk, "get_sla_status", **QUEUE)) == [urgent, later, high, normal, late]
    assert elsewhere in ids(await call(clerk, "get_sla_status", due_within=125))


async def test_tickets_on_hold_come_last_and_are_counted(calm: DatabaseUrls, clerk: Client) -> None:
    held, running, late = [await opened(clerk, place) for place in range(3)]
    await age(calm, late, 45)
    await call(clerk, "transition_ticket", ticket_id=held, status="on-hold")
    await call(clerk, "transition_ticket", ticket_id=late, status="on-hold")
    found = await call(clerk, "get_sla_status", **QUEUE)
    assert ids(found) == [running, late, held]
    assert [one["state"] for one in found["items"]] == ["running", "breached", "paused"]
    assert "1 breached, 1 in time, 1 on hold" in found["notice"]
    assert ids(await call(clerk, "get_sla_status", **QUEUE, due_within=60)) == [running, late]


async def test_pages_cover_what_is_due_once(acme: Client) -> None:
    everything = await walk(acme, "search_tickets", limit=50)
    open_ones = {one["id"] for one in everything if one["status"] != "closed"}
    for limit in (1, 3, 50):
        found = [one["ticket_id"] for one in await walk(acme, "get_sla_status", limit=limit)]
        assert len(found) == len(set(found))
        assert set(found) == open_ones


async def test_pages_cover_every_part_once(calm: DatabaseUrls, clerk: Client) -> None:
    made = [await opened(clerk, place, ("low", "urgent", "high")[place % 3]) for place in range(9)]
    for place, ticket in enumerate(made):
        await age(calm, ticket, 70 * place)
    for ticket in made[:2]:
        await call(clerk, "transition_ticket", ticket_id=ticket, status="on-hold")
    whole = ids(await call(clerk, "get_sla_status", **QUEUE))
    assert set(whole) == set(made)
    for limit in (1, 2, 4):
        assert [one["ticket_id"] for one in await walk(clerk, "get_sla_status", **QUEUE, limit=limit)] == whole


@pytest.mark.usefixtures("calm")
async def test_answered_tickets_are_due_for_their_solution(clerk: Client) -> None:
    answered, waiting = await opened(clerk, 1), await opened(clerk, 2)
    await confirmed(clerk, "add_public_reply", ticket_id=answered, body="Soon.")
    assert ids(await call(clerk, "get_sla_status", **QUEUE, due_within=60)) == [waiting]
    found = await call(clerk, "get_sla_status", **QUEUE, due_within=300)
    assert ids(found) == [waiting, answered]
    assert found["items"][1]["first_reply"]["state"] == "met"


@pytest.mark.usefixtures("calm")
async def test_due_tickets_of_a_colleague(clerk: Client) -> None:
    mine, other = await opened(clerk, 1), await opened(clerk, 2)
    await call(clerk, "assign_ticket", ticket_id=mine, assignee_id="ivan.petrov")
    await call(clerk, "assign_ticket", ticket_id=other, assignee_id="ben.okafor")
    for name in ("Ivan", "ivan petrov", "PETROV", "ivan.petrov@acme.example", "ivan.petrov"):
        assert ids(await call(clerk, "get_sla_status", assignee_id=name)) == [mine]
    for name in ("Ivana", "ivan.petroff", "iwan"):
        text = await refusal(clerk, "get_sla_status", assignee_id=name)
        assert f"There is no staff member `{name}` (assignee_id). Nearest: ivan.petrov" in text


@pytest.mark.usefixtures("calm")
async def test_empty_means_no_ticket_and_unknown_queues_are_refused(clerk: Client) -> None:
    found = await call(clerk, "get_sla_status", queue_id="billing")
    assert found["items"] == []
    assert "0 breached, 0 in time, 0 on hold" in found["notice"]
    assert "There is no queue `biling` (queue_id). Nearest: billing" in await refusal(
        clerk, "get_sla_status", queue_id="biling"
    )


@pytest.mark.usefixtures("calm")
async def test_several_tickets_and_a_missing_one(clerk: Client) -> None:
    one, two = await opened(clerk, 1), await opened(clerk, 2, "low")
    found = await call(clerk, "get_sla_status", ticket_ids=[two, "T-999999", one, two])
    assert ids(found) == [two, one]
    assert "No ticket T-999999." in found["notice"]
    assert "elapsed_minutes" not in found["items"][0]["resolution"]
    (single,) = (await call(clerk, "get_sla_status", ticket_ids=one))["items"]
    assert (single["first_reply"]["target_minutes"], single["resolution"]["target_minutes"]) == (30, 240)
    text = await refusal(clerk, "get_sla_status", ticket_ids=[one], queue_id="billing")
    assert "Give ticket_ids, or queue_id" in text


async def test_a_changed_service_level_shows_right_states_and_says_so(calm: DatabaseUrls, clerk: Client) -> None:
    ticket = await opened(clerk, 1, "low")
    assert "service level changed" not in (await call(clerk, "get_sla_status", **QUEUE))["notice"]
    async with owner_of(calm) as connection:
        await connection.execute(
            "UPDATE ticketing.sla_policies SET definition = "
            "replace(definition::text, '\"first_reply_minutes\": 480', '\"first_reply_minutes\": 5')::jsonb"
        )
    found = await call(clerk, "get_sla_status", **QUEUE)
    assert found["items"][0]["minutes_left"] in (3, 4)
    assert "A service level changed since due times were stored" in found["notice"]
    assert (await clocks(clerk, ticket))["first_reply"]["target_minutes"] == 5
    assert await store_due_times(calm.owner, "acme") > 1
    found = await call(clerk, "get_sla_status", **QUEUE)
    assert "service level changed" not in found["notice"]
    assert await store_due_times(calm.owner, "acme") == 0


async def test_the_command_stores_due_times_of_one_tenant(calm: DatabaseUrls, clerk: Client) -> None:
    await opened(clerk, 1)
    await store_due_times(calm.owner, "acme")
    async with owner_of(calm) as connection:
        await connection.execute("UPDATE ticketing.tickets SET reply_due_at = NULL WHERE status <> 'closed'")
    environment = {"TICKETING_OWNER_URL": calm.owner, "TICKETING_PUBLIC_URL": "http://127.0.0.1:8102/mcp"}
    environment |= {"TICKETING_READER_URL": calm.reader, "TICKETING_WRITER_URL": calm.writer}
    for tenant, count in (("globex", 0), ("acme", 1), ("acme", 0)):
        invoke = partial(CliRunner().invoke, program, ["due-times", tenant], env=environment)
        finished = await anyio.to_thread.run_sync(invoke)
        assert (finished.exit_code, finished.stdout) == (0, f"Stored the due times of {count} tickets.\n")


async def test_an_unreadable_service_level_leaves_the_other_clocks(calm: DatabaseUrls, clerk: Client) -> None:
    ticket, other = await opened(clerk, 1), await opened(clerk, 2, queue_id="billing")
    async with owner_of(calm) as connection:
        await connection.execute("UPDATE ticketing.sla_policies SET definition = '{}' WHERE id = 'always'")
    found = await call(clerk, "get_sla_status", ticket_ids=[ticket, other])
    assert ["state" in one for one in found["items"]] == [False, True]
    assert "The service level of the queue accounts cannot be read" in found["notice"]


@pytest.mark.usefixtures("calm")
async def test_granted_queues_bound_what_is_due(own_service: Service, clerk: Client) -> None:
    await opened(clerk, 1)
    shown = await opened(clerk, 2, queue_id="billing")
    async with connect(own_service, replace(CLERK, grants={"queues": ["billing"]})) as client:
        found = await call(client, "get_sla_status")
        assert ids(found) == [shown]
        assert "0 breached, 1 in time, 0 on hold" in found["notice"]


async def test_states_are_of_the_time_of_the_call(calm: DatabaseUrls, clerk: Client) -> None:
    ticket = await opened(clerk, 1)
    await age(calm, ticket, 29)
    (near,) = (await call(clerk, "get_sla_status", **QUEUE))["items"]
    assert (near["state"], near["minutes_left"]) == ("running", 0)
    await age(calm, ticket, 1)
    (late,) = (await call(clerk, "get_sla_status", **QUEUE))["items"]
    assert late["state"] == "breached"
    assert datetime.fromisoformat(late["first_reply"]["due_at"]) <= datetime.now(UTC)


async def test_workload_of_a_queue_by_assignee_status_and_age(calm: DatabaseUrls, clerk: Client) -> None:
    late, soon, new, held, old = [await opened(clerk, place, "urgent" if place < 2 else "low") for place in range(5)]
    await age(calm, late, 60)
    await age(calm, held, 2 * 1440)
    await age(calm, old, 9 * 1440)
    for ticket, name in ((late, "ben"), (held, "ben"), (soon, "ivan")):
        await call(clerk, "assign_ticket", ticket_id=ticket, assignee_id=name)
    await call(clerk, "transition_ticket", ticket_id=held, status="on-hold")
    await call(clerk, "transition_ticket", ticket_id=new, status="pending")
    state = await call(clerk, "get_queue", **QUEUE)
    load = {"open": 3, "pending": 1, "on_hold": 1, "unassigned": 2, "breached": 3, "due_soon": 1}
    assert state["load"] == load
    assert [one["assignee_id"] for one in state["assignees"]] == state["members"]
    ben, farid, ivan = state["assignees"]
    assert ben == {
        "assignee_id": "ben.okafor", "assignee_name": '<user_content source="staff">Ben Okafor</user_content>',
        "open": 1, "pending": 0, "on_hold": 1, "breached": 2, "due_soon": 0,
    }  # fmt: skip
    assert (farid["open"], ivan["open"], ivan["due_soon"]) == (0, 1, 1)
    assert [(one["age"], one["open"], one["pending"], one["on_hold"]) for one in state["ages"]] == [
        ("under 1 day", 2, 1, 0), ("1 to 3 days", 0, 0, 1), ("3 to 7 days", 0, 0, 0), ("over 7 days", 1, 0, 0),
    ]  # fmt: skip
    queues = {queue["id"]: queue["load"] for queue in (await call(clerk, "list_queues"))["items"]}
    assert queues["accounts"] == load
    assert queues["billing"] == dict.fromkeys(load, 0)

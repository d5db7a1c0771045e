"""Undoing a merge within a day, and what the ticket is afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from tests.fixtures.calls import call, confirmed, preview, refusal
from tests.fixtures.databases import owner_of

from .merges import ALICE, BOB, CY, kinds, made, merge, read
from .scene import clocks


async def age(urls: DatabaseUrls, ticket_id: str, by: timedelta) -> None:
    """Let a merge have happened earlier."""
    columns = ("created_at", "updated_at", "merged_at", "closed_at")
    shifted = ", ".join(f"{column} = {column} - $2::interval" for column in columns)
    async with owner_of(urls) as connection:
        statement = f"UPDATE ticketing.tickets SET {shifted} WHERE tenant_id = 'acme' AND number = $1"
        await connection.execute(statement, int(ticket_id[2:]), by)


async def on_hold(client: Client, ticket_id: str) -> None:
    await call(client, "transition_ticket", ticket_id=ticket_id, status="on-hold")


async def pending(client: Client, ticket_id: str) -> None:
    await confirmed(client, "add_public_reply", ticket_id=ticket_id, body="Which floor?")


async def closed(client: Client, ticket_id: str) -> None:
    await confirmed(client, "close_ticket", ticket_id=ticket_id, resolution="Gasket exchanged.")


async def reopened(client: Client, ticket_id: str) -> None:
    await closed(client, ticket_id)
    await call(client, "transition_ticket", ticket_id=ticket_id, status="open")


async def assigned(client: Client, ticket_id: str) -> None:
    await call(client, "assign_ticket", ticket_id=ticket_id, assignee_id="ada.lind")


@pytest.mark.parametrize("prepare", [None, on_hold, pending, closed, reopened, assigned])
async def test_unmerge_restores_the_ticket_and_its_clocks(clerk: Client, prepare: Any) -> None:
    into, bob = await made(clerk, ALICE), await made(clerk, BOB)
    if prepare is not None:
        await prepare(clerk, bob)
    other = await made(clerk, CY)
    await call(clerk, "link_tickets", ticket_id=bob, other_id=other, kind="blocks")
    before, running = await read(clerk, bob), await clocks(clerk, bob)
    past = await kinds(clerk, bob)
    await merge(clerk, [bob], into)
    restored = await call(clerk, "unmerge_tickets", ticket_ids=bob)
    assert [(one["ticket_id"], one["status"]) for one in restored["tickets"]] == [(bob, before["status"])]
    after = await read(clerk, bob)
    changing = ("version", "updated_at")
    assert {name: value for name, value in after.items() if name not in changing} == {
        name: value for name, value in before.items() if name not in changing
    }
    now = await clocks(clerk, bob)
    for clock in ("first_reply", "resolution"):
        assert (now[clock]["state"], now[clock].get("due_at")) == (
            running[clock]["state"],
            running[clock].get("due_at"),
        )
    status = [] if before["status"] == "closed" else [("status_changed", before["status"])]
    assert await kinds(clerk, bob) == [*past, ("merged", into), ("unmerged", into), *status]
    assert await kinds(clerk, into) == [("created", None), ("merged_from", bob), ("unmerged_from", bob)]
    target = await read(clerk, into)
    assert (target["status"], target["links"], target["merged"]) == ("open", [], [])


async def test_reply_before_an_unmerge_counts(clerk: Client) -> None:
    into, bob = await made(clerk, ALICE), await made(clerk, BOB)
    await merge(clerk, [bob], into)
    await confirmed(clerk, "add_public_reply", ticket_id=bob, body="Soon.")
    await call(clerk, "unmerge_tickets", ticket_ids=[bob])
    clock = (await clocks(clerk, bob))["first_reply"]
    assert (clock["state"], clock["stopped_at"]) == ("met", (await read(clerk, bob))["first_replied_at"])


async def test_unmerge_is_possible_for_a_day(clerk: Client, own: DatabaseUrls) -> None:
    into, bob, cy = [await made(clerk, one) for one in (ALICE, BOB, CY)]
    await merge(clerk, [bob, cy], into)
    await age(own, bob, timedelta(hours=24))
    await age(own, cy, timedelta(hours=23, minutes=59))
    text = await refusal(clerk, "unmerge_tickets", ticket_ids=[bob, cy], idempotency_key="k" * 20)
    assert text.startswith(f"Ticket {bob} was merged into {into} on 20")
    assert "can be undone within 24 hours, so it stays." in text
    assert f"Answer its requester with add_public_reply on {bob}; to work on it separately, create_ticket" in text
    assert (await read(clerk, cy))["merged_into"] == into, "all or nothing"
    await call(clerk, "unmerge_tickets", ticket_ids=[cy])
    assert (await read(clerk, cy))["status"] == "open"


async def test_chain_of_merges_is_undone_in_any_order(clerk: Client) -> None:
    alice, bob, cy = [await made(clerk, one) for one in (ALICE, BOB, CY)]
    await merge(clerk, [cy], bob)
    shown, _ = await preview(clerk, "merge_tickets", ticket_ids=[bob], into_id=alice)
    assert shown["shown"][bob].endswith(f"gets replies on {bob} only; merged into it before: {cy} ({CY})")
    await merge(clerk, [bob], alice)
    target = await read(clerk, alice)
    assert [(one["ticket_id"], one["merged_into"]) for one in target["merged"]] == [(bob, alice), (cy, bob)]
    assert target["links"] == [{"kind": "merged_from", "ticket_id": bob}]
    shown, _ = await preview(clerk, "add_public_reply", ticket_id=alice, body="Soon.")
    assert f"{bob} ({BOB}), {cy} ({CY})" in shown["effect"]
    await call(clerk, "unmerge_tickets", ticket_ids=[cy])
    assert (await read(clerk, cy))["status"] == "open"
    assert (await read(clerk, bob))["merged_into"] == alice
    await merge(clerk, [cy], alice)
    await call(clerk, "unmerge_tickets", ticket_ids=[bob, cy])
    assert [(await read(clerk, one))["status"] for one in (alice, bob, cy)] == ["open"] * 3
    await merge(clerk, [alice], cy)
    assert (await read(clerk, alice))["merged_into"] == cy


async def test_whole_chain_is_undone_in_one_call(clerk: Client) -> None:
    alice, bob, cy = [await made(clerk, one) for one in (ALICE, BOB, CY)]
    await merge(clerk, [cy], bob)
    await merge(clerk, [bob], alice)
    await call(clerk, "unmerge_tickets", ticket_ids=[cy, bob])
    assert await kinds(clerk, bob) == [
        ("created", None), ("merged_from", cy), ("merged", alice), ("unmerged", alice), ("status_changed", "open"),
        ("unmerged_from", cy),
    ]  # fmt: skip
    assert "merged_into" not in await read(clerk, cy)


async def test_unmerge_leaves_a_closed_target_closed(clerk: Client) -> None:
    into, bob = await made(clerk, ALICE), await made(clerk, BOB)
    await merge(clerk, [bob], into)
    await closed(clerk, into)
    await call(clerk, "unmerge_tickets", ticket_ids=[bob])
    target = await read(clerk, into)
    assert (target["status"], target["resolution"]) == (
        "closed", '<user_content source="staff">Gasket exchanged.</user_content>',
    )  # fmt: skip
    assert (await read(clerk, bob))["status"] == "open"


async def test_unmerge_of_an_unmerged_ticket_says_what_is_merged(clerk: Client) -> None:
    into, bob = await made(clerk, ALICE), await made(clerk, BOB)
    await merge(clerk, [bob], into)
    text = await refusal(clerk, "unmerge_tickets", ticket_ids=[into])
    assert text == f"{into} is not merged into another ticket. Merged into it: {bob}."


async def test_ticket_merged_again_has_a_new_day(clerk: Client, own: DatabaseUrls) -> None:
    into, bob, cy = [await made(clerk, one) for one in (ALICE, BOB, CY)]
    await merge(clerk, [bob], into)
    await age(own, bob, timedelta(hours=20))
    await call(clerk, "unmerge_tickets", ticket_ids=[bob])
    again = await merge(clerk, [bob], cy)
    merged = await read(clerk, bob)
    assert merged["merged_into"] == cy
    assert merged["merged_at"] >= (await read(clerk, cy))["created_at"]
    assert again["unmerge_until"] > merged["merged_at"]

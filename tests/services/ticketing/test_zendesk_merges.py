"""Tickets of Zendesk are merged for good."""

from uuid import uuid4

import anyio
import anyio.lowlevel
from mcp.client import Client

from tests.fixtures.calls import call, confirmed, preview, refusal, refusal_of_confirmed

from .zendesk_server import ZendeskServer


async def test_merged_ticket_is_not_said_to_be_undoable(agent: Client) -> None:
    await confirmed(agent, "merge_tickets", ticket_ids=["T-2"], into_id="T-1")
    said = await refusal(agent, "update_ticket", ticket_id="T-2", priority="low")
    assert said.endswith("Work on T-1 instead.")
    again = {"ticket_ids": ["T-2"], "into_id": "T-3", "idempotency_key": str(uuid4())}
    assert (await refusal(agent, "merge_tickets", **again)).endswith("It cannot be merged elsewhere.")


async def test_tickets_are_merged_for_good(zendesk: ZendeskServer, agent: Client) -> None:
    shown, code = await preview(agent, "merge_tickets", ticket_ids=["T-2", "T-3"], into_id="T-1")
    assert "It cannot be undone." in shown["effect"]
    done = await call(agent, "ticketing_confirm_action", code=code)
    assert [(ticket["ticket_id"], ticket["status"]) for ticket in done["tickets"]] == [
        ("T-2", "closed"), ("T-3", "closed"),
    ]  # fmt: skip
    assert "unmerge_until" not in done
    assert [zendesk.world.tickets[number].status for number in (2, 3)] == ["closed", "closed"]
    ticket = await call(agent, "get_ticket", ticket_id="T-2")
    assert ticket["merged_into"] == "T-1"
    into = await call(agent, "get_ticket", ticket_id="T-1")
    assert {"T-2", "T-3"} <= {link["ticket_id"] for link in into["links"]}
    found = await call(agent, "search_tickets", merged_into="T-1")
    assert {ticket["id"] for ticket in found["items"]} >= {"T-2", "T-3"}
    assert "cannot undo a merge" in await refusal(agent, "unmerge_tickets", ticket_ids=["T-2"])
    said = await refusal(agent, "add_public_reply", ticket_id="T-2", body="Hello.", idempotency_key=str(uuid4()))
    assert "T-1" in said


async def test_merge_that_zendesk_refuses_says_why(zendesk: ZendeskServer, agent: Client) -> None:
    zendesk.world.tickets[2].status = "solved"
    said = await refusal_of_confirmed(agent, "merge_tickets", ticket_ids=["T-2"], into_id="T-1")
    assert "did not finish the merge" in said
    assert "cannot be merged" in said


async def test_lost_merge_is_found_by_its_effect(zendesk: ZendeskServer) -> None:
    zendesk.misbehave("truncated", method="POST", path="/api/v2/tickets/1/merge", times=3)
    key = str(uuid4())
    asked = {"ticket_ids": ["T-2"], "into_id": "T-1", "idempotency_key": key}
    async with zendesk.client() as client:
        _, code = await preview(client, "merge_tickets", **asked)
        assert "whether it took effect is unknown" in await refusal(client, "ticketing_confirm_action", code=code)
    zendesk.desks.running["acme"].simulator.faults.pending.clear()
    with anyio.fail_after(10):
        while zendesk.world.tickets[2].status != "closed":
            await anyio.lowlevel.checkpoint()
            zendesk.world.run_due_jobs()
    async with zendesk.client() as other:
        done = await call(other, "merge_tickets", **asked)
    assert [ticket["ticket_id"] for ticket in done["tickets"]] == ["T-2"]

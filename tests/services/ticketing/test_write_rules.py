"""Rules that hold for every write tool: invalid input, statuses, retries, tenants, scopes, granted queues."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from devkit.workspace.composition import compose_to_describe
from servicekit.core.caller import Caller
from servicekit.server.service import Service
from servicekit.testing.service import caller, connect
from tests.fixtures.calls import call, confirmed, refusal
from tests.fixtures.databases import owner_of
from ticketing_mcp.models.tickets import NEXT_STATUSES, STATUSES, Status

from .scene import ACME, CLERK, SCOPES, STRANGER, a_ticket, content, one_of, service_of

# Tool, arguments, allowed statuses, status after.
TICKET_TOOLS: dict[str, tuple[dict[str, Any], tuple[str, ...], str | None]] = {
    "update_ticket": ({"title": "Another title"}, ("open", "pending", "on-hold"), None),
    "assign_ticket": ({"assignee_id": "jo.smith"}, ("open", "pending", "on-hold"), None),
    "add_internal_note": ({"body": "Looked at it."}, STATUSES, None),
    "add_public_reply": ({"body": "We look at it."}, ("open", "pending", "on-hold"), "pending"),
    "close_ticket": ({"resolution": "Solved."}, ("open", "pending", "on-hold"), "closed"),
}
DESTRUCTIVE = ("add_public_reply", "close_ticket", "merge_tickets")


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("close_ticket", {"ticket_id": "T-1; drop", "resolution": "x"}, "ticket_id"),
        ("close_ticket", {"ticket_id": "T-1", "resolution": "x" * 1001}, "resolution"),
        ("close_ticket", {"ticket_id": "T-1", "resolution": "  "}, "resolution"),
        ("close_ticket", {"ticket_id": "T-", "resolution": "x"}, "ticket_id"),
        ("close_ticket", {"ticket_id": "T-007", "resolution": "x"}, "ticket_id"),
        ("close_ticket", {"ticket_id": "T-1"}, "resolution: is required"),
        ("create_ticket", a_ticket(title="x" * 201), "title"),
        ("create_ticket", a_ticket(title=" "), "title"),
        ("create_ticket", a_ticket(body="x" * 10_001), "body"),
        ("create_ticket", a_ticket(priority="blocker"), "priority"),
        ("create_ticket", a_ticket(requester_email="not an address"), "requester_email"),
        ("create_ticket", a_ticket(queue_id="../etc"), "queue_id"),
        ("transition_ticket", {"ticket_id": "T-1", "status": "solved"}, "status"),
        ("transition_ticket", {"ticket_id": "T-1", "status": "closed"}, "status"),
        ("search_tickets", {"limit": 5, "status": "blocker"}, "status"),
        ("search_tickets", {"limit": 5.5}, "limit"),
        ("add_public_reply", {"ticket_id": "T-1", "body": "x" * 10_001}, "body"),
        ("link_tickets", {"ticket_id": "T-1", "other_id": "T-2", "kind": "likes"}, "kind"),
    ],
)
async def test_invalid_arguments_are_named_and_not_repeated(
    refused_clerk: Client, tool: str, arguments: dict[str, Any], words: str
) -> None:
    key = {} if tool == "search_tickets" else {"idempotency_key": str(uuid4())}
    text = await refusal(refused_clerk, tool, **arguments, **key)
    assert text.startswith("Invalid arguments.")
    assert words in text
    assert not {"drop", "solved", "blocker", "etc", "likes"} & set(re.findall(r"\w+", text))
    assert "xxxx" not in text
    assert "address is" not in text


async def test_longest_texts_are_accepted(clerk: Client) -> None:
    made = await call(clerk, "create_ticket", **a_ticket(title="x" * 200, body="漢" * 10_000))
    closed = await confirmed(clerk, "close_ticket", ticket_id=made["ticket_id"], resolution="y" * 1000)
    assert closed["status"] == "closed"


async def made_at(client: Client, status: Status) -> dict[str, Any]:
    """A new ticket in a given status."""
    made = await call(
        client,
        "create_ticket",
        **a_ticket(queue_id="operations", custom_fields={"severity": "sev-3"}),
        idempotency_key=str(uuid4()),
    )
    asked = {"ticket_id": made["ticket_id"]}
    if status == "closed":
        await confirmed(client, "close_ticket", **asked, resolution="Done.")
    elif status != "open":
        await call(client, "transition_ticket", **asked, status=status)
    ticket: dict[str, Any] = await call(client, "get_ticket", **asked)
    return ticket


@pytest.mark.parametrize("status", STATUSES)
async def test_tools_follow_the_state_machine(clerk: Client, status: Status) -> None:
    for tool, (arguments, allowed, after) in TICKET_TOOLS.items():
        ticket = await made_at(clerk, status)
        asked = {"ticket_id": ticket["id"], **arguments}
        if status in allowed:
            await (confirmed if tool in DESTRUCTIVE else call)(clerk, tool, **asked)
            now = await call(clerk, "get_ticket", ticket_id=ticket["id"])
            assert now["status"] == (after or status)
            assert now["version"] == ticket["version"] + 1
        else:
            text = await refusal(clerk, tool, **asked, idempotency_key=str(uuid4()))
            assert ticket["id"] in text
            assert f"is {status}" in text
            assert await call(clerk, "get_ticket", ticket_id=ticket["id"]) == ticket


@pytest.mark.parametrize("status", STATUSES)
async def test_listed_transitions_are_the_possible_ones(clerk: Client, status: Status) -> None:
    for after in ("open", "pending", "on-hold"):
        ticket = await made_at(clerk, status)
        told = await call(clerk, "get_transitions", ticket_id=ticket["id"])
        assert tuple(one["status"] for one in told["next"]) == NEXT_STATUSES[status]
        asked = {"ticket_id": ticket["id"], "status": after, "idempotency_key": str(uuid4())}
        if after in NEXT_STATUSES[status]:
            assert (await call(clerk, "transition_ticket", **asked))["status"] == after
        else:
            text = await refusal(clerk, "transition_ticket", **asked)
            assert f"is {status} {'already. ' if after == status else '('}" in text
            assert all(other in text for other in NEXT_STATUSES[status])


@pytest.mark.parametrize("key", [None, "the-same-key-seven-times"])
async def test_retries_create_one_ticket(clerk: Client, own: DatabaseUrls, key: str | None) -> None:
    keyed = {} if key is None else {"idempotency_key": key}
    results = [await clerk.call_tool("create_ticket", {**a_ticket(), **keyed}) for _ in range(7)]
    assert [result.is_error for result in results] == [False] * 7
    assert len({json.dumps(result.structured_content) for result in results}) == 1
    assert [bool((result.meta or {}).get("fleet/replayed")) for result in results] == [False] + [True] * 6
    async with owner_of(own) as connection:
        assert await connection.fetchval("SELECT count(*) FROM ticketing.tickets WHERE title LIKE 'The coffee%'") == 1


def tools_of(ticket_id: str, other_id: str) -> dict[str, dict[str, Any]]:
    """Arguments for every write tool that changes an existing ticket."""
    return {
        **{tool: {"ticket_id": ticket_id, **arguments} for tool, (arguments, _, _) in TICKET_TOOLS.items()},
        "transition_ticket": {"ticket_id": ticket_id, "status": "pending"},
        "link_tickets": {"ticket_id": ticket_id, "other_id": other_id, "kind": "relates_to"},
        "merge_tickets": {"ticket_ids": [ticket_id], "into_id": other_id},
        "unmerge_tickets": {"ticket_ids": [ticket_id]},
    }


async def test_writes_cannot_reach_another_tenant(own_service: Service, clerk: Client, own: DatabaseUrls) -> None:
    # Globex has fewer tickets, so acme's newest numbers do not exist there.
    theirs, other = await one_of(clerk, "open"), await one_of(clerk, "open", 1)
    before = await content(own)
    async with connect(own_service, STRANGER) as stranger:
        for tool, arguments in tools_of(theirs["id"], other["id"]).items():
            text = await refusal(stranger, tool, **arguments, idempotency_key=str(uuid4()))
            assert text.startswith("No ticket T-"), tool
    assert await content(own) == before


async def test_read_scope_cannot_write(own_service: Service, clerk: Client, own: DatabaseUrls) -> None:
    ticket, other = await one_of(clerk, "open"), await one_of(clerk, "open", 1)
    before = await content(own)
    async with connect(own_service, ACME) as reader:
        names = {tool.name for tool in (await reader.list_tools()).tools}
        for tool, arguments in tools_of(ticket["id"], other["id"]).items():
            assert tool not in names
            scope = "tickets:reply" if tool == "add_public_reply" else "tickets:write"
            assert scope in await refusal(reader, tool, **arguments, idempotency_key=str(uuid4()))
    async with connect(own_service, caller("tickets:read", "tickets:write")) as writer:
        text = await refusal(
            writer, "add_public_reply", ticket_id=ticket["id"], body="Hi", idempotency_key=str(uuid4())
        )
        assert "tickets:reply" in text
    assert await content(own) == before


@pytest.mark.parametrize(
    "tool", [*TICKET_TOOLS, "transition_ticket", "link_tickets", "merge_tickets", "unmerge_tickets"]
)
async def test_unknown_ticket_is_refused_with_the_next_step(refused_clerk: Client, tool: str) -> None:
    arguments = tools_of("T-999999999", "T-999999998")[tool]
    text = await refusal(refused_clerk, tool, **arguments, idempotency_key=str(uuid4()))
    assert text.startswith("No ticket T-99999999")
    assert "search_tickets" in text


@pytest.mark.parametrize("tool", DESTRUCTIVE)
async def test_destructive_tools_need_a_key_and_a_confirmation(refused_clerk: Client, tool: str) -> None:
    row = next(row for row in (await refused_clerk.list_tools()).tools if row.name == tool)
    assert row.annotations is not None
    assert row.annotations.destructive_hint
    assert "idempotency_key" in row.input_schema["required"]


def billing_only(path: Path, urls: DatabaseUrls) -> Service:
    """A server whose policy grants one client the queue billing."""
    file = path / "policy.yaml"
    file.write_text(yaml.safe_dump({"version": 1, "clients": {"billing-bot": {"grants": {"queues": ["billing"]}}}}))
    return service_of(urls, policy_file=str(file))


async def test_granted_queues_limit_reads_and_writes(tmp_path: Path, clerk: Client, own: DatabaseUrls) -> None:
    bot: Caller = replace(CLERK, client_id="billing-bot")
    secret = await call(clerk, "create_ticket", **a_ticket(title="Payroll printer leaks"))
    ours = await call(clerk, "create_ticket", **a_ticket(title="Payroll invoice twice", queue_id="billing"))
    other = await call(clerk, "create_ticket", **a_ticket(title="Payroll invoice thrice", queue_id="billing"))
    hidden, shown = secret["ticket_id"], ours["ticket_id"]
    service = billing_only(tmp_path, own)
    async with service.running(), connect(service, bot) as client:
        found = await call(client, "search_tickets", query="payroll", limit=50)
        assert {one["id"] for one in found["items"]} == {shown, other["ticket_id"]}
        newest = await call(client, "search_tickets", limit=50)
        assert {one["queue_id"] for one in newest["items"]} == {"billing"}
        assert [one["id"] for one in (await call(client, "list_queues"))["items"]] == ["billing"]
        assert "There is no queue `it-support`" in await refusal(client, "get_queue", queue_id="it-support")
        for tool in ("get_ticket", "list_comments", "get_history", "get_transitions"):
            assert f"No ticket {hidden}" in await refusal(client, tool, ticket_id=hidden)
            await call(client, tool, ticket_id=shown)
        assert f"No ticket {hidden}" in await refusal(client, "find_similar_tickets", ticket_id=hidden)
        assert f"No ticket {hidden}" in await refusal(client, "get_sla_status", ticket_ids=hidden)
        due = await call(client, "get_sla_status", ticket_ids=[hidden, shown])
        assert [one["ticket_id"] for one in due["items"]] == [shown]
        alike = await call(client, "find_similar_tickets", text="Payroll printer leaks")
        assert hidden not in {one["id"] for one in alike["items"]}
        assert f"No ticket {hidden}" in await refusal(
            client, "preview_macro", macro_id="ask-for-details", ticket_id=hidden
        )
        for tool, arguments in tools_of(hidden, shown).items():
            text = await refusal(client, tool, **arguments, idempotency_key=str(uuid4()))
            assert text.startswith(f"No ticket {hidden}"), tool
        assert "There is no queue `it-support`" in await refusal(client, "create_ticket", **a_ticket())
        moved = {"ticket_id": shown, "queue_id": "it-support"}
        assert "There is no queue `it-support`" in await refusal(client, "update_ticket", **moved)
        with pytest.raises(Exception, match=f"No ticket {hidden}"):
            await client.read_resource(f"ticket://{hidden}")


def test_every_scope_of_the_server_is_used() -> None:
    tools = compose_to_describe("ticketing").registry.tools.values()
    assert frozenset().union(*(tool.scopes for tool in tools)) == frozenset(SCOPES)
    assert [tool.name for tool in tools if "tickets:reply" in tool.scopes] == ["add_public_reply"]

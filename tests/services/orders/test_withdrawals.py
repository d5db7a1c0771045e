"""The person who requested a refund takes the request back; others need the scope to decline it."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from servicekit.core.allowances import Allowances
from servicekit.core.caller import Caller, ToolsetFilter
from servicekit.server.service import Service
from servicekit.testing.service import caller, connect
from tests.fixtures.calls import call, confirmed, refusal, walk
from tests.fixtures.databases import owner_of

from .scene import one_of


def clerk_named(subject: str, *scopes: str) -> Caller:
    """A caller whose every refund needs approval."""
    who = caller("orders:read", *(scopes or ("orders:write",)), subject=subject, tenant="acme")
    return replace(who, allowances=Allowances(refunds=()))


ANN, BEN = clerk_named("ann"), clerk_named("ben")
BOSS = clerk_named("boss", "orders:approve")
WRITING_BOSS = clerk_named("boss", "orders:write", "orders:approve")


@pytest.fixture
async def ann(own_service: Service) -> AsyncIterator[Client]:
    async with connect(own_service, ANN) as client:
        yield client


async def request_of(client: Client) -> dict[str, Any]:
    """A request for a refund of a delivered order, by the person of this client."""
    order = await one_of(client, "delivered", 3)
    wish = {"order_id": order["number"], "reason": "damaged", "amount_minor": 2}
    made = await confirmed(client, "issue_refund", **wish)
    assert made["outcome"] == "requested"
    return made


async def test_requesters_withdraw_their_own_request(ann: Client, own: DatabaseUrls) -> None:
    made = await request_of(ann)
    assert "withdraw_refund" in {tool.name for tool in (await ann.list_tools()).tools}
    done = await call(ann, "withdraw_refund", refund_id=made["refund_id"])
    assert (done["outcome"], done["explanation"]) == ("withdrawn", "Withdrawn. No money moved.")
    assert done["refundable"] == made["refundable"]
    request = (await call(ann, "get_order", order_id=made["order_id"]))["refund_requests"][-1]
    assert (request["status"], request["requested_by"], request["decided_by"]) == ("withdrawn", "ann", "ann")
    last = (await call(ann, "get_order_timeline", order_id=made["order_id"], limit=100))["items"][-1]
    assert (last["kind"], last["made_by"], last["amount"]) == ("refund_withdrawn", "ann", made["amount"])
    assert made["refund_id"] not in {row["refund_id"] for row in await walk(ann, "list_approvals", limit=100)}
    async with owner_of(own) as connection:
        rows = await connection.fetch("SELECT entry FROM orders.audit_log WHERE entry LIKE '%withdraw_refund%'")
    entries = [json.loads(row[0]) for row in rows]
    assert [(entry["subject"], entry["outcome"]) for entry in entries] == [("ann", "ok")], entries
    again = await refusal(ann, "withdraw_refund", refund_id=made["number"])
    assert "was withdrawn by ann on" in again


async def test_others_do_not_withdraw_a_request(ann: Client, own_service: Service) -> None:
    made = await request_of(ann)
    for who in (BEN, WRITING_BOSS):
        async with connect(own_service, who) as other:
            for refund_id in (made["refund_id"], made["number"]):
                text = await refusal(other, "withdraw_refund", refund_id=refund_id)
                assert "ann requested this refund of" in text
    async with connect(own_service, BEN) as other:
        text = await refusal(other, "decline_refund", refund_id=made["refund_id"], reason="No")
        assert "orders:approve" in text
    async with connect(own_service, BOSS) as boss:
        assert "orders:write" in await refusal(boss, "withdraw_refund", refund_id=made["refund_id"])
        declined = await call(boss, "decline_refund", refund_id=made["refund_id"], reason="No photo")
    assert (declined["outcome"], declined["explanation"]) == ("declined", "Declined. No money moved.")
    assert "was declined by boss on" in await refusal(ann, "withdraw_refund", refund_id=made["refund_id"])


async def test_an_order_number_means_the_own_request(ann: Client, own_service: Service) -> None:
    async with connect(own_service, BEN) as ben:
        first, second = await request_of(ann), await request_of(ben)
        assert first["number"] == second["number"]
        done = await call(ann, "withdraw_refund", refund_id=first["number"])
        assert done["refund_id"] == first["refund_id"]
        assert "ben requested this refund" in await refusal(ann, "withdraw_refund", refund_id=second["refund_id"])


async def test_approvers_who_decline_their_own_request_withdraw_it(own_service: Service) -> None:
    async with connect(own_service, WRITING_BOSS) as boss:
        made = await request_of(boss)
        done = await call(boss, "decline_refund", refund_id=made["refund_id"], reason="By mistake")
        assert done["outcome"] == "withdrawn"
        last = (await call(boss, "get_order_timeline", order_id=made["order_id"], limit=100))["items"][-1]
        assert last["kind"] == "refund_withdrawn"


async def test_a_withdrawn_request_is_not_approved(ann: Client, own_service: Service) -> None:
    made = await request_of(ann)
    await call(ann, "withdraw_refund", refund_id=made["refund_id"])
    async with connect(own_service, BOSS) as boss:
        key = str(uuid4())
        text = await refusal(boss, "approve_refund", refund_id=made["refund_id"], idempotency_key=key)
        assert "was withdrawn by ann on" in text


async def test_the_list_of_refunds_knows_withdrawn_ones(ann: Client, own_service: Service) -> None:
    made = await request_of(ann)
    await call(ann, "withdraw_refund", refund_id=made["refund_id"])
    async with connect(own_service, replace(ANN, toolset_filter=ToolsetFilter(frozenset({"lists"})))) as client:
        for status, is_listed in (("withdrawn", True), ("declined", False), (None, True)):
            more = {"status": status} if status else {}
            rows = await walk(client, "list_refunds", limit=100, **more)
            assert [row["status"] for row in rows if row["id"] == made["refund_id"]] == ["withdrawn"] * is_listed

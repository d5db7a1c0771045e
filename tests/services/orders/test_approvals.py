"""Refunds beyond the limits: a second person approves or declines them, once, and the order is looked at again."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.models.money import display
from servicekit.server.service import Service
from servicekit.testing.service import caller, connect
from tests.fixtures.calls import call, confirmed, preview, refusal, walk
from tests.fixtures.databases import owner_of, service_on

from .scene import one_of, stock_of

POLICY = """---
version: 1
clients:
  tests:
    refunds:
      - {scope: "orders:write", amounts: {EUR: 1000}, days: 3650}
...
"""
SCOPES = ("orders:read", "orders:write")
CLERK = caller(*SCOPES, subject="clerk")
BOSS = caller(*SCOPES, "orders:approve", subject="boss")
STRANGER = caller(*SCOPES, "orders:approve", subject="boss", tenant="globex")


@pytest.fixture
async def shop(own: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Service]:
    """The server with a policy: refunds of at most 10.00 EUR of one order without approval."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    service = service_on("orders", own, policy_file=str(policy))
    async with service.running():
        yield service


@pytest.fixture
async def clerk(shop: Service) -> AsyncIterator[Client]:
    async with connect(shop, CLERK) as client:
        yield client


@pytest.fixture
async def boss(shop: Service) -> AsyncIterator[Client]:
    async with connect(shop, BOSS) as client:
        yield client


async def delivered(client: Client) -> dict[str, Any]:
    """A delivered order in EUR without refunds, whose first line is worth more than the limit."""
    for place in range(40):
        order = await one_of(client, "delivered", place)
        worth = order["items"][0]["total"]["amount_minor"]
        if not order["refunds"] and order["total"]["currency"] == "EUR" and worth > 2500:
            return order
    raise AssertionError("no delivered order fits")


async def requested(client: Client, order: dict[str, Any], **wish: Any) -> dict[str, Any]:
    done = await confirmed(client, "issue_refund", order_id=order["number"], reason="damaged", **wish)
    assert done["outcome"] == "requested"
    return done


async def state(client: Client, order: dict[str, Any]) -> tuple[int, list[str]]:
    """What was refunded of an order, and the status of each request."""
    now = await call(client, "get_order", order_id=order["id"])
    money = await call(client, "get_payment_status", order_id=order["id"])
    return money["refunded"]["amount_minor"], [one["status"] for one in now["refund_requests"]]


async def test_a_large_refund_waits_for_a_second_person(clerk: Client, boss: Client) -> None:
    order = await delivered(clerk)
    line = order["items"][0]
    wish = {"lines": [{"sku": line["sku"], "quantity": line["quantity"]}], "restock": "ams-1"}
    quote = await call(clerk, "quote_refund", order_id=order["number"], lines=wish["lines"])
    assert quote["needs_approval"]
    shown, code = await preview(
        clerk, "issue_refund", order_id=order["number"], reason="damaged", note="Both cracked", **wish
    )
    assert (shown["needs_approval"], shown["explanation"]) == (True, quote["explanation"])
    assert "No money moves until a second person" in shown["effect"]
    done = await call(clerk, "orders_confirm_action", code=code)
    assert (done["outcome"], done["status"], done["refundable"]) == ("requested", "delivered", order["total"])
    assert await state(clerk, order) == (0, ["requested"])

    money = await call(clerk, "get_payment_status", order_id=order["id"])
    assert [one["id"] for one in money["waiting_refunds"]] == [done["refund_id"]]
    (waiting,) = await walk(boss, "list_approvals")
    assert waiting["refund_id"] == done["refund_id"]
    assert (waiting["requested_by"], waiting["number"], waiting["amount"]) == (
        "clerk",
        order["number"],
        quote["amount"],
    )
    assert "Both cracked" in waiting["note"]
    shown, code = await preview(boss, "approve_refund", refund_id=order["number"])
    for words in (order["number"], display(**quote["amount"]), line["sku"], "ams-1", "clerk requested it"):
        assert words in shown["effect"]
    assert "Both cracked" in shown["shown"]["note of the request"]
    stock = await stock_of(boss, line["sku"])
    approved = await call(boss, "orders_confirm_action", code=code)
    assert (approved["outcome"], approved["amount"]) == ("refunded", quote["amount"])
    assert await state(clerk, order) == (quote["amount"]["amount_minor"], ["refunded"])
    now = await call(clerk, "get_order", order_id=order["id"])
    assert now["items"][0]["refunded"] == line["quantity"]
    assert {one["request_id"] for one in now["refunds"]} == {done["refund_id"]}
    request = now["refund_requests"][0]
    assert (request["requested_by"], request["decided_by"], request["lines"]) == ("clerk", "boss", quote["lines"])
    after = await stock_of(boss, line["sku"])
    assert after["available"] == stock["available"] + line["quantity"]
    kinds = [event["kind"] for event in (await call(boss, "get_order_timeline", order_id=order["id"]))["items"]]
    assert set(kinds[kinds.index("refund_requested") + 1 :]) == {"refunded"}
    assert await walk(boss, "list_approvals") == []
    text = await refusal(boss, "approve_refund", refund_id=done["refund_id"], idempotency_key=str(uuid4()))
    assert "was approved by boss on" in text


async def test_a_small_refund_is_made_at_once(clerk: Client) -> None:
    order = await delivered(clerk)
    done = await confirmed(clerk, "issue_refund", order_id=order["id"], reason="goodwill", amount_minor=600)
    assert (done["outcome"], done["needs_approval"]) == ("refunded", False)
    done = await confirmed(clerk, "issue_refund", order_id=order["id"], reason="goodwill", amount_minor=500)
    assert done["outcome"] == "requested", "parts of a large refund do not stay below the limit"


async def test_requesters_cannot_approve_their_own_refund(boss: Client, shop: Service) -> None:
    order = await delivered(boss)
    await requested(boss, order)
    text = await refusal(boss, "approve_refund", refund_id=order["number"], idempotency_key=str(uuid4()))
    assert "You requested this refund yourself" in text
    twin = caller(*SCOPES, "orders:approve", subject="boss", client_id="another-client")
    async with connect(shop, twin) as client:
        text = await refusal(client, "approve_refund", refund_id=order["number"], idempotency_key=str(uuid4()))
        assert "You requested this refund yourself" in text
    assert await state(boss, order) == (0, ["requested"])


async def test_approving_needs_its_own_scope(clerk: Client) -> None:
    order = await delivered(clerk)
    done = await requested(clerk, order)
    for tool, more in (("approve_refund", {}), ("decline_refund", {"reason": "No"})):
        arguments = {"refund_id": done["refund_id"], "idempotency_key": str(uuid4()), **more}
        assert "orders:approve" in await refusal(clerk, tool, **arguments)
    assert [row["refund_id"] for row in await walk(clerk, "list_approvals")] == [done["refund_id"]]


async def test_another_tenant_sees_and_approves_nothing(clerk: Client, shop: Service) -> None:
    order = await delivered(clerk)
    done = await requested(clerk, order)
    async with connect(shop, STRANGER) as client:
        assert await walk(client, "list_approvals") == []
        for refund_id in (done["refund_id"], order["id"]):
            text = await refusal(client, "approve_refund", refund_id=refund_id, idempotency_key=str(uuid4()))
            assert "No refund" in text


async def test_a_declined_refund_moves_no_money(clerk: Client, boss: Client) -> None:
    order = await delivered(clerk)
    done = await requested(clerk, order)
    declined = await call(boss, "decline_refund", refund_id=done["refund_id"], reason="Out of warranty <b>")
    assert (declined["outcome"], declined["refundable"]) == ("declined", order["total"])
    assert await state(clerk, order) == (0, ["declined"])
    now = await call(clerk, "get_order", order_id=order["id"])
    assert "Out of warranty <b>" in now["refund_requests"][0]["decision_note"]
    for again in ("approve_refund", "decline_refund"):
        more = {"reason": "No"} if again == "decline_refund" else {"idempotency_key": str(uuid4())}
        assert "was declined by boss" in await refusal(boss, again, refund_id=done["refund_id"], **more)
    text = await refusal(boss, "approve_refund", refund_id=order["number"], idempotency_key=str(uuid4()))
    assert f"No refund of order {order['number']} waits for approval. The requested refund of" in text


async def test_an_expired_request_is_refused_with_its_date(clerk: Client, boss: Client, own: DatabaseUrls) -> None:
    order = await delivered(clerk)
    done = await requested(clerk, order)
    async with owner_of(own) as connection:
        await connection.execute(
            "UPDATE orders.refund_requests SET requested_at = '2026-01-01', expires_at = '2026-01-08' WHERE id = $1",
            done["refund_id"],
        )
    assert await state(clerk, order) == (0, ["expired"])
    assert await walk(boss, "list_approvals") == []
    for refund_id in (done["refund_id"], order["number"]):
        text = await refusal(boss, "approve_refund", refund_id=refund_id, idempotency_key=str(uuid4()))
        assert "expired on 2026-01-08. No money moved. Ask for it again with issue_refund." in text
    assert "expired on" in await refusal(boss, "decline_refund", refund_id=done["refund_id"], reason="Late")


async def test_approval_looks_at_the_captured_balance_again(clerk: Client, boss: Client) -> None:
    order = await delivered(clerk)
    first, second = await requested(clerk, order), None
    shown, _ = await preview(clerk, "issue_refund", order_id=order["id"], reason="damaged")
    assert "Already waiting for approval on this order" in shown["effect"]
    second = await requested(clerk, order, lines=order["items"][0]["sku"])
    text = await refusal(boss, "approve_refund", refund_id=order["number"], idempotency_key=str(uuid4()))
    assert first["refund_id"] in text
    assert second["refund_id"] in text
    await confirmed(boss, "approve_refund", refund_id=second["refund_id"])
    text = await refusal(boss, "approve_refund", refund_id=first["refund_id"], idempotency_key=str(uuid4()))
    assert "can be refunded by now, less than the requested" in text
    await call(boss, "decline_refund", refund_id=first["refund_id"], reason="Refunded meanwhile")
    refunded, statuses = await state(clerk, order)
    assert refunded == second["amount"]["amount_minor"]
    assert sorted(statuses) == ["declined", "refunded"]


async def test_approval_looks_at_the_pieces_again(clerk: Client, boss: Client, own: DatabaseUrls) -> None:
    order = await delivered(clerk)
    sku = order["items"][0]["sku"]
    first, second = await requested(clerk, order, lines=sku), await requested(clerk, order, lines=[sku])
    async with owner_of(own) as connection:  # enough money is left, whatever the pieces cost
        await connection.execute(
            "UPDATE orders.payments SET amount_minor = amount_minor * 3, captured_minor = captured_minor * 3 "
            "WHERE order_id = $1",
            order["id"],
        )
    await confirmed(boss, "approve_refund", refund_id=first["refund_id"])
    text = await refusal(boss, "approve_refund", refund_id=second["refund_id"], idempotency_key=str(uuid4()))
    assert f"Only 0 pieces of {sku} in order {order['number']} are not refunded by now" in text


async def test_a_confirmed_approval_of_a_changed_order_is_refused(clerk: Client, boss: Client) -> None:
    order = await delivered(clerk)
    await requested(clerk, order)
    _, code = await preview(boss, "approve_refund", refund_id=order["number"])
    await call(clerk, "update_order_notes", order_id=order["id"], notes="Call first")
    assert "changed since" in await refusal(boss, "orders_confirm_action", code=code)
    assert await state(boss, order) == (0, ["requested"])


async def test_only_ten_requests_of_an_order_wait(clerk: Client) -> None:
    order = await delivered(clerk)
    for _ in range(10):
        await requested(clerk, order, amount_minor=1500)
    text = await refusal(
        clerk, "issue_refund", order_id=order["id"], reason="damaged", amount_minor=1500, idempotency_key=str(uuid4())
    )
    assert "10 refunds of order" in text
    pages = await call(clerk, "list_approvals", limit=4)
    assert len(pages["items"]) == 4
    assert len(await walk(clerk, "list_approvals", limit=4)) == 10


async def test_the_policy_resource_names_the_readers_limits(clerk: Client) -> None:
    text = (await clerk.read_resource("policy://refunds")).contents[0].text  # type: ignore[union-attr]
    assert text.endswith("- Up to 10.00 EUR of one order, and no other currency, within 3650 days.\n")


@pytest.mark.parametrize("refund_id", ["the lamp", "ORD-99999999", "0198c5b2-7c1e-7d3a-9b54-1f0e2d3c4b5a", "99999999"])
async def test_unknown_refunds_are_refused_in_words(boss: Client, refund_id: str) -> None:
    text = await refusal(boss, "approve_refund", refund_id=refund_id, idempotency_key=str(uuid4()))
    assert "list_approvals" in text


async def test_an_approval_names_what_else_waits_and_was_sent_again(clerk: Client, boss: Client) -> None:
    order = await delivered(clerk)
    sku, parcel = order["items"][0]["sku"], order["shipments"][0]
    one = [{"sku": sku, "quantity": 1}]
    second = await requested(clerk, order, lines=one, restock="ams-1")
    shown, _ = await preview(boss, "approve_refund", refund_id=second["refund_id"])
    assert "but the pieces go back into ams-1 for sale" in shown["effect"]
    assert not any(words in shown["effect"] for words in ("Already waiting", "Sent again"))
    sent = await call(
        clerk,
        "create_shipment",
        order_id=order["id"],
        carrier="DHL",
        replaces=parcel["id"],
        lines=one,
        location="ams-1",
    )
    assert f"A refund of these pieces waits for approval: {display(**second['amount'])} (1 of {sku})" in sent["notice"]
    first = await requested(clerk, order, amount_minor=1200)
    shown, _ = await preview(boss, "approve_refund", refund_id=first["refund_id"])
    assert f"Sent again already: 1 of {sku} (in transit)" in shown["effect"]
    assert f"Already waiting for approval on this order: {display(**second['amount'])}." in shown["effect"]

"""Who made each event of an order, as far as it is known."""

from typing import Any

from mcp.client import Client

from tests.fixtures.calls import call

from .scene import one_of


async def events(client: Client, order_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await call(client, "get_order_timeline", order_id=order_id))["items"]
    return found


async def test_timeline_names_the_acting_subject(clerk: Client) -> None:
    order = await one_of(clerk, "paid")
    await call(clerk, "update_order_notes", order_id=order["id"], notes="Gift wrap.")
    await call(clerk, "create_shipment", order_id=order["id"], carrier="DHL")
    made = [(event["kind"], event["actor"], event["made_by"]) for event in (await events(clerk, order["id"]))[-2:]]
    assert made == [("note_changed", "staff", "clerk"), ("shipped", "staff", "clerk")]


async def test_timeline_of_a_draft_begins_with_its_author(clerk: Client) -> None:
    email = (await one_of(clerk, "paid"))["customer_email"]
    lines = [{"sku": "MUG-0001", "quantity": 1}]
    draft = await call(clerk, "create_draft_order", customer_id=email, items=lines)
    (created,) = await events(clerk, draft["order_id"])
    assert (created["kind"], created["made_by"]) == ("draft_created", "clerk")
    assert (await call(clerk, "get_order", order_id=draft["order_id"]))["channel"] == "back_office"


async def test_events_of_customers_and_systems_name_no_account(acme: Client) -> None:
    order = await one_of(acme, "delivered")
    for event in await events(acme, order["id"]):
        assert ("made_by" in event) == (event["actor"] == "staff")


async def test_events_of_returns_name_pieces_and_warehouse(clerk: Client) -> None:
    order = await one_of(clerk, "delivered")
    item = order["items"][0]
    sku, count = item["sku"], item["quantity"]
    before = len(await events(clerk, order["id"]))
    wish = {"order_id": order["id"], "reason": "damaged", "lines": [sku], "note": "Cracked"}
    returned = await call(clerk, "request_return", **wish)
    step = {"return_id": returned["id"]}
    await call(clerk, "update_return", **step, status="received", location="ams-1")
    await call(clerk, "update_return", **step, status="inspected", lines=[{"sku": sku, "damaged": 1}])
    notes = [event["note"] for event in (await events(clerk, order["id"]))[before:]]
    pieces = f"{count} of {sku}"
    assert f"{pieces}. Cracked" in notes[0]
    assert f"{pieces} in ams-1" in notes[1]
    assert f"{pieces} (1 damaged)" in notes[2]


async def test_events_of_drafts_say_what_changed(clerk: Client) -> None:
    email = (await one_of(clerk, "paid"))["customer_email"]
    lines = [{"sku": "MUG-0001", "quantity": 1}]
    draft = await call(clerk, "create_draft_order", customer_id=email, items=lines)
    change = [{"sku": "MUG-0001", "quantity": 3}, {"sku": "LMP-0001", "quantity": 2}]
    wish = {"items": change, "discount_percent": 5, "discount_reason": "Late delivery"}
    await call(clerk, "update_draft_order", order_id=draft["order_id"], **wish)
    (_, changed) = await events(clerk, draft["order_id"])
    assert "MUG-0001: 1 to 3; LMP-0001: 2 added; discount 5 %: Late delivery" in changed["note"]

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

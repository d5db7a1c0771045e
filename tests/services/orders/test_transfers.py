"""Transfers between warehouses: both sides or none, and reserved pieces stay."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.adapters.stock_writer import PostgresStockWriter
from orders_mcp.models.adjustments import MAX_ON_HAND
from servicekit.core.caller import acting_as
from servicekit.storage.postgres.database import Database
from tests.fixtures.calls import call, confirmed, preview, refusal
from tests.fixtures.databases import owner_of

from .scene import CLERK, one_of, stock_of

SKU = "LMP-0001"
ASKED = {"sku": SKU, "from_location": "ams-1", "to_location": "cmh-1", "quantity": 1}


async def shelves(client: Client) -> dict[str, dict[str, Any]]:
    return {shelf["location"]: shelf for shelf in (await stock_of(client, SKU))["locations"]}


async def entries(own: DatabaseUrls, reference: str) -> list[tuple[Any, ...]]:
    """The ledger entries of a transfer, with the stock of their shelf now."""
    async with owner_of(own) as connection:
        rows = await connection.fetch(
            "SELECT a.location, a.change, a.balance - i.on_hand, a.reason, a.made_by "
            "FROM orders.inventory_adjustments AS a JOIN orders.inventory AS i USING (tenant_id, sku, location) "
            "WHERE a.reference = $1 ORDER BY a.location",
            reference,
        )
    return [tuple(row) for row in rows]


async def test_transfer_changes_both_warehouses(clerk: Client, own: DatabaseUrls) -> None:
    before = await shelves(clerk)
    asked = {**ASKED, "from_location": "Amsterdam", "quantity": before["ams-1"]["available"]}
    shown, code = await preview(clerk, "transfer_stock", **asked)
    assert await shelves(clerk) == before, "a preview changes nothing"
    for words in (f"Moves {asked['quantity']} {SKU} from ams-1 to cmh-1", "0 available"):
        assert words in shown["effect"]
    done = await call(clerk, "orders_confirm_action", code=code)
    after = await shelves(clerk)
    assert (done["source"], done["target"]) == (after["ams-1"], after["cmh-1"])
    assert (after["ams-1"]["on_hand"], after["cmh-1"]["on_hand"]) == (
        shown["source_on_hand_after"],
        shown["target_on_hand_after"],
    )
    moved = asked["quantity"]
    assert after["ams-1"]["on_hand"] == before["ams-1"]["reserved"] == before["ams-1"]["on_hand"] - moved
    assert after["cmh-1"]["on_hand"] == before["cmh-1"]["on_hand"] + moved
    assert after["sin-1"] == before["sin-1"]
    assert await entries(own, done["reference"]) == [
        ("ams-1", -moved, 0, "transferred", CLERK.subject),
        ("cmh-1", moved, 0, "transferred", CLERK.subject),
    ]


async def test_first_pieces_open_a_shelf(clerk: Client, own: DatabaseUrls) -> None:
    before = await shelves(clerk)
    assert "cmh-2" not in before
    shown, _ = await preview(clerk, "transfer_stock", **{**ASKED, "to_location": "cmh-2"})
    assert shown["target_on_hand_after"] == 1
    assert "cmh-2" not in await shelves(clerk), "a preview opens no shelf"
    done = await confirmed(clerk, "transfer_stock", **{**ASKED, "to_location": "cmh-2"})
    assert (done["target"]["on_hand"], done["source"]["on_hand"]) == (1, before["ams-1"]["on_hand"] - 1)
    assert len(await entries(own, done["reference"])) == 2


async def test_reserved_pieces_cannot_move(clerk: Client, writer: Database) -> None:
    order = await one_of(clerk, "paid")
    with acting_as(CLERK):
        async with writer.transaction():
            await PostgresStockWriter(writer).reserve(UUID(order["id"]), {SKU: 2}, "ams-1")
    before = await shelves(clerk)
    available = before["ams-1"]["available"]
    too_many = {**ASKED, "quantity": available + 1, "idempotency_key": str(uuid4())}
    text = await refusal(clerk, "transfer_stock", **too_many)
    assert f"only {available} pieces of {SKU} in ams-1 can move" in text
    assert f"Available in other warehouses: sin-1 {before['sin-1']['available']}." in text
    assert await shelves(clerk) == before
    assert order["number"] in {one["order_number"] for one in before["ams-1"]["reservations"]}


async def test_changed_target_needs_a_new_preview(clerk: Client) -> None:
    _, code = await preview(clerk, "transfer_stock", **ASKED)
    await confirmed(clerk, "adjust_inventory", sku=SKU, location="cmh-1", change=1, reason="received")
    assert "changed since the preview" in await refusal(clerk, "orders_confirm_action", code=code)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"to_location": "ams-1"}, "from_location and to_location are both ams-1. Name two warehouses."),
        ({"to_location": "Amsterdam"}, "are both ams-1"),
        ({"from_location": "xyz-9"}, "There is no warehouse `xyz-9` (from_location). Nearest: ams-1"),
        ({"to_location": "xyz-9"}, "(to_location)"),
        ({"to_location": "cmh"}, "to_location could be cmh-1"),
        ({"from_location": "cmh-2"}, f"There is no warehouse with {SKU} `cmh-2` (from_location). Nearest: cmh-1"),
        ({"sku": "XYZ-0001"}, "There is no product `XYZ-0001` (sku)"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": "1"}, "quantity"),
        ({"quantity": 1_000_001}, "quantity"),
    ],
)
async def test_invalid_transfers_are_refused(refused_clerk: Client, changes: dict[str, Any], words: str) -> None:
    before = await shelves(refused_clerk)
    asked = {**ASKED, "idempotency_key": str(uuid4()), **changes}
    assert words in await refusal(refused_clerk, "transfer_stock", **asked)
    assert await shelves(refused_clerk) == before


async def test_target_has_an_upper_limit(clerk: Client, own: DatabaseUrls) -> None:
    async with owner_of(own) as connection:
        await connection.execute(
            "UPDATE orders.inventory SET on_hand = $1 WHERE sku = $2 AND location = 'cmh-1'", MAX_ON_HAND, SKU
        )
    text = await refusal(clerk, "transfer_stock", **ASKED, idempotency_key=str(uuid4()))
    assert f"more than {MAX_ON_HAND} pieces" in text


async def test_repeated_call_moves_once(clerk: Client) -> None:
    before = await shelves(clerk)
    key = str(uuid4())
    first = await confirmed(clerk, "transfer_stock", **ASKED, idempotency_key=key)
    again = await call(clerk, "transfer_stock", **ASKED, idempotency_key=key)
    assert again["reference"] == first["reference"]
    assert (await shelves(clerk))["ams-1"]["on_hand"] == before["ams-1"]["on_hand"] - 1

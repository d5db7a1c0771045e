"""Reserving, releasing, taking and restocking pieces of an order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.adapters.stock_writer import PostgresStockWriter
from servicekit.core.caller import acting_as
from servicekit.core.errors import Refused
from servicekit.storage.postgres.database import Database
from tests.fixtures.calls import call, confirmed
from tests.fixtures.databases import owner_of

from .scene import CLERK, one_of

SKU, OTHER = "LMP-0001", "MUG-0001"
ON_HAND = {(SKU, "ams-1"): 10, (SKU, "cmh-1"): 4, (SKU, "sin-1"): 0, (OTHER, "ams-1"): 3, (OTHER, "cmh-1"): 3}


class Shop:
    """Stock of two products that only the orders of a test have reserved."""

    def __init__(self, own: DatabaseUrls, writer: Database) -> None:
        self._own, self._writer = own, writer

    async def empty(self) -> None:
        async with owner_of(self._own) as connection:
            await connection.execute("DELETE FROM orders.reservations WHERE sku = ANY ($1)", [SKU, OTHER])
            await connection.execute(
                "UPDATE orders.inventory SET on_hand = 0, reserved = 0 WHERE sku = ANY ($1)", [SKU, OTHER]
            )
            for (sku, location), pieces in ON_HAND.items():
                await connection.execute(
                    "UPDATE orders.inventory SET on_hand = $3 WHERE sku = $1 AND location = $2", sku, location, pieces
                )

    @asynccontextmanager
    async def stock(self) -> AsyncIterator[PostgresStockWriter]:
        """The operations, in one transaction."""
        with acting_as(CLERK):
            async with self._writer.transaction():
                yield PostgresStockWriter(self._writer)

    async def shelves(self) -> dict[tuple[str, str], tuple[int, int]]:
        """(on hand, reserved) of each shelf that has either."""
        async with owner_of(self._own) as connection:
            rows = await connection.fetch(
                "SELECT sku, location, on_hand, reserved, (SELECT coalesce(sum(quantity), 0) FROM orders.reservations "
                "AS r WHERE r.sku = i.sku AND r.location = i.location) AS held FROM orders.inventory AS i "
                "WHERE sku = ANY ($1) AND (on_hand > 0 OR reserved > 0)",
                [SKU, OTHER],
            )
        assert all(row["held"] == row["reserved"] for row in rows)
        return {(row["sku"], row["location"]): (row["on_hand"], row["reserved"]) for row in rows}

    async def last_entry(self, sku: str, location: str) -> Any:
        async with owner_of(self._own) as connection:
            return await connection.fetchrow(
                "SELECT change, balance, reason, note, made_by, reference FROM orders.inventory_adjustments "
                "WHERE sku = $1 AND location = $2 ORDER BY sequence DESC LIMIT 1",
                sku,
                location,
            )


@pytest.fixture
async def shop(own: DatabaseUrls, writer: Database) -> Shop:
    shop = Shop(own, writer)
    await shop.empty()
    return shop


@pytest.fixture
async def order(clerk: Client) -> dict[str, Any]:
    return await one_of(clerk, "paid")


async def test_whole_order_is_reserved_in_one_warehouse(shop: Shop, order: dict[str, Any]) -> None:
    async with shop.stock() as stock:
        held = await stock.reserve(UUID(order["id"]), {SKU: 4, OTHER: 3}, None)
    assert set(held) in ({(SKU, "ams-1"), (OTHER, "ams-1")}, {(SKU, "cmh-1"), (OTHER, "cmh-1")})
    assert await shop.shelves() == {key: (pieces, held.get(key, 0)) for key, pieces in ON_HAND.items() if pieces}


async def test_reservation_is_split_where_no_warehouse_has_all(shop: Shop, order: dict[str, Any]) -> None:
    async with shop.stock() as stock:
        held = await stock.reserve(UUID(order["id"]), {SKU: 12}, None)
    assert held == {(SKU, "ams-1"): 10, (SKU, "cmh-1"): 2}


async def test_reserving_again_replaces_the_reservation(shop: Shop, order: dict[str, Any]) -> None:
    async with shop.stock() as stock:
        await stock.reserve(UUID(order["id"]), {SKU: 3, OTHER: 3}, "ams-1")
    async with shop.stock() as stock:
        held = await stock.reserve(UUID(order["id"]), {SKU: 10}, None)
    assert held == {(SKU, "ams-1"): 10}
    assert (await shop.shelves())[OTHER, "ams-1"] == (3, 0)


async def test_shortage_names_products_and_warehouses(shop: Shop, order: dict[str, Any]) -> None:
    before = await shop.shelves()
    with pytest.raises(Refused) as refused:
        async with shop.stock() as stock:
            await stock.reserve(UUID(order["id"]), {SKU: 15, OTHER: 7}, None)
    assert str(refused.value) == (
        "Not enough LMP-0001: 15 needed, 14 available (ams-1 10, cmh-1 4). "
        "Not enough MUG-0001: 7 needed, 6 available (ams-1 3, cmh-1 3). "
        "Reserve fewer, or add stock with adjust_inventory first."
    )
    with pytest.raises(Refused, match="Not enough LMP-0001: 1 needed, 0 available in sin-1"):
        async with shop.stock() as stock:
            await stock.reserve(UUID(order["id"]), {SKU: 1}, "sin-1")
    assert await shop.shelves() == before


async def test_parcel_takes_reserved_pieces_first(shop: Shop, order: dict[str, Any]) -> None:
    async with shop.stock() as stock:
        await stock.reserve(UUID(order["id"]), {SKU: 3}, "ams-1")
    async with shop.stock() as stock:
        picking = await stock.take(UUID(order["id"]), {SKU: 2}, None)
    assert (picking.taken, picking.held, picking.notice) == ({(SKU, "ams-1"): 2}, {(SKU, "ams-1"): 1}, None)
    assert (await shop.shelves())[SKU, "ams-1"] == (8, 1)
    entry = await shop.last_entry(SKU, "ams-1")
    assert tuple(entry) == (-2, 8, "shipped", None, CLERK.subject, order["number"])


async def test_parcel_from_another_warehouse_frees_the_reservation(shop: Shop, order: dict[str, Any]) -> None:
    async with shop.stock() as stock:
        await stock.reserve(UUID(order["id"]), {SKU: 3}, "ams-1")
        await stock.take(UUID(order["id"]), {SKU: 2}, "cmh-1")
    shelves = await shop.shelves()
    assert (shelves[SKU, "ams-1"], shelves[SKU, "cmh-1"]) == ((10, 1), (2, 0))


async def test_parcel_without_reservation_leaves_the_stock(shop: Shop, order: dict[str, Any]) -> None:
    before = await shop.shelves()
    async with shop.stock() as stock:
        picking = await stock.take(UUID(order["id"]), {SKU: 2}, None)
    assert picking.notice is not None
    assert "not reduced by 2 LMP-0001" in picking.notice
    assert await shop.shelves() == before
    with pytest.raises(Refused, match="5 needed, 4 available in cmh-1"):
        async with shop.stock() as stock:
            await stock.take(UUID(order["id"]), {SKU: 5}, "cmh-1")


async def test_pieces_of_other_orders_cannot_be_taken(shop: Shop, clerk: Client, order: dict[str, Any]) -> None:
    other = await one_of(clerk, "paid", 1)
    async with shop.stock() as stock:
        await stock.reserve(UUID(other["id"]), {SKU: 9}, "ams-1")
    with pytest.raises(Refused, match="2 needed, 1 available in ams-1"):
        async with shop.stock() as stock:
            await stock.take(UUID(order["id"]), {SKU: 2}, "ams-1")


async def test_release_frees_some_or_all_pieces(shop: Shop, order: dict[str, Any]) -> None:
    async with shop.stock() as stock:
        await stock.reserve(UUID(order["id"]), {SKU: 3, OTHER: 2}, "ams-1")
    async with shop.stock() as stock:
        assert await stock.release(UUID(order["id"]), {SKU: 1}) == {(SKU, "ams-1"): 1}
    async with shop.stock() as stock:
        assert await stock.release(UUID(order["id"])) == {(SKU, "ams-1"): 2, (OTHER, "ams-1"): 2}
        assert await stock.release(UUID(order["id"])) == {}
    assert await shop.shelves() == {key: (pieces, 0) for key, pieces in ON_HAND.items() if pieces}


async def test_cancelled_order_releases_its_reservations(shop: Shop, clerk: Client, order: dict[str, Any]) -> None:
    async with shop.stock() as stock:
        await stock.reserve(UUID(order["id"]), {SKU: 3}, "ams-1")
    await confirmed(clerk, "cancel_order", order_id=order["id"], reason="Ordered twice")
    assert (await shop.shelves())[SKU, "ams-1"] == (10, 0)
    assert (await call(clerk, "get_order", order_id=order["id"]))["status"] == "cancelled"


async def test_restock_opens_a_shelf_for_a_new_product(shop: Shop, order: dict[str, Any]) -> None:
    async with shop.stock() as stock:
        await stock.restock({SKU: 2}, "cmh-2", "returned", "Box opened", order_id=UUID(order["id"]))
        await stock.restock({SKU: 1}, "cmh-2", "returned", None)
    assert (await shop.shelves())[SKU, "cmh-2"] == (3, 0)
    assert tuple(await shop.last_entry(SKU, "cmh-2")) == (1, 3, "returned", None, CLERK.subject, None)

"""Any mix of stock changes at once: no stock below zero, no reserved piece lost, every piece in the ledger."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.adapters.order_writer import PostgresOrderWriter
from orders_mcp.adapters.postgres import PostgresOrders
from orders_mcp.adapters.stock_writer import PostgresStockWriter
from orders_mcp.tools.adjustments import AdjustmentTools
from orders_mcp.tools.transfers import TransferTools
from servicekit.core.caller import acting_as
from servicekit.core.errors import Refused
from servicekit.storage.postgres.database import Database
from tests.fixtures.databases import owner_of

from .scene import CLERK, one_of

SKUS: Final = ("LMP-0001", "MUG-0001")
LOCATIONS: Final = ("ams-1", "cmh-1", "cmh-2")
"""The last keeps neither product at first."""
ON_HAND: Final = {(sku, location): 4 for sku in SKUS for location in LOCATIONS[:2]}
ORDERS: Final = 2

Operation = tuple[str, dict[str, Any]]

_FEW = st.integers(1, 5)
_SKU, _LOCATION, _ORDER = st.sampled_from(SKUS), st.sampled_from(LOCATIONS), st.integers(0, ORDERS - 1)
_PIECES = st.dictionaries(_SKU, _FEW, min_size=1)
_SOMEWHERE = st.none() | _LOCATION


def _calls(kind: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Operation]:
    return st.tuples(st.just(kind), st.fixed_dictionaries(arguments))


OPERATIONS: Final = st.one_of(
    _calls("adjust", sku=_SKU, location=_LOCATION, change=st.integers(-5, 3)),
    _calls("transfer", sku=_SKU, from_location=_LOCATION, to_location=_LOCATION, quantity=_FEW),
    _calls("reserve", order=_ORDER, pieces=_PIECES, location=_SOMEWHERE),
    _calls("release", order=_ORDER, pieces=st.none() | _PIECES),
    _calls("take", order=_ORDER, pieces=_PIECES, location=_SOMEWHERE),
    _calls("restock", pieces=_PIECES, location=_LOCATION),
)


class Shop:
    """Two products and two orders, on which operations run at once."""

    def __init__(self, owner: Any, writer: Database, orders: Sequence[str]) -> None:
        self._owner, self._writer, self._orders = owner, writer, orders
        shop, self._stock, self._changes = (
            PostgresOrders(writer),
            PostgresStockWriter(writer),
            PostgresOrderWriter(writer),
        )
        self._adjustments, self._transfers = AdjustmentTools(shop, self._stock), TransferTools(shop, self._stock)

    async def fill(self) -> None:
        """The stock of `ON_HAND`, of which nothing is reserved."""
        for table in ("reservations", "inventory_adjustments", "inventory"):
            await self._owner.execute(f"DELETE FROM orders.{table} WHERE sku = ANY ($1)", list(SKUS))
        for (sku, location), pieces in ON_HAND.items():
            await self._owner.execute(
                "INSERT INTO orders.inventory (tenant_id, sku, location, on_hand, reorder_point) "
                "VALUES ('acme', $1, $2, $3, 0)",
                *(sku, location, pieces),
            )

    async def done(self, operation: Operation) -> int | None:
        """Run it in a transaction of its own: the pieces that came, less those that went. None where it is refused."""
        kind, arguments = operation
        with acting_as(CLERK):
            try:
                async with self._writer.transaction():
                    return await self._run(kind, dict(arguments))
            except Refused:
                return None

    async def _run(self, kind: str, arguments: dict[str, Any]) -> int:
        if kind == "adjust":
            await self._adjustments.adjust_inventory(**arguments, reason="counted")
            return int(arguments["change"])
        if kind == "transfer":
            await self._transfers.transfer_stock(**arguments)
            return 0
        if kind == "restock":
            await self._stock.restock(arguments["pieces"], arguments["location"], "returned", None)
            return sum(arguments["pieces"].values())
        order = UUID(self._orders[arguments.pop("order")])
        await self._changes.lock(str(order))
        if kind == "take":
            return -sum((await self._stock.take(order, **arguments)).taken.values())
        await getattr(self._stock, kind)(order, **arguments)
        return 0

    async def shelves(self) -> list[Mapping[str, Any]]:
        """Each shelf with the sums of its reservations and of its ledger since `fill`."""
        rows: list[Mapping[str, Any]] = await self._owner.fetch(
            "SELECT sku, location, on_hand, reserved, "
            "(SELECT coalesce(sum(quantity), 0) FROM orders.reservations AS r "
            "WHERE r.sku = i.sku AND r.location = i.location) AS held, "
            "(SELECT coalesce(sum(change), 0) FROM orders.inventory_adjustments AS a "
            "WHERE a.sku = i.sku AND a.location = i.location) AS ledger "
            "FROM orders.inventory AS i WHERE sku = ANY ($1)",
            list(SKUS),
        )
        return rows

    async def transfers(self) -> list[Mapping[str, Any]]:
        """Each transfer: the number of its ledger entries, and their sum."""
        rows: list[Mapping[str, Any]] = await self._owner.fetch(
            "SELECT reference, count(*) AS entries, sum(change) AS change FROM orders.inventory_adjustments "
            "WHERE sku = ANY ($1) AND reason = 'transferred' GROUP BY reference",
            list(SKUS),
        )
        return rows


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.lists(OPERATIONS, min_size=2, max_size=8), min_size=1, max_size=3))
async def test_no_mix_of_changes_makes_stock_negative(
    clerk: Client, own: DatabaseUrls, writer: Database, rounds: list[list[Operation]]
) -> None:
    async with owner_of(own) as owner:
        shop = Shop(owner, writer, [(await one_of(clerk, "paid", place))["id"] for place in range(ORDERS)])
        await shop.fill()
        expected = sum(ON_HAND.values())
        for operations in rounds:
            outcomes = await asyncio.gather(*map(shop.done, operations))
            expected += sum(change for change in outcomes if change is not None)
            shelves = await shop.shelves()
            assert sum(shelf["on_hand"] for shelf in shelves) == expected
            for shelf in shelves:
                assert 0 <= shelf["reserved"] == shelf["held"] <= shelf["on_hand"]
                before = ON_HAND.get((shelf["sku"], shelf["location"]), 0)
                assert shelf["on_hand"] == before + shelf["ledger"]
            moved = await shop.transfers()
            assert [(one["entries"], one["change"]) for one in moved] == [(2, 0)] * len(moved)
            done = [outcome for outcome, (kind, _) in zip(outcomes, operations, strict=True) if kind == "transfer"]
            assert len(moved) >= sum(outcome is not None for outcome in done)

"""Each rule notices what breaks it. Constraints of the tables that forbid the same are dropped first."""

import random
from collections.abc import Mapping, Sequence
from typing import Final

import pytest

from devkit.stores.databases import DatabaseUrls
from tests.fixtures.databases import owner_of

from .invariants import OF_ORDER, OF_STOCK, broken
from .scenes import Stage

_REFUND: Final = """
INSERT INTO orders.refunds (tenant_id, order_id, payment_id, status, currency, amount_minor, reason, created_at)
SELECT 'acme', order_id, id, 'succeeded', 'EUR', 5, 'damaged', now() FROM orders.payments WHERE order_id = $1 LIMIT 1
"""
_SHIP: Final = (
    "INSERT INTO orders.shipments (tenant_id, order_id, status, carrier) VALUES ('acme', $1, 'preparing', 'DHL')"
)
_BREAKS: Final[Mapping[str, tuple[str, Sequence[str]]]] = {
    "refunded beyond captured": (
        "paid",
        ["UPDATE orders.payments SET refunded_minor = captured_minor + 1 WHERE order_id = $1"],
    ),
    "a payment's refunds do not add up": ("paid", [_REFUND]),
    "shipped after cancelled": ("pending", ["UPDATE orders.orders SET status = 'cancelled' WHERE id = $1", _SHIP]),
    "an event after the cancellation": (
        "paid",
        [
            "INSERT INTO orders.order_events (tenant_id, order_id, sequence, at, kind, actor) "
            f"VALUES ('acme', $1, {sequence}, now(), '{kind}', 'staff')"
            for sequence, kind in ((2, "cancelled"), (3, "shipped"))
        ],
    ),
    "a cancelled order keeps money": ("paid", ["UPDATE orders.orders SET status = 'cancelled' WHERE id = $1"]),
    "a refunded order keeps money": ("paid", ["UPDATE orders.orders SET status = 'refunded' WHERE id = $1"]),
    "delivered with parcels under way": ("shipped", ["UPDATE orders.orders SET status = 'delivered' WHERE id = $1"]),
    "a cancelled order reserves stock": (
        "shipped",
        [
            (
                "INSERT INTO orders.reservations (tenant_id, order_id, sku, location, quantity, reserved_at) "
                "SELECT 'acme', $1, sku, 'ams-1', 1, now() FROM orders.order_items WHERE order_id = $1 AND line = 1"
            ),
            "UPDATE orders.orders SET status = 'cancelled' WHERE id = $1",
        ],
    ),
    "the timeline has a gap": ("paid", ["UPDATE orders.order_events SET sequence = 3 WHERE order_id = $1"]),
    "stock is negative, or less than reserved": (
        "paid",
        ["UPDATE orders.inventory SET reserved = on_hand + 1 WHERE sku = $1"],
    ),
    "reservations do not add up": (
        "paid",
        ["UPDATE orders.inventory SET reserved = reserved + 1 WHERE sku = $1 AND location = 'cmh-1'"],
    ),
    "the ledger does not add up": ("paid", ["UPDATE orders.inventory SET on_hand = on_hand + 1 WHERE sku = $1"]),
    "a ledger's balance is wrong": (
        "paid",
        ["UPDATE orders.inventory_adjustments SET balance = balance + 1 WHERE sku = $1"],
    ),
}
_CHECKS: Final = (
    "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint "
    "WHERE contype = 'c' AND conrelid = ANY ('{orders.payments,orders.inventory,orders.inventory_adjustments}'"
    "::regclass[])"
)


def test_every_rule_has_a_break() -> None:
    assert _BREAKS.keys() == OF_ORDER.keys() | OF_STOCK.keys()


@pytest.mark.parametrize("rule", _BREAKS)
async def test_a_broken_rule_is_noticed(own: DatabaseUrls, rule: str) -> None:
    state, statements = _BREAKS[rule]
    async with owner_of(own) as owner:
        for row in await owner.fetch(_CHECKS):
            await owner.execute(row[0])
        stage = Stage(owner)
        await stage.start()
        scene = await stage.set(random.Random(1), state)
        assert await broken(owner, scene) == []
        for statement in statements:
            await owner.execute(statement, scene.skus[0] if rule in OF_STOCK else scene.order)
        assert rule in {found.partition(": ")[0] for found in await broken(owner, scene)}

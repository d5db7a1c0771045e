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
_PAID_REQUEST: Final = """
INSERT INTO orders.refund_requests (tenant_id, order_id, status, currency, amount_minor, items_minor, reason,
    requested_by, requested_at)
VALUES ('acme', $1, 'refunded', 'EUR', 5, 5, 'damaged', 'eve', now())
"""
_REPLACE: Final = """
INSERT INTO orders.shipments (tenant_id, order_id, status, carrier, replaces)
SELECT tenant_id, order_id, 'in_transit', 'DHL', id FROM orders.shipments WHERE order_id = $1
"""
_REPLACE_PIECES: Final = """
INSERT INTO orders.shipment_lines (tenant_id, order_id, shipment_id, sku, quantity)
SELECT s.tenant_id, s.order_id, s.id, i.sku, i.quantity + 1
FROM orders.shipments AS s JOIN orders.order_items AS i ON i.order_id = s.order_id
WHERE s.order_id = $1 AND s.replaces IS NOT NULL
"""
_REFUND_PIECES: Final = """
INSERT INTO orders.refund_lines (tenant_id, request_id, sku, quantity, amount_minor)
SELECT r.tenant_id, r.id, i.sku, i.quantity + 1, 1
FROM orders.refund_requests AS r JOIN orders.order_items AS i ON i.order_id = r.order_id
WHERE r.order_id = $1 AND r.status = 'refunded'
"""
_RESTOCK: Final = """
INSERT INTO orders.inventory_adjustments (
    tenant_id, sku, location, sequence, change, balance, reason, made_by, made_at, reference)
SELECT 'acme', i.sku, 'ams-1', 9, 1, 5, 'returned', 'races', now(), o.number
FROM orders.orders AS o JOIN orders.order_items AS i ON i.order_id = o.id WHERE o.id = $1
"""
_TRANSFER: Final = """
INSERT INTO orders.inventory_adjustments (
    tenant_id, sku, location, sequence, change, balance, reason, made_by, made_at, reference)
VALUES ('acme', $1, 'ams-1', 9, -1, 3, 'transferred', 'races', now(), 'TRF-1')
"""
_PLACE: Final = """
INSERT INTO orders.order_events (tenant_id, order_id, sequence, at, kind, actor)
VALUES ('acme', $1, 2, now(), 'placed', 'staff')
"""
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
    "more pieces sent than ordered": (
        "shipped",
        ["UPDATE orders.shipment_lines SET quantity = quantity + 1 WHERE order_id = $1"],
    ),
    "more pieces replaced than a parcel had": ("lost", [_REPLACE, _REPLACE_PIECES]),
    "more pieces in returns than sent": (
        "returning",
        ["UPDATE orders.return_lines SET quantity = quantity + 9 WHERE order_id = $1"],
    ),
    "more pieces restocked than accepted": (
        "returning",
        ["UPDATE orders.return_lines SET restocked = quantity, accepted = NULL WHERE order_id = $1"],
    ),
    "more pieces restocked than sent": ("paid", [_RESTOCK]),
    "more pieces refunded than ordered": ("delivered", [_PAID_REQUEST, _REFUND_PIECES]),
    "a request is not paid back as decided": ("delivered", [_PAID_REQUEST]),
    "an order is placed twice": ("paid", [_PLACE]),
    "a transfer has one side": ("paid", [_TRANSFER]),
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

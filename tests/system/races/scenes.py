"""The order that an interleaving is about, and the stock of its products, written by SQL."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg

LINES: Final = ((2, 1000), (1, 2590), (3, 700))
"""Quantity and unit price of each line, in euro cents."""
SUBTOTAL: Final = sum(quantity * price for quantity, price in LINES)
DISCOUNT, SHIPPING_FEE, TAX = 690, 490, 1298
TOTAL: Final = SUBTOTAL - DISCOUNT + SHIPPING_FEE + TAX
GIFT_CARD: Final = 2000
LOCATIONS: Final = ("ams-1", "cmh-1")
ON_HAND: Final = 4
"""Pieces of each product in each location: fewer than all callers together may want."""
STATES: Final = (
    *("draft", "draft", "pending", "paid", "paid", "paid", "shipped", "shipped", "lost"),
    *("delivered", "returning", "returning", "long delivered"),
)
_AGE: Final = {"long delivered": 200, "delivered": 5, "returning": 5}
_STATUS: Final = {"long delivered": "delivered", "returning": "delivered", "lost": "shipped"}
_PARCELS: Final = {"shipped": "in_transit", "lost": "lost"}
_REQUESTED: Final = (TOTAL, TOTAL // 2, 2000)


@dataclass(frozen=True)
class Scene:
    """One order.

    Attributes:
        order: its id.
        state: one of `STATES`.
        skus: the products of its lines.
        shipment: its parcel, if it has one.
        request: a refund of some amount that a colleague requested, if there is one.
        returned: a return of some pieces, in the state "returning".
        reserved: its pieces are reserved in the first of `LOCATIONS`.
        customer: whose it is.
    """

    order: UUID
    state: str
    skus: Sequence[str]
    shipment: UUID | None
    request: UUID | None
    returned: UUID | None
    reserved: bool
    customer: UUID


class Stage:
    """Writes scenes.

    Args:
        owner: a connection of the tables' owner, which acts for the tenant acme.
    """

    def __init__(self, owner: "asyncpg.Connection[Any]") -> None:
        self._owner = owner
        self._orders = 0

    async def start(self) -> None:
        """Choose the products and the customer of all scenes."""
        products = await self._owner.fetch("SELECT sku, name FROM orders.products ORDER BY sku LIMIT $1", len(LINES))
        self._products = [(row["sku"], row["name"]) for row in products]
        self._customer = await self._owner.fetchval(
            "SELECT id FROM orders.customers WHERE region = 'europe' ORDER BY email LIMIT 1"
        )

    async def set(self, luck: random.Random, state: str | None = None) -> Scene:
        """A new order, in that state or in one that is drawn, and its products in stock."""
        state = state or luck.choice(STATES)
        skus = [sku for sku, _ in self._products]
        scene = Scene(
            uuid4(),
            state,
            skus,
            uuid4() if state not in ("draft", "pending", "paid") else None,
            uuid4() if state not in ("draft", "pending") and luck.random() < 0.4 else None,
            uuid4() if state == "returning" else None,
            state in ("draft", "pending", "paid") and luck.random() < 0.5,
            self._customer,
        )
        async with self._owner.transaction():
            await self._fill_stock(skus)
            await self._write_order(scene)
            if scene.reserved:
                await self._reserve(scene)
            if scene.request:
                await self._write_request(scene, luck.choice(_REQUESTED), has_lines=luck.random() < 0.5)
            if scene.returned:
                await self._write_return(scene, luck.choice(("requested", "received", "inspected")))
        return scene

    async def _fill_stock(self, skus: Sequence[str]) -> None:
        for table in ("reservations", "inventory_adjustments"):
            await self._owner.execute(f"DELETE FROM orders.{table} WHERE sku = ANY ($1)", skus)
        await self._owner.execute(
            "UPDATE orders.inventory SET reserved = 0, on_hand = CASE WHEN location = ANY ($2) THEN $3 ELSE 0 END "
            "WHERE sku = ANY ($1)",
            *(skus, list(LOCATIONS), ON_HAND),
        )
        await self._owner.execute(
            "INSERT INTO orders.inventory_adjustments "
            "(tenant_id, sku, location, sequence, change, balance, reason, made_by, made_at) "
            "SELECT tenant_id, sku, location, 1, on_hand, on_hand, 'opening', 'races', now() FROM orders.inventory "
            "WHERE sku = ANY ($1) AND on_hand > 0",
            skus,
        )

    async def _write_order(self, scene: Scene) -> None:
        self._orders += 1
        at = datetime.now(UTC) - timedelta(days=_AGE.get(scene.state, 1))
        status = _STATUS.get(scene.state, scene.state)
        await self._owner.execute(
            "INSERT INTO orders.orders (tenant_id, id, number, customer_id, status, currency, subtotal_minor, "
            "discount_minor, shipping_fee_minor, tax_minor, total_minor, region, shipping_address, placed_at, "
            "updated_at) VALUES ('acme', $1, $2, $3, $4, 'EUR', $5, $6, $7, $8, $9, 'europe', 'Long Lane 1', $10, $10)",
            *(scene.order, f"ORD-9{self._orders:08d}", scene.customer, status),
            *(SUBTOTAL, DISCOUNT, SHIPPING_FEE, TAX, TOTAL, at),
        )
        await self._owner.executemany(
            "INSERT INTO orders.order_items (tenant_id, order_id, line, sku, name, quantity, unit_price_minor, "
            "total_minor) VALUES ('acme', $1, $2, $3, $4, $5, $6, $7)",
            [
                (scene.order, line, sku, name, quantity, price, quantity * price)
                for line, ((sku, name), (quantity, price)) in enumerate(zip(self._products, LINES, strict=True), 1)
            ],
        )
        if scene.state != "draft":
            await self._write_payments(scene.order, at, captured=scene.state != "pending")
        if scene.shipment is not None:
            await self._write_shipment(scene, status, at)
        await self._owner.execute(
            "INSERT INTO orders.order_events (tenant_id, order_id, sequence, at, kind, actor) "
            "VALUES ('acme', $1, 1, $2, $3, 'customer')",
            *(scene.order, at, "draft_created" if scene.state == "draft" else "placed"),
        )

    async def _reserve(self, scene: Scene) -> None:
        pieces = [quantity for quantity, _ in LINES]
        await self._owner.execute(
            "INSERT INTO orders.reservations (tenant_id, order_id, sku, location, quantity, reserved_at) "
            "SELECT 'acme', $1, sku, $4, quantity, now() FROM unnest($2::text[], $3::integer[]) AS l (sku, quantity)",
            *(scene.order, scene.skus, pieces, LOCATIONS[0]),
        )
        await self._owner.execute(
            "UPDATE orders.inventory AS i SET reserved = l.quantity FROM unnest($1::text[], $2::integer[]) "
            "AS l (sku, quantity) WHERE i.sku = l.sku AND i.location = $3",
            *(scene.skus, pieces, LOCATIONS[0]),
        )

    async def _write_payments(self, order: UUID, at: datetime, *, captured: bool) -> None:
        status = "captured" if captured else "authorized"
        await self._owner.executemany(
            "INSERT INTO orders.payments (tenant_id, order_id, method, status, currency, amount_minor, "
            "captured_minor, created_at, captured_at) VALUES ('acme', $1, $2, $3, 'EUR', $4, $5, $6, $7)",
            [
                (order, method, status, amount, amount if captured else 0, at, at if captured else None)
                for method, amount in (("gift_card", GIFT_CARD), ("card", TOTAL - GIFT_CARD))
            ],
        )

    async def _write_shipment(self, scene: Scene, status: str, at: datetime) -> None:
        """One parcel with every piece."""
        parcel = _PARCELS.get(scene.state, "delivered")
        await self._owner.execute(
            "INSERT INTO orders.shipments (tenant_id, order_id, id, status, carrier, shipped_at, delivered_at) "
            "VALUES ('acme', $1, $2, $3, 'DHL', $4, $5)",
            *(scene.order, scene.shipment, parcel, at, at if status == "delivered" else None),
        )
        await self._owner.execute(
            "INSERT INTO orders.shipment_lines (tenant_id, order_id, shipment_id, sku, quantity) "
            "SELECT tenant_id, order_id, $2, sku, quantity FROM orders.order_items WHERE order_id = $1",
            *(scene.order, scene.shipment),
        )

    async def _write_request(self, scene: Scene, amount: int, *, has_lines: bool) -> None:
        await self._owner.execute(
            "INSERT INTO orders.refund_requests (tenant_id, id, order_id, status, currency, amount_minor, items_minor, "
            "reason, requested_by, requested_at, expires_at) VALUES "
            "('acme', $1, $2, 'requested', 'EUR', $3, $3, 'damaged', 'eve', now(), now() + interval '7 days')",
            *(scene.request, scene.order, amount),
        )
        if has_lines:
            await self._owner.execute(
                "INSERT INTO orders.refund_lines (tenant_id, request_id, sku, quantity, amount_minor) "
                "VALUES ('acme', $1, $2, $3, $4)",
                *(scene.request, scene.skus[0], LINES[0][0], amount),
            )

    async def _write_return(self, scene: Scene, status: str) -> None:
        """A return of all pieces of the first line and one of the last."""
        is_inspected = status == "inspected"
        await self._owner.execute(
            "INSERT INTO orders.returns (tenant_id, order_id, id, status, reason, requested_at, status_at, "
            "received_at, inspected_at) VALUES ('acme', $1, $2, $3, 'damaged', now(), now(), "
            "CASE WHEN $3 <> 'requested' THEN now() END, CASE WHEN $3 = 'inspected' THEN now() END)",
            *(scene.order, scene.returned, status),
        )
        await self._owner.executemany(
            "INSERT INTO orders.return_lines (tenant_id, order_id, return_id, sku, quantity, accepted) "
            "VALUES ('acme', $1, $2, $3, $4, $5)",
            [
                (scene.order, scene.returned, sku, pieces, pieces if is_inspected else None)
                for sku, pieces in ((scene.skus[0], LINES[0][0]), (scene.skus[-1], 1))
            ],
        )

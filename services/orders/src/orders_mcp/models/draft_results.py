"""What a caller reads of a draft: amounts, stock, and orders alike."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from orders_mcp.models.changed_order import ChangedOrder, changed
from orders_mcp.models.identifiers import CustomerText, StaffText
from orders_mcp.models.money import Money
from orders_mcp.models.orders import Order, OrderItem
from orders_mcp.models.statuses import OrderStatus
from servicekit.schema import Record


class LineStock(Record):
    """Stock for one line: `available_to_order` in all warehouses, of which the order has `reserved`."""

    sku: str
    needed: int
    available_to_order: int
    reserved: int


class LikeOrder(Record):
    """Another order of the customer, made within a day, with the same products or some of them."""

    number: str
    status: OrderStatus
    placed_at: datetime
    total: Money


class DraftOrder(ChangedOrder):
    """A draft with everything that the customer owes once it is placed."""

    items: list[OrderItem]
    subtotal: Money
    discount: Money
    shipping_fee: Money
    tax: Money
    total: Money
    price_list: str | None = None
    discount_percent: int | None = None
    discount_reason: StaffText | None = None
    shipping_address: CustomerText
    stock: list[LineStock]
    like_orders: Annotated[list[LikeOrder], Field(description="Perhaps the same order twice.")]
    notice: str | None = None


def stock_of(order: Order, available: dict[str, int]) -> list[LineStock]:
    """The stock of each line; `available` counts pieces that no order has reserved, by product code."""
    return [
        LineStock(
            sku=item.sku,
            needed=item.quantity,
            available_to_order=available.get(item.sku, 0) + item.reserved,
            reserved=item.reserved,
        )
        for item in order.items
    ]


def draft_order(order: Order, stock: list[LineStock], like: Sequence[LikeOrder], *notices: str | None) -> DraftOrder:
    """The draft, with its notices in one text."""
    return DraftOrder(
        **changed(order),
        **_amounts(order),
        items=order.items,
        price_list=order.price_list,
        discount_percent=order.discount_percent,
        discount_reason=order.discount_reason,
        shipping_address=order.shipping_address,
        stock=stock,
        like_orders=list(like),
        notice=" ".join(filter(None, (*notices, shortage(stock), likeness(like)))) or None,
    )


def shortage(stock: Iterable[LineStock]) -> str | None:
    """A sentence about lines that the stock does not cover."""
    short = [
        f"{line.available_to_order} of {line.needed} {line.sku}"
        for line in stock
        if line.available_to_order < line.needed
    ]
    return f"Available: only {', '.join(short)}. It cannot be placed like this." if short else None


def likeness(like: Sequence[LikeOrder]) -> str | None:
    """A sentence about orders alike."""
    if not like:
        return None
    named = ", ".join(f"{order.number} ({order.status}, {order.total.display})" for order in like)
    return f"The customer has an order with these products within a day: {named}. Ask whether this is another one."


def _amounts(order: Order) -> dict[str, Any]:
    return {name: getattr(order, name) for name in ("subtotal", "discount", "shipping_fee", "tax", "total")}

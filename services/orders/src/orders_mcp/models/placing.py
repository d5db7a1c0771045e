"""Placing a draft: what the customer owes, and what is reserved."""

from dataclasses import replace

from orders_mcp.models.changed_order import ChangedOrder, changed
from orders_mcp.models.draft_lines import Discount, OrderTerms, as_drafted, owed
from orders_mcp.models.draft_results import LikeOrder, LineStock, likeness
from orders_mcp.models.money import Money
from orders_mcp.models.order_updates import DraftWrite, NewEvent, OrderUpdate, require_transition, unchanged
from orders_mcp.models.orders import Order
from orders_mcp.models.pricing import Amounts
from servicekit.core import Refused
from servicekit.registry import Preview


class PlacedOrder(ChangedOrder):
    """A placed order, whose payment is pending: the customer pays elsewhere."""

    total: Money
    stock: list[LineStock]


class PlacingPreview(Preview):
    """The effect of placing a draft."""

    number: str
    subtotal: Money
    discount: Money
    shipping_fee: Money
    tax: Money
    total: Money
    like_orders: list[LikeOrder]


def placing(order: Order, terms: OrderTerms, stock: list[LineStock]) -> OrderUpdate:
    """Place a draft at its prices, with the shipping fee and tax of today, and reserve its pieces.

    Raises:
        Refused: it is no draft, or too few pieces are available.
    """
    require_transition(order, "pending", "get_order shows it.")
    short = [
        f"{line.sku} ({line.needed} needed, {line.available_to_order} available)" for line in stock if _is_short(line)
    ]
    if short:
        raise Refused(
            f"Not enough {', '.join(short)} for order {order.number}. Order fewer (update_draft_order), or "
            "add stock with adjust_inventory first."
        )
    amounts = amounts_today(order, terms)
    pieces = {item.sku: item.quantity for item in order.items}
    return replace(
        unchanged(order),
        status="pending",
        events=(NewEvent("placed", amounts.total),),
        draft=DraftWrite(amounts, discount_now(order), reserved=pieces, is_placed=True),
    )


def amounts_today(order: Order, terms: OrderTerms) -> Amounts:
    """What the customer owes for the lines as drafted."""
    return owed(map(as_drafted, order.items), discount_now(order), terms)


def discount_now(order: Order) -> Discount | None:
    """The discount of a draft."""
    return Discount(order.discount_percent, order.discount_reason or "") if order.discount_percent else None


def placing_preview(order: Order, amounts: Amounts, like: list[LikeOrder]) -> PlacingPreview:
    """What a person confirms."""
    parts = {
        "items": amounts.subtotal,
        "discount": -amounts.discount,
        "shipping": amounts.shipping_fee,
        "tax": amounts.tax,
    }
    total = _money(order, amounts.total)
    made_of = ", ".join(f"{name} {_money(order, amount).display}" for name, amount in parts.items())
    pieces = ", ".join(f"{item.quantity} {item.sku}" for item in order.items)
    before = "" if total == order.total else f" The draft said {order.total.display}."
    effect = (
        f"Places order {order.number} of {order.customer_email}: {pieces}. It costs {total.display} "
        f"({made_of}).{before} The pieces are reserved, nothing is charged, and the payment is pending."
    )
    return PlacingPreview(
        effect=" ".join(filter(None, (effect, likeness(like)))),
        version=order.version,
        shown={"shipping_address": order.shipping_address},
        number=order.number,
        subtotal=_money(order, amounts.subtotal),
        discount=_money(order, amounts.discount),
        shipping_fee=_money(order, amounts.shipping_fee),
        tax=_money(order, amounts.tax),
        total=total,
        like_orders=like,
    )


def placed_order(order: Order, stock: list[LineStock]) -> PlacedOrder:
    return PlacedOrder(**changed(order), total=order.total, stock=stock)


def _is_short(line: LineStock) -> bool:
    return line.available_to_order < line.needed


def _money(order: Order, amount_minor: int) -> Money:
    return Money(amount_minor=amount_minor, currency=order.total.currency)

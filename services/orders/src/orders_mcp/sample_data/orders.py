"""Generates an order with all its rows, from its index alone."""

from typing import NamedTuple

from orders_mcp.models.pricing import amounts, half_up, shipping_fee
from orders_mcp.models.search_terms import place_terms
from orders_mcp.sample_data.customers import CustomerSeed
from orders_mcp.sample_data.order_lifecycle import OrderFacts, OrderLifecycle, status_at
from orders_mcp.sample_data.plan import Plan
from orders_mcp.sample_data.price_lists import SHIPPING, TAX_BASIS_POINTS
from orders_mcp.sample_data.products import Product
from orders_mcp.sample_data.refund_requests import RequestRows, refund_requests
from orders_mcp.sample_data.vocabulary import (
    ATTACKS,
    CANCELLATION_REASONS,
    CHANNELS,
    DISCOUNT_REASONS,
    NOTES,
    PRICE_LEVEL,
)
from servicekit.sample_data.draws import Draws
from servicekit.sample_data.loading import Row
from servicekit.sample_data.plan import TENANTS

_GIFT_SHARE = 15  # per mille of the orders, sent to another customer's address


class OrderRows(NamedTuple):
    """The rows of one order, in the column order of the tables."""

    order: Row
    terms: list[Row]
    items: list[Row]
    payments: list[Row]
    refund_requests: list[Row]
    refund_lines: list[Row]
    refunds: list[Row]
    shipments: list[Row]
    shipment_lines: list[Row]
    events: list[Row]


def order_number(place: int) -> str:
    """The number of a tenant's order at a position, from 0."""
    return f"ORD-{place + 1:08d}"


def order(plan: Plan, index: int, customers: list[CustomerSeed], products: list[Product]) -> OrderRows:
    """Generate the order with this index in the data set, with the customers and products of its tenant."""
    tenant, place = plan.tenant_of(index)
    tenant_id = TENANTS[tenant][0]
    draws = Draws(plan.seed, "order", index)
    placed_at = plan.moment_of(index, draws.below(1 << 32))
    # The minimum of two draws: few customers order often, most rarely.
    buyer = customers[min(draws.below(len(customers)), draws.below(len(customers)))]
    currency, region = buyer.place.currency, buyer.place.region
    identifier = draws.identifier(int(placed_at.timestamp() * 1000))
    level = PRICE_LEVEL[currency]
    items: list[Row] = []
    subtotal = 0
    first, step = draws.below(len(products)), draws.between(1, len(products) // 4)
    for line in range(1, 2 + min(draws.below(4), draws.below(4))):
        product = products[(first + line * step) % len(products)]  # distinct products
        quantity = 1 + min(draws.below(3), draws.below(3))
        price = product.price * level // 100
        items.append((tenant_id, identifier, line, product.sku, product.name, quantity, price, price * quantity, 0))
        subtotal += price * quantity
    percent = draws.between(1, 3) * 5 if draws.chance(80) else None
    owed = amounts(
        subtotal,
        half_up(subtotal * (percent or 0), 100),
        shipping_fee(subtotal, *SHIPPING[currency]),
        TAX_BASIS_POINTS[region],
    )
    status = status_at(plan.end - placed_at, draws.below(1000))
    pieces = {item[3]: item[5] for item in items}
    if status == "partially_shipped" and sum(pieces.values()) == 1:
        status = "shipped"
    placed = OrderFacts(
        tenant_id, identifier, status, currency, owed.total, region, placed_at, plan.end, pieces,
        Draws(plan.seed, "parcels", index).below(1000),
    )  # fmt: skip
    history = OrderLifecycle(placed, draws)
    reason = draws.pick(CANCELLATION_REASONS) if status == "cancelled" else None
    note = _note(draws)
    gift = Draws(plan.seed, "gift", index)
    address = gift.pick(customers).address if gift.chance(_GIFT_SHARE) else buyer.address
    channel = "back_office" if status == "draft" else draws.pick(CHANNELS)
    head = (
        tenant_id, identifier, order_number(place), buyer.id, status, currency, owed.subtotal, owed.discount,
        owed.shipping_fee, owed.tax, owed.total, region, address, note, reason, placed_at,
    )  # fmt: skip
    asked = refund_requests(history, head, items, draws) if status == "delivered" else RequestRows([], [], items)
    if status == "refunded":
        asked = RequestRows([], [], [(*item[:8], item[5]) for item in items])
    row = (
        *head, history.at, len(history.events), channel, currency.lower(), percent,
        DISCOUNT_REASONS[percent] if percent else None,
    )  # fmt: skip
    terms = [(tenant_id, term, identifier) for term in sorted(place_terms(address))] if address != buyer.address else []
    return OrderRows(
        row, terms, asked.items, history.payments, asked.requests, asked.lines, history.refunds, history.shipments,
        history.shipment_lines, history.events,
    )  # fmt: skip


def _note(draws: Draws) -> str | None:
    if not draws.chance(80):
        return None
    return draws.pick(ATTACKS) if draws.chance(60) else draws.pick(NOTES)

"""Draft orders, prepared by staff. Prices come from the products, never from the caller."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from orders_mcp.models.changed_order import ChangedOrder, changed
from orders_mcp.models.customers import Customer
from orders_mcp.models.identifiers import CustomerText, Sku
from orders_mcp.models.inventory import Product
from orders_mcp.models.money import Money
from orders_mcp.models.orders import Order, OrderItem
from servicekit.core import Refused
from servicekit.schema import Exact


class DraftLine(BaseModel):
    """A requested line of a draft."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    sku: Sku
    quantity: Annotated[int, Field(ge=1, le=999, description="Pieces, 1 to 999."), Exact()]


@dataclass(frozen=True, slots=True)
class DraftItem:
    """A line with its product and price."""

    product: Product
    quantity: int

    @property
    def total_minor(self) -> int:
        """Line total in minor units."""
        return self.product.price.amount_minor * self.quantity


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft to insert. Discount, shipping fee and tax are 0 until the order is placed."""

    customer: Customer
    items: tuple[DraftItem, ...]
    shipping_address: str

    @property
    def total(self) -> Money:
        """Sum of the line totals."""
        return Money(
            amount_minor=sum(item.total_minor for item in self.items),
            currency=self.items[0].product.price.currency,
        )


def draft(
    customer: Customer, lines: Sequence[DraftLine], products: Mapping[str, Product], shipping_address: str | None
) -> Draft:
    """Price the lines of a draft.

    Args:
        customer: the buyer.
        lines: at least one.
        products: the products of all lines, by product code.
        shipping_address: None for the customer's address.

    Raises:
        Refused: a product is repeated, or prices are in different currencies.
    """
    for sku, count in Counter(line.sku for line in lines).items():
        if count > 1:
            raise Refused(f"items has {count} lines for product {sku}. Send one line with the total quantity.")
    items = tuple(DraftItem(products[line.sku], line.quantity) for line in lines)
    currencies = sorted({item.product.price.currency for item in items})
    if len(currencies) > 1:
        raise Refused(
            f"The products in items have prices in {' and '.join(currencies)}. Create one draft per currency."
        )
    return Draft(customer, items, shipping_address or customer.address)


class DraftOrder(ChangedOrder):
    """A draft. Discount, shipping fee and tax are added when it is placed."""

    items: list[OrderItem]
    total: Money
    shipping_address: CustomerText


def draft_order(order: Order) -> DraftOrder:
    return DraftOrder(**changed(order), items=order.items, total=order.total, shipping_address=order.shipping_address)

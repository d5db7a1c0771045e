"""Drafts: orders that staff prepares. Prices are the products' own, never the caller's."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from orders_mcp.models.customers import Customer
from orders_mcp.models.errors import unknown_product
from orders_mcp.models.identifiers import Sku
from orders_mcp.models.inventory import Product
from orders_mcp.models.money import Money
from servicekit.core.errors import Refused


class DraftLine(BaseModel):
    """What a line of a draft is to hold."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    sku: Sku
    quantity: Annotated[int, Field(ge=1, le=999, description="Pieces, 1 to 999.")]


@dataclass(frozen=True, slots=True)
class DraftItem:
    """A line with its price."""

    product: Product
    quantity: int

    @property
    def total_minor(self) -> int:
        """Price of all pieces, in minor units."""
        return self.product.price.amount_minor * self.quantity


@dataclass(frozen=True, slots=True)
class Draft:
    """An order to be prepared. Discount, shipping fee and tax are settled when it is placed, so they are zero."""

    customer: Customer
    items: tuple[DraftItem, ...]
    shipping_address: str

    @property
    def total(self) -> Money:
        """Sum of the lines."""
        return Money(
            amount_minor=sum(item.total_minor for item in self.items),
            currency=self.items[0].product.price.currency,
        )


def draft(
    customer: Customer, lines: Sequence[DraftLine], products: Mapping[str, Product], shipping_address: str | None
) -> Draft:
    """A draft of `lines`, at least one.

    Args:
        products: by product code, those that there are.
        shipping_address: the customer's own, where None.

    Raises:
        Refused: a product is unknown or stands in two lines, or prices are in different currencies.
    """
    for sku, count in Counter(line.sku for line in lines).items():
        if sku not in products:
            raise unknown_product(sku)
        if count > 1:
            raise Refused(f"Product {sku} stands in {count} lines. Put it in one line, with all its pieces.")
    items = tuple(DraftItem(products[line.sku], line.quantity) for line in lines)
    currencies = sorted({item.product.price.currency for item in items})
    if len(currencies) > 1:
        raise Refused(
            f"The products have prices in {' and '.join(currencies)}. An order has one currency: make one for each."
        )
    return Draft(customer, items, shipping_address or customer.address)

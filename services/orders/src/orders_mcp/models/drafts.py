"""Draft orders, prepared by staff: what a caller asks for, and what is written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from orders_mcp.models.customers import Customer
from orders_mcp.models.draft_lines import DraftItem, OrderTerms, PricedProduct, owed, priced
from orders_mcp.models.identifiers import Sku
from orders_mcp.models.money import Money
from orders_mcp.models.pricing import Amounts
from servicekit.core import Refused
from servicekit.schema import Exact

MOST_DRAFT_LINES: Final = 50


class DraftLine(BaseModel):
    """A requested line of a draft."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    sku: Sku
    quantity: Annotated[int, Field(ge=1, le=999, description="Pieces, 1 to 999."), Exact()]


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft to insert.

    Attributes:
        reserve: its pieces are reserved.
    """

    customer: Customer
    terms: OrderTerms
    items: tuple[DraftItem, ...]
    shipping_address: str
    reserve: bool = False

    @property
    def amounts(self) -> Amounts:
        """What the customer owes."""
        return owed(self.items, None, self.terms)

    @property
    def total(self) -> Money:
        """Total with shipping fee and tax."""
        return Money(amount_minor=self.amounts.total, currency=self.terms.prices.currency)


def require_each_once(skus: Sequence[str]) -> None:
    """Check that each product has one line.

    Raises:
        Refused: a product has several.
    """
    for sku, count in Counter(skus).items():
        if count > 1:
            raise Refused(f"items has {count} lines for product {sku}. Send one line with the total quantity.")


def draft(
    customer: Customer,
    lines: Sequence[DraftLine],
    products: Mapping[str, PricedProduct],
    terms: OrderTerms,
    shipping_address: str | None = None,
    *,
    reserve: bool = False,
) -> Draft:
    """Price the lines of a draft.

    Args:
        customer: the buyer.
        lines: at least one.
        products: the products of all lines, by product code.
        terms: what it is priced by.
        shipping_address: None for the customer's address.
        reserve: its pieces are reserved.

    Raises:
        Refused: a product is repeated, or has no price in the currency.
    """
    require_each_once([line.sku for line in lines])
    items = tuple(priced(products[line.sku], line.quantity, terms.prices) for line in lines)
    return Draft(customer, terms, items, shipping_address or customer.address, reserve)

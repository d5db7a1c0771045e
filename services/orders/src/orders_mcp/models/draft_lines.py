"""Lines and amounts of draft orders. Prices come from price lists, never from the caller."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from orders_mcp.models.orders import OrderItem
from orders_mcp.models.pricing import Amounts, PricingTerms, amounts, half_up
from servicekit.core import Refused, current_caller

_USUAL_LIMIT: Final = 10
"""The largest discount where the policy says nothing, in percent."""


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What an order is priced by.

    Attributes:
        prices: the price list and its shipping fee.
        tax_basis_points: the tax rate of the order's region.
        is_assumed: the list is the shop's, since nothing says which one is the customer's.
    """

    prices: PricingTerms
    tax_basis_points: int
    is_assumed: bool = False


@dataclass(frozen=True, slots=True)
class PricedProduct:
    """A product as a price list has it.

    Attributes:
        price_minor: None where it has no price in the currency of the list.
        is_usual: the list has no price, so this is the usual one in its currency.
        available: pieces that no order has reserved, in all warehouses.
    """

    sku: str
    name: str
    price_minor: int | None
    is_usual: bool
    available: int


@dataclass(frozen=True, slots=True)
class DraftItem:
    """A line to write."""

    sku: str
    name: str
    quantity: int
    price_minor: int

    @property
    def total_minor(self) -> int:
        """Line total in minor units."""
        return self.price_minor * self.quantity


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount on the sum of the lines, in percent."""

    percent: int
    reason: str


def priced(product: PricedProduct, quantity: int, prices: PricingTerms) -> DraftItem:
    """A line at the price of today.

    Raises:
        Refused: the product has no price in the currency of the list.
    """
    if product.price_minor is None:
        raise Refused(
            f"{product.sku} has no price in {prices.currency} (price list {prices.name}). Leave it out, or create a "
            "draft in another currency: get_inventory shows the prices."
        )
    return DraftItem(product.sku, product.name, quantity, product.price_minor)


def as_drafted(item: OrderItem) -> DraftItem:
    """A line that keeps its price."""
    return DraftItem(item.sku, item.name, item.quantity, item.unit_price.amount_minor)


def owed(items: Iterable[DraftItem], discount: Discount | None, terms: OrderTerms) -> Amounts:
    """What the customer owes for the lines."""
    subtotal = sum(item.total_minor for item in items)
    taken = half_up(subtotal * discount.percent, 100) if discount else 0
    return amounts(subtotal, taken, terms.prices.shipping_fee(subtotal), terms.tax_basis_points)


def discount_of(percent: int | None, reason: str | None) -> Discount | Literal["none", "kept"]:
    """The discount that arguments mean, within what the policy of the caller's client allows.

    Raises:
        Refused: it is above the limit, or percent or reason is missing.
    """
    if percent is None:
        if reason is not None:
            raise Refused("discount_reason came without discount_percent. Give both, such as discount_percent=5.")
        return "kept"
    if percent == 0:
        return "none"
    allowed = current_caller().allowances.discount_percent
    most = _USUAL_LIMIT if allowed is None else allowed
    if percent > most:
        limit = f"at most {most} %" if most else "no discount"
        raise Refused(
            f"discount_percent={percent}: the policy of your client allows {limit}. A colleague with a higher limit "
            "can give more."
        )
    if reason is None:
        raise Refused("discount_reason is missing. Say why the customer pays less, such as `Late delivery last time`.")
    return Discount(percent, reason)


def usual_prices(items: Sequence[DraftItem], products: Iterable[PricedProduct], prices: PricingTerms) -> str | None:
    """A sentence about lines without a price of their own in the list."""
    ordered = {item.sku for item in items}
    missing = [product.sku for product in products if product.is_usual and product.sku in ordered]
    if not missing:
        return None
    return f"{', '.join(missing)}: no price in {prices.name}, so the usual price in {prices.currency} was taken."

"""What an order costs, in whole minor units of one currency.

The discount is taken from the sum of the lines. The shipping fee depends on that sum before the discount. Tax is due on
sum - discount + fee, at the rate of the order's region. Parts of a minor unit are rounded half up.
"""

from dataclasses import dataclass

from servicekit.schema import Record

BASIS_POINTS = 10_000
"""Basis points in a whole: a tax rate of 1900 is 19 %."""


class PriceList(Record):
    """A list of prices in one currency."""

    code: str
    name: str
    currency: str


class PricingTerms(PriceList):
    """A price list with the shipping fee that goes with it.

    Attributes:
        is_default: the list of customers of this currency who have none of their own.
        free_shipping_from_minor: sum of the lines from which shipping is free; None for never.
    """

    is_default: bool
    shipping_fee_minor: int
    free_shipping_from_minor: int | None = None

    def shipping_fee(self, subtotal_minor: int) -> int:
        """The fee for lines with this sum, in minor units."""
        return shipping_fee(subtotal_minor, self.shipping_fee_minor, self.free_shipping_from_minor)


@dataclass(frozen=True, slots=True)
class Amounts:
    """The amounts of an order, in minor units of its currency."""

    subtotal: int
    discount: int
    shipping_fee: int
    tax: int

    @property
    def total(self) -> int:
        """What the customer owes."""
        return self.subtotal - self.discount + self.shipping_fee + self.tax


def half_up(numerator: int, denominator: int) -> int:
    """The quotient of two numbers from 0 on, rounded to the nearest integer, and half a unit up."""
    return (2 * numerator + denominator) // (2 * denominator)


def shipping_fee(subtotal_minor: int, fee_minor: int, free_from_minor: int | None) -> int:
    """The fee, or 0 from a sum of lines on."""
    return 0 if free_from_minor is not None and subtotal_minor >= free_from_minor else fee_minor


def amounts(subtotal: int, discount: int, fee: int, tax_basis_points: int) -> Amounts:
    """The amounts of an order with its tax."""
    tax = half_up((subtotal - discount + fee) * tax_basis_points, BASIS_POINTS)
    return Amounts(subtotal, discount, fee, tax)

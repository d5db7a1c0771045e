"""Conditions of an order search."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from orders_mcp.models.days import ANY_TIME, Period
from orders_mcp.models.orders import OrderSummary
from orders_mcp.models.statuses import OrderStatus
from servicekit.schema import CursorKey

FEW: Final = 5000
"""The most matches from which a search starts. With more, it goes through the orders and looks each one up."""


@dataclass(frozen=True, slots=True)
class TotalRange:
    """A range of order totals in minor units of one currency, inclusive."""

    currency: str
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Prefixes of terms that one record has, and how many records have them, counted up to `FEW` + 1."""

    prefixes: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Products:
    """Some products, and how many order lines have them, counted up to `FEW` + 1."""

    skus: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Matches:
    """What the words of a text match.

    Attributes:
        buyers: customers who have all words.
        addresses: orders sent to an address of their own that has all words.
        products: products that have all words, in orders.
        parcels: orders with a parcel of that tracking number.
    """

    buyers: Terms
    addresses: Terms
    products: Products
    parcels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextFilter:
    """Conditions read from a text; all must hold.

    Attributes:
        numbers: first and last order number, inclusive.
        buyers: terms of the customer.
        addresses: terms of the order's own address.
        products: the order has one of them.
        order_ids: the order is one of these.
    """

    numbers: tuple[str, str] | None = None
    buyers: Terms | None = None
    addresses: Terms | None = None
    products: Products | None = None
    order_ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Conditions of an order search; all must hold. Of `texts`, one must.

    Attributes:
        largest: the largest totals first instead of the newest orders; only with `total_range`.
    """

    statuses: tuple[OrderStatus, ...] = ()
    placed: Period = ANY_TIME
    total_range: TotalRange | None = None
    texts: tuple[TextFilter, ...] = (TextFilter(),)
    largest: bool = False


class OrderFinder(Protocol):
    """Finds orders."""

    async def search(self, filters: OrderFilter, count: int, after: CursorKey | None) -> Sequence[OrderSummary]:
        """At most `count` orders, newest or largest first.

        `after` is (placed_at in ISO 8601, id) of the previous page's last; (total in minor units, id) if largest first.
        """
        ...

    async def matches(self, prefixes: Sequence[str], tracking: Sequence[str] = ()) -> Matches:
        """What records match all the prefixes, or the tracking numbers."""
        ...

    async def words_found(self, prefixes: Sequence[str]) -> Sequence[tuple[bool, bool]]:
        """Of each prefix, whether a customer and whether a product has a term with it."""
        ...

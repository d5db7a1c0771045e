"""Product and stock records."""

from datetime import datetime

from orders_mcp.models.money import Money
from servicekit.schema import Record


class StockReservation(Record):
    """Pieces that an open order has reserved in one warehouse."""

    order_number: str
    quantity: int
    reserved_at: datetime


class Stock(Record):
    """The stock of one product in one warehouse, in pieces; available = on_hand - reserved.

    Attributes:
        reservations: the oldest ones.
        more_reservations: further orders have reserved the other pieces.
    """

    location: str
    warehouse: str
    on_hand: int
    reserved: int
    available: int
    reorder_point: int
    version: int
    reservations: list[StockReservation]
    more_reservations: bool = False


class Product(Record):
    """A product with its current price."""

    sku: str
    name: str
    price: Money


class ProductInventory(Record):
    """A product, its list price in each currency, and its stock by warehouse."""

    sku: str
    name: str
    category: str
    prices: list[Money]
    available: int
    locations: list[Stock]


class Inventory(Record):
    """Products with their stock, in the order of the product codes that were asked."""

    products: list[ProductInventory]


class LowStock(Record):
    """A product at or below its reorder point in one warehouse; `shortage` = reorder_point - available."""

    sku: str
    name: str
    location: str
    available: int
    reorder_point: int
    shortage: int

"""Product and stock records."""

from orders_mcp.models.money import Money
from servicekit.schema import Record


class Stock(Record):
    """The stock of one product in one warehouse, in pieces; available = on_hand - reserved."""

    location: str
    on_hand: int
    reserved: int
    available: int
    reorder_point: int
    version: int


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


class LowStock(Record):
    """A product at or below its reorder point in one warehouse; `shortage` = reorder_point - available."""

    sku: str
    name: str
    location: str
    available: int
    reorder_point: int
    shortage: int

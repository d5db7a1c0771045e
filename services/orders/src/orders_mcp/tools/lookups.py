"""Refusals of arguments that name what does not exist, with the nearest names, looked up only for them."""

from collections.abc import Iterable

from orders_mcp.models.errors import unknown_currency, unknown_customer, unknown_product
from orders_mcp.models.identifiers import CustomerId, Location, Sku
from orders_mcp.models.locations import found_warehouse
from orders_mcp.models.money import Currency
from orders_mcp.models.scopes import READ
from orders_mcp.models.shelves import Shelf, Shelves, of_product
from orders_mcp.ports.customers import CustomerReader
from orders_mcp.ports.reports import Reports
from orders_mcp.ports.stock import StockReader
from orders_mcp.ports.writing import OrderWriter
from servicekit.core import Refused, current_caller
from servicekit.schema import unknown_value

_MOST_NAMES = 2000
_MOST_UNKNOWN = 5
_FIRST_LETTERS = 2


async def no_customer(customers: CustomerReader, customer_id: CustomerId) -> Refused:
    """The refusal of an unknown customer. Near e-mails begin with the same letters; only who may read orders, and so
    search by e-mail, sees them."""
    may_see = "@" in customer_id and READ in current_caller().scopes
    emails = await customers.emails(customer_id.lower()[:_FIRST_LETTERS], _MOST_NAMES) if may_see else ()
    return unknown_customer(customer_id, emails)


async def no_product(stock: StockReader, sku: Sku, argument: str = "sku") -> Refused:
    """The refusal of an unknown product."""
    return unknown_product(sku, await stock.product_names(sku, _MOST_NAMES), argument)


async def no_products(stock: StockReader, skus: Iterable[Sku]) -> Refused:
    """The refusal of unknown products in the argument `skus`."""
    distinct = list(dict.fromkeys(skus))[:_MOST_UNKNOWN]
    return Refused(" ".join([str(await no_product(stock, sku, "skus")) for sku in distinct]))


async def warehouse_code(stock: StockReader, location: Location, argument: str = "location") -> str:
    """The code of the warehouse that `location` means.

    Raises:
        Refused: there is no such warehouse, or several; the text names them.
    """
    return found_warehouse(location, await stock.warehouses(), argument).code


def shelf_in(shelves: Shelves, sku: Sku, code: str, argument: str = "location") -> Shelf:
    """The shelf of a product in the warehouse `code`, of all its shelves.

    Raises:
        Refused: the warehouse does not keep the product; the text names those that do.
    """
    shelf = shelves.get((sku, code))
    if shelf is None:
        kept_in = [other.location for other in of_product(shelves, sku)]
        raise unknown_value(argument, f"warehouse with {sku}", code, kept_in, "get_inventory lists them.")
    return shelf


async def require_currency(reports: Reports, currency: Currency) -> None:
    """Check the filter of an empty result, so that it means: none.

    Raises:
        Refused: no order has it.
    """
    currencies = await reports.currencies()
    if currency not in currencies:
        raise unknown_currency(currency, currencies)


async def no_price_list(writer: OrderWriter, currency: Currency | None) -> Refused:
    """The refusal of a draft in a currency that no price list has."""
    currencies = await writer.price_currencies()
    if currency is None:
        return Refused("The shop has no price list in its currency. Give currency, if it has one in another.")
    found_by = f"Price lists have {', '.join(currencies)}."
    return unknown_value("currency", "price list in the currency", currency, currencies, found_by)

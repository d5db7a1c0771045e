"""Refusals that several tools share. They repeat the argument, which is a valid identifier."""

from collections.abc import Iterable, Mapping

from orders_mcp.models.identifiers import CustomerId, OrderId, Sku
from orders_mcp.models.money import Currency
from servicekit.core import Refused
from servicekit.schema import nearest, unknown_value


def unknown_order(order_id: OrderId) -> Refused:
    return Refused(f"No order {order_id}. Find it with search_orders, by customer name, e-mail or number.")


def unknown_customer(customer_id: CustomerId, emails: Iterable[str]) -> Refused:
    """Of `emails`, those are shown whose part before the @ is similar: most customers share a few domains."""
    names = {email.rpartition("@")[0]: email for email in emails}
    near = [names[name] for name in nearest(customer_id.rpartition("@")[0], names, only_similar=True)]
    found_by = "search_orders finds customers by name or e-mail."
    return unknown_value("customer_id", "customer", customer_id, near, found_by)


def unknown_product(sku: Sku, names: Mapping[str, str], argument: str = "sku") -> Refused:
    """`names`: existing product codes with the names of the products."""
    found_by = "get_order and low_stock_report show product codes."
    return unknown_value(argument, "product", sku, names, found_by)


def unknown_currency(currency: Currency, currencies: Iterable[str]) -> Refused:
    found_by = "Omit currency for orders in any."
    return unknown_value("currency", "order in the currency", currency, currencies, found_by)

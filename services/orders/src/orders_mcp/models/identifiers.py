"""Argument types, and the spellings in which each is accepted. Error texts may repeat an identifier."""

import re
from datetime import date
from typing import Annotated

from pydantic import Field

from orders_mcp.models.card_numbers import NO_CARD_NUMBER
from orders_mcp.models.carriers import plain_number
from orders_mcp.models.search_terms import ascii_domain
from servicekit.schema import EMAIL_PATTERN, FreeText, Identifier, Searched, Untrusted, mail_address

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ORDER_NUMBER_PATTERN = r"ORD-[0-9]{8,12}"
NUMBER_DIGITS = 8

_ORDER_NUMBER = re.compile(r"\A(?:#?\s*ord(?:er)?[\s#_-]*|#\s*)?(?P<digits>[0-9]{1,12})", re.IGNORECASE)


def order_number(text: str) -> str:
    """The order number in ``3996``, ``#3996`` or ``ord-00003996``; an id in lower case."""
    if match := _ORDER_NUMBER.fullmatch(text):
        return f"ORD-{match['digits'].lstrip('0') or '0':0>{NUMBER_DIGITS}}"
    return text.lower().strip("{}")


def _customer(text: str) -> str:
    """The e-mail address in a text, with its domain in ASCII; an id in lower case."""
    local, at, domain = mail_address(text).rpartition("@")
    return f"{local}@{ascii_domain(domain)}" if at else text.lower()


def _product_code(text: str) -> str:
    """A product code in capitals, with hyphens for spaces and underscores."""
    return re.sub(r"[\s_]+", "-", text.upper())


def _parcel(text: str) -> str:
    """A tracking number in capitals without spaces and hyphens; an id in lower case; an order's number."""
    if re.fullmatch(r"#?\s*ord(?:er)?[\s#_-]*[0-9]{1,12}", text, re.IGNORECASE):
        return order_number(text)
    plain = text.lower().strip("{}")
    return plain if re.fullmatch(_UUID, plain) else plain_number(text)


OrderId = Annotated[
    str,
    Identifier(
        "an order number such as ORD-00001234, or an order id",
        "ORD-00001234",
        pattern=rf"{ORDER_NUMBER_PATTERN}|{_UUID}",
        found_by="search_orders",
        normalise=order_number,
    ),
    Field(description="Order number (ORD-00001234) or id."),
]
RefundId = Annotated[
    str,
    Identifier(
        "the id of a requested refund, or its order's number such as ORD-00001234",
        "ORD-00001234",
        pattern=rf"{ORDER_NUMBER_PATTERN}|{_UUID}",
        found_by="list_approvals",
        normalise=order_number,
    ),
    Field(description="Refund id or order number."),
]
ReturnId = Annotated[
    str,
    Identifier(
        "the id of a return, or its order's number such as ORD-00001234",
        "ORD-00001234",
        pattern=rf"{ORDER_NUMBER_PATTERN}|{_UUID}",
        found_by="get_order",
        normalise=order_number,
    ),
    Field(description="Return id or order number."),
]
CustomerId = Annotated[
    str,
    Identifier(
        "a customer id, or the customer's exact e-mail such as ann@example.com",
        "ann@example.com",
        pattern=rf"{_UUID}|{EMAIL_PATTERN}",
        found_by="search_orders",
        normalise=_customer,
        max_length=254,
        any_script=True,  # of a mail domain
    ),
    Field(description="Customer id or exact e-mail."),
]
Sku = Annotated[
    str,
    Identifier(
        "a product code such as LMP-0042",
        "LMP-0042",
        pattern=r"[A-Z0-9]{2,8}(?:-[A-Z0-9]{1,8}){1,3}",
        found_by="low_stock_report",
        normalise=_product_code,
    ),
    Field(description="Such as LMP-0042."),
]
Location = Annotated[
    str,
    Identifier(
        "a warehouse's code, name or city such as ams-1",
        "ams-1",
        pattern=r"[^\x00-\x1f\x7f]+",
        found_by="get_inventory",
        max_length=100,
    ),
    Field(description="Code (ams-1), name or city."),
]
FirstDay = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1), description="First day, YYYY-MM-DD.")]
LastDay = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1), description="Last day, inclusive.")]
SearchText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="Buyer, company, city, product (prefixes match); order, phone or tracking number; status.",
    ),
    Searched(),
]
ParcelId = Annotated[
    str,
    Identifier(
        "a parcel's id, or its tracking number such as 1Z999AA10123456784",
        "1Z999AA10123456784",
        pattern=rf"{_UUID}|{ORDER_NUMBER_PATTERN}|[A-Z0-9]{{4,40}}",
        found_by="get_shipments",
        normalise=_parcel,
        from_number=False,
    ),
]
Carrier = Annotated[
    str,
    Identifier("the carrier's name such as UPS", "UPS", pattern=r"[A-Za-z0-9][A-Za-z0-9 ]{0,39}", from_number=False),
    Field(description="Such as UPS."),
]
TrackingNumber = Annotated[
    str,
    Identifier(
        "a tracking number such as 1Z999AA10123456784",
        "1Z999AA10123456784",
        pattern=r"[A-Z0-9]{4,40}",
        normalise=plain_number,
        from_number=False,
    ),
    Field(description="The carrier's number."),
]
ExpectedDay = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1), description="YYYY-MM-DD.")]
ShippingAddress = Annotated[
    str,
    FreeText(1000, "Name, street, postcode, city and country, as on a label.", shortest=10),
    NO_CARD_NUMBER,
]

CustomerText = Annotated[str, Untrusted("customer")]
"""Free text that a customer or another outsider may have written."""
StaffText = Annotated[str, Untrusted("staff")]
"""Free text by staff, which may quote a customer."""

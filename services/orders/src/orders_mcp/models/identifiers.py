"""Argument types. Ids, numbers and e-mails are checked by pattern, so error texts may repeat them."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from servicekit.schema import Untrusted

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
EMAIL_PATTERN = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
ORDER_NUMBER_PATTERN = r"ORD-[0-9]{8,12}"

OrderId = Annotated[
    str,
    Field(
        pattern=rf"^(?:{ORDER_NUMBER_PATTERN}|{_UUID})$",
        description="Number (ORD-00001234) or id.",
    ),
]
CustomerId = Annotated[
    str, Field(pattern=rf"^(?:{_UUID}|{EMAIL_PATTERN})$", max_length=254, description="Customer id or exact e-mail.")
]
Sku = Annotated[str, Field(pattern=r"^[A-Z0-9]{2,8}(?:-[A-Z0-9]{1,8}){1,3}$", description="Such as LMP-0042.")]
Location = Annotated[str, Field(pattern=r"^[a-z]{2,12}-[0-9]{1,2}$", description="Warehouse, such as ams-1.")]
FirstDay = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1), description="First day (UTC), YYYY-MM-DD.")]
LastDay = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1), description="Last day (UTC), inclusive.")]
SearchText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="Customer name or e-mail (prefixes match), order number, or status.",
    ),
]
Carrier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ]{0,39}$", description="Such as DHL.")]
TrackingNumber = Annotated[str, Field(pattern=r"^[A-Z0-9-]{4,40}$", description="The carrier's number.")]
ExpectedDay = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1), description="YYYY-MM-DD.")]
ShippingAddress = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=10, max_length=1000),
    Field(description="Name, street, postcode, city and country, as on a label."),
]

CustomerText = Annotated[str, Untrusted("customer")]
"""Free text that a customer or another outsider may have written."""
StaffText = Annotated[str, Untrusted("staff")]
"""Free text by staff, which may quote a customer."""

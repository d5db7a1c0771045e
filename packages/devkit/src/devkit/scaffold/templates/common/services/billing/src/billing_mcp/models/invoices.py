"""Invoices, and the arguments that name and filter them."""

import re
from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import Field

from servicekit.core import Refused
from servicekit.schema import Identifier, Record, Searched, Untrusted

InvoiceStatus = Literal["open", "archived"]
STATUSES: tuple[InvoiceStatus, ...] = get_args(InvoiceStatus)

_SPELLED = re.compile(r"\A(?:invoice)?[\s#_-]*(?P<digits>[1-9][0-9]{0,8})", re.IGNORECASE)


def _normal(text: str) -> str:
    """The id in ``17``, ``#17`` or ``Invoice 17``."""
    match = _SPELLED.fullmatch(text)
    return invoice_id(int(match["digits"])) if match else text


def invoice_id(number: int) -> str:
    """The id of a number: ``invoice-17``."""
    return f"invoice-{number}"


def number_of(identifier: "InvoiceId") -> int:
    """The number in a validated id."""
    return int(identifier.rpartition("-")[2])


InvoiceId = Annotated[
    str,
    Identifier(
        "an id such as invoice-17",
        "invoice-17",
        pattern=r"invoice-[1-9][0-9]{0,8}",
        found_by="search_invoices",
        normalise=_normal,
    ),
    Field(description="Such as invoice-17."),
]
TitleStart = Annotated[
    str, Field(min_length=1, max_length=100, description="The beginning of the title, in any case."), Searched()
]


class Invoice(Record):
    """One invoice. `archived_at` is set once it is archived."""

    id: str
    title: Annotated[str, Untrusted("customer")]
    status: InvoiceStatus
    created_at: datetime
    archived_at: datetime | None = None
    version: int


def unknown_invoice(identifier: InvoiceId) -> Refused:
    """The caller's tenant has no such invoice."""
    return Refused(f"No {identifier}. search_invoices lists the invoices that exist.")

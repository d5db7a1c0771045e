"""Order and customer references, and cursor keys as column values.

A reference is an id or a readable name. Each kind has its own statement, because a condition that covers both, such as
``id = coalesce(…)``, is not leakproof and cannot use an index under row-level security.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from orders_mcp.models.search import is_order_number
from servicekit.schema import CursorKey

OrderKey = Literal["id", "number"]
CustomerKey = Literal["id", "email"]


def order_key(reference: str) -> tuple[OrderKey, UUID | str]:
    """Column and value of a validated order reference."""
    return ("number", reference) if is_order_number(reference) else ("id", UUID(reference))


def customer_key(reference: str) -> tuple[CustomerKey, UUID | str]:
    """Column and value of a validated customer reference. E-mails are stored in lower case."""
    return ("email", reference.lower()) if "@" in reference else ("id", UUID(reference))


def cursor_values(after: CursorKey) -> tuple[datetime, UUID]:
    """(placed_at, id) of the last order on the previous page."""
    placed_at, identifier = after
    return datetime.fromisoformat(placed_at), UUID(identifier)

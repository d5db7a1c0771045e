"""What callers name things by, as values for Postgres.

A reference is an id or a readable name, and each has a statement of its own: a condition that covers both, such as
``id = coalesce(…)``, counts as leaky under a policy, and then no index serves it.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from orders_mcp.models.search import is_order_number
from servicekit.schema.pagination import Position

OrderKey = Literal["id", "number"]
CustomerKey = Literal["id", "email"]


def order_key(reference: str) -> tuple[OrderKey, UUID | str]:
    """Which column a checked order reference is in, and its value."""
    return ("number", reference) if is_order_number(reference) else ("id", UUID(reference))


def customer_key(reference: str) -> tuple[CustomerKey, UUID | str]:
    """Which column a checked customer reference is in, and its value. E-mails are kept in lower case."""
    return ("email", reference.lower()) if "@" in reference else ("id", UUID(reference))


def cursor_values(after: Position) -> tuple[datetime, UUID]:
    """The key of an order in a list by time."""
    placed_at, identifier = after
    return datetime.fromisoformat(placed_at), UUID(identifier)


def start_of(day: date) -> datetime:
    """The first moment of a UTC day."""
    return datetime.combine(day, time(), UTC)


def end_of(day: date) -> datetime:
    """The first moment after a UTC day."""
    return start_of(day + timedelta(days=1))

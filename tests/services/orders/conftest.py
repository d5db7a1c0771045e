"""Whose the databases of these tests are, and the port on them."""

import pytest

from orders_mcp.adapters.postgres import PostgresOrders
from servicekit.storage.postgres import Database
from tests.fixtures.databases import (
    Scene,
    acme,
    clerk,
    database,
    empty,
    own,
    own_service,
    refused_clerk,
    service,
    template,
    urls,
)

from .scene import ACME, CLERK, PLAN

__all__ = [
    "acme", "clerk", "database", "empty", "own", "own_service", "refused_clerk", "service", "template", "urls",
]  # fmt: skip


@pytest.fixture(scope="session")
def scene() -> Scene:
    """What is in the databases, and who asks for it."""
    return Scene("orders", PLAN, ACME, CLERK)


@pytest.fixture
def orders(database: Database) -> PostgresOrders:
    """The port on Postgres."""
    return PostgresOrders(database)

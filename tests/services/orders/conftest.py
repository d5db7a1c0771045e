"""Fixtures: databases of the orders service and its read port."""

import pytest

from orders_mcp.adapters.postgres import PostgresOrders
from servicekit.storage.postgres.database import Database
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
    writer,
)

from .scene import ACME, CLERK, PLAN

__all__ = [
    "acme", "clerk", "database", "empty", "own", "own_service", "refused_clerk", "service", "template", "urls",
    "writer",
]  # fmt: skip


@pytest.fixture(scope="session")
def scene() -> Scene:
    """Data set and callers of these tests."""
    return Scene("orders", PLAN, ACME, CLERK)


@pytest.fixture
def orders(database: Database) -> PostgresOrders:
    """The port on Postgres."""
    return PostgresOrders(database)

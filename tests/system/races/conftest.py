"""Fixtures: databases of the orders service."""

from datetime import date

import pytest

from orders_mcp.sample_data.plan import Plan
from servicekit.testing.service import caller
from tests.fixtures.databases import Scene, own, template

__all__ = ["own", "template"]


@pytest.fixture(scope="session")
def scene() -> Scene:
    """A small shop; each interleaving adds an order of its own."""
    return Scene("orders", Plan(size=60, seed=3, until=date(2026, 6, 1)), caller("orders:read"), caller("orders:write"))

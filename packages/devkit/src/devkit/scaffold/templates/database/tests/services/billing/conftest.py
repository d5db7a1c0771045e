"""Fixtures: databases of the billing service, and clients on them."""

from datetime import date

import pytest

from billing_mcp.sample_data.plan import Plan
from servicekit.testing.service import caller
from tests.fixtures.databases import (
    Scene,
    acme,
    clerk,
    own,
    own_service,
    refused_clerk,
    service,
    template,
    urls,
)

__all__ = ["acme", "clerk", "own", "own_service", "refused_clerk", "service", "template", "urls"]


@pytest.fixture(scope="session")
def scene() -> Scene:
    """Data set and callers of these tests."""
    reader, clerk = caller("billing:read"), caller("billing:read", "billing:write", subject="clerk")
    return Scene("billing", Plan(size=200, seed=7, until=date(2026, 6, 1)), reader, clerk)

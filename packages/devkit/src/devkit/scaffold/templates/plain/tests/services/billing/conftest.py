"""Fixtures: the whole server, and clients on it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from mcp.client import Client

from billing_mcp.app import build
from billing_mcp.settings import BillingSettings
from servicekit.testing.service import caller, connect


@pytest.fixture
def settings(valkey_url: str, tmp_path: Path) -> BillingSettings:
    """Settings with a store and an audit file, which writes need."""
    return BillingSettings(
        public_url="http://127.0.0.1:8199/mcp",
        issuer="http://127.0.0.1:9/",
        redis_url=valkey_url,
        audit_file=tmp_path / "audit.jsonl",
    )


@pytest.fixture
async def acme(settings: BillingSettings) -> AsyncIterator[Client]:
    """The official client, signed in for acme."""
    service = build(settings)
    async with service.running(), connect(service, caller("billing:read")) as client:
        yield client


@pytest.fixture
async def clerk(settings: BillingSettings) -> AsyncIterator[Client]:
    """The official client, signed in for acme with the right to write."""
    service = build(settings)
    async with service.running(), connect(service, caller("billing:read", "billing:write")) as client:
        yield client

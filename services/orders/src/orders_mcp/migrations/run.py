"""`orders-mcp migrate`."""

from pathlib import Path

from orders_mcp.migrations.tables import SCHEMA
from servicekit.storage.migrations import run_migrations


async def migrate(owner_url: str) -> tuple[str | None, str | None]:
    """Run all pending migrations; returns the revisions before and after."""
    return await run_migrations(owner_url, SCHEMA, Path(__file__).parent)

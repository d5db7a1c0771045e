"""`ticketing-mcp migrate`."""

from pathlib import Path

from servicekit.storage.migrations import run_migrations
from ticketing_mcp.migrations.tables import SCHEMA


async def migrate(owner_url: str) -> tuple[str | None, str | None]:
    """Run all pending migrations; returns the revisions before and after."""
    return await run_migrations(owner_url, SCHEMA, Path(__file__).parent)

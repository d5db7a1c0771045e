"""`orders-mcp migrate`."""

from pathlib import Path

from orders_mcp.migrations.tables import SCHEMA
from servicekit.storage.migrations import run_steps


async def migrate(owner_url: str) -> tuple[str | None, str | None]:
    """Bring the database up to the newest step; see `run_steps`."""
    return await run_steps(owner_url, SCHEMA, Path(__file__).parent)

"""The migration that keeps resolutions and merges, on rows that are older than it."""

from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from devkit.stores.databases import DatabaseUrls
from servicekit.storage.migrations import migrate
from tests.fixtures.databases import owner_of
from ticketing_mcp import migrations

MERGES = "SELECT number, merged_into, merged_at, status_before_merge FROM ticketing.tickets ORDER BY number"
RESOLUTIONS = "SELECT number, sequence, resolution FROM ticketing.events WHERE kind = 'closed' ORDER BY 1, 2"


async def go_back(urls: DatabaseUrls) -> None:
    """To the schema before the migration."""
    before = import_module("ticketing_mcp.migrations.versions.0013_merges").down_revision

    def downgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__ or "").parent))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.downgrade(config, before)

    engine = create_async_engine(urls.owner.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as connection:
        await connection.run_sync(downgrade)
    await engine.dispose()


async def stored(urls: DatabaseUrls, statement: str) -> list[Any]:
    """Rows of both tenants."""
    rows: list[Any] = []
    for tenant in ("acme", "globex"):
        async with owner_of(urls, tenant) as connection:
            rows += [tuple(row) for row in await connection.fetch(statement)]
    return rows


async def test_older_rows_get_what_their_history_says(own: DatabaseUrls) -> None:
    merges, resolutions = await stored(own, MERGES), await stored(own, RESOLUTIONS)
    assert {row[3] for row in merges} >= {None, "pending"}, "the sample data has merged tickets"
    assert len(resolutions) > 100
    await go_back(own)
    await migrate(own.owner, "ticketing_mcp")
    assert await stored(own, MERGES) == merges
    assert await stored(own, RESOLUTIONS) == resolutions


async def test_a_resolution_belongs_to_the_last_closing(own: DatabaseUrls) -> None:
    await go_back(own)
    async with owner_of(own) as connection:
        number = await connection.fetchval("SELECT max(number) FROM ticketing.tickets WHERE resolution IS NOT NULL")
        insert = """INSERT INTO ticketing.events (tenant_id, number, sequence, at, kind, actor, actor_id, detail)
            VALUES ('acme', $1, $2, now(), $3, 'staff', 'clerk', $4)"""
        await connection.execute(insert, number, 97, "merged", "T-1")
        await connection.execute(insert, number, 98, "reopened", "open")
        await connection.execute(insert, number, 99, "closed", None)
        resolution = await connection.fetchval("SELECT resolution FROM ticketing.tickets WHERE number = $1", number)
    await migrate(own.owner, "ticketing_mcp")
    async with owner_of(own) as connection:
        closings = "SELECT resolution FROM ticketing.events WHERE number = $1 AND kind = 'closed' ORDER BY sequence"
        assert [row[0] for row in await connection.fetch(closings, number)] == [None, resolution]
        kind = "SELECT kind FROM ticketing.events WHERE number = $1 AND sequence = 97"
        assert await connection.fetchval(kind, number) == "merged_from", "the ticket was a target"

"""Databases from before order search had terms of places, products and phone numbers."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from devkit.stores.databases import DatabaseUrls
from orders_mcp import migrations
from servicekit.storage.migrations import migrate
from tests.fixtures.databases import content_of, owner_of

TERMS = ("customer_terms", "order_terms", "product_terms")


def go_back(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", migrations.__path__[0])
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.downgrade(config, "0013")


async def test_terms_of_earlier_rows_are_written(own: DatabaseUrls) -> None:
    terms = await content_of(own, "orders", TERMS)
    for tenant in ("acme", "globex"):
        async with owner_of(own, tenant) as owner:
            await owner.execute("DELETE FROM orders.customer_terms WHERE term !~ '^[a-z]{2,8}$'")
    engine = create_async_engine(own.owner.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as connection:
        await connection.run_sync(go_back)
    await engine.dispose()
    await migrate(own.owner, "orders_mcp")
    assert await content_of(own, "orders", TERMS) == terms
    assert all(terms)

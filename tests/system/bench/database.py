"""The database of the measurements: 100 accounts of two tenants under row-level security, and the journal's tables."""

from typing import Final

import asyncpg
from redis.asyncio import Redis

from devkit.stores.databases import DatabaseUrls, bootstrap
from devkit.stores.testing import password_of
from servicekit.audit.tables import lanes_statements
from servicekit.journal.tables import create_pending_statements, create_statements

SCHEMA: Final = "bench"


async def prepare(admin_url: str) -> DatabaseUrls:
    """Create and fill it."""
    urls = await bootstrap(admin_url, "bench", password_of=password_of)
    owner = await asyncpg.connect(urls.owner)
    for statement in (
        f"CREATE SCHEMA {SCHEMA}",
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO bench_writer",
        f"""CREATE TABLE {SCHEMA}.accounts (tenant_id text, id text, owner text, balance bigint,
            PRIMARY KEY (tenant_id, id))""",
        f"""INSERT INTO {SCHEMA}.accounts SELECT tenant, 'a' || n, 'Owner ' || n, n * 1000
            FROM generate_series(1, 100) n, unnest(ARRAY['acme', 'globex']) tenant""",
        f"ALTER TABLE {SCHEMA}.accounts ENABLE ROW LEVEL SECURITY",  # the owner, whom the peers are, is not bound by it
        f"""CREATE POLICY tenant ON {SCHEMA}.accounts TO bench_writer
            USING (tenant_id = current_setting('app.tenant', true))""",
        f"GRANT SELECT ON {SCHEMA}.accounts TO bench_writer",
        *create_statements(SCHEMA, "bench_writer"),
        *create_pending_statements(SCHEMA, "bench_writer"),
        *lanes_statements(SCHEMA, "bench_writer"),
        f"ANALYZE {SCHEMA}.accounts",
    ):
        await owner.execute(statement)
    await owner.close()
    return urls


async def store_versions(url: str, redis_url: str) -> tuple[str, ...]:
    """Names and versions of both stores."""
    connection = await asyncpg.connect(url)
    postgres = await connection.fetchval("SHOW server_version")
    await connection.close()
    async with Redis.from_url(redis_url) as redis:
        info = await redis.info("server")
    return f"Postgres {postgres}", f"Valkey {info.get('valkey_version', info['redis_version'])}"

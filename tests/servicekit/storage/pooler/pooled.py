"""Databases behind a pooler."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from servicekit.settings.database import Pooler
from servicekit.storage.postgres.database import Database
from tests.servicekit.apps.writes_app import SCHEMA
from tests.system.stores.pgbouncer import RunningPgBouncer

TENANTS = ("acme", "globex")
ACCOUNTS = f"SELECT tenant_id, pg_sleep(0.001) FROM {SCHEMA}.accounts"
IGNORED = {"ignore_startup_parameters": "default_transaction_read_only,statement_timeout,jit"}
Bounce = Callable[..., RunningPgBouncer]


@asynccontextmanager
async def opened(url: str, pooler: Pooler = "transaction", **options: Any) -> AsyncIterator[Database]:
    database = Database(url, pooler=pooler, **options)
    await database.start()
    try:
        yield database
    finally:
        await database.stop()


def acting_for(database: Database, tenant: str) -> AbstractAsyncContextManager[Any]:
    return database._bound_connection(tenant)

"""Logins by address on a real Postgres."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from devkit.stores.testing import PostgresServer
from servicekit.storage.postgres.login.address import DatabaseAddress, address_from
from tests.fixtures.databases import connected


async def answer(address: DatabaseAddress | str, statement: str = "SELECT current_user::text", **options: Any) -> Any:
    connection = await address_from(address).connect(timeout=5, **options)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def place_of(postgres: PostgresServer) -> str:
    return urlsplit(postgres.admin_url).netloc.rpartition("@")[2]


@asynccontextmanager
async def role_with(postgres: PostgresServer, name: str, password: str) -> AsyncIterator[None]:
    async with connected(f"{postgres.admin_url}/postgres") as admin:
        quoted = await admin.fetchrow("SELECT quote_ident($1), quote_literal($2)", name, password)
        await admin.execute(f"CREATE ROLE {quoted[0]} LOGIN PASSWORD {quoted[1]}")
        try:
            yield
        finally:
            await admin.execute(f"DROP ROLE {quoted[0]}")

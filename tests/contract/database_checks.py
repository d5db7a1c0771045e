"""`check` of a domain on databases that a test changes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from devkit.stores.databases import DatabaseUrls
from devkit.stores.testing import PostgresServer
from tests.fixtures.databases import connected

from .checking import Checked, check
from .domains import Domain, database_settings, variables


async def checked(domain: Domain, urls: DatabaseUrls, *options: str, **settings: str) -> Checked:
    """`check` of a domain on these databases."""
    given = {"public_url": domain.description.resource, "issuer": "http://127.0.0.1:1", **database_settings(urls)}
    return await check(domain.name, variables(domain.description, {**given, **settings}), *options)


def failures(found: Checked) -> set[str]:
    """What failed, without the issuer, which these tests do not have."""
    return {name for name in found.failed() if not name.startswith("issuer.")}


def changed(url: str, *, user: str | None = None, password: str | None = None, database: str | None = None) -> str:
    """A URL with another user, password or database."""
    parts = urlsplit(url)
    netloc = f"{user or parts.username}:{password or parts.password}@{parts.hostname}:{parts.port}"
    return parts._replace(netloc=netloc, path=f"/{database}" if database else parts.path).geturl()


@asynccontextmanager
async def as_superuser(postgres: PostgresServer, urls: DatabaseUrls) -> AsyncIterator[Any]:
    async with connected(f"{postgres.admin_url}/{urls.database}") as connection:
        yield connection


async def as_owner(urls: DatabaseUrls, statement: str) -> None:
    async with connected(urls.owner) as connection:
        await connection.execute(statement)

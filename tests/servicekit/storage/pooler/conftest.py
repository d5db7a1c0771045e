"""Fixtures: a pooler of one server connection, and a database through it."""

from collections.abc import AsyncIterator

import pytest

from servicekit.storage.postgres.database import Database
from tests.servicekit.apps.writes_database import WritesDatabase
from tests.system.stores.conftest import stores
from tests.system.stores.pgbouncer import PoolMode, RunningPgBouncer
from tests.system.stores.site import Stores

from .pooled import IGNORED, Bounce, opened

__all__ = ["stores"]


@pytest.fixture
def bounce(stores: Stores, writes: WritesDatabase) -> Bounce:
    """Starts a pooler of the writes app's database."""

    def start(mode: PoolMode = "transaction", *, pool_size: int = 1) -> RunningPgBouncer:
        urls = [writes.urls.writer, writes.urls.owner, writes.admin_url]
        return stores.pgbouncer(urls, mode=mode, pool_size=pool_size, options=IGNORED)

    return start


@pytest.fixture
async def database(bounce: Bounce, writes: WritesDatabase) -> AsyncIterator[Database]:
    """A pool of two connections that share one server connection with all other clients."""
    async with opened(bounce().through(writes.urls.writer), connections=2, statement_timeout=0.2) as database:
        yield database

"""A process with a pool of its own that reads and writes for two tenants, some calls cut: one pod of `test_pooler`.

    python -m tests.system.stores.pooled_pod <writer URL> <value of POOLER> <calls> <seed>

Prints a JSON object: `rows` read, `foreign` ones among them, `written` by tenant, `cut` calls.
"""

import asyncio
import json
import random
import sys
from collections import Counter
from typing import Any, cast

from servicekit.settings.database import Pooler
from servicekit.storage.postgres.database import Database

TENANTS = ("acme", "globex")
_AT_ONCE = 16
_READ = "SELECT tenant_id, $1::text AS asked FROM orders.orders LIMIT 3"
_WRITE = """
UPDATE orders.inventory SET on_hand = on_hand + 1 WHERE sku = (SELECT min(sku) FROM orders.inventory)
RETURNING tenant_id, $1::text AS asked
"""


class Pod:
    """One process' calls and what they saw."""

    def __init__(self, database: Database, chance: random.Random) -> None:
        self._database = database
        self._chance = chance
        self.seen = Counter[str]()
        self.written = Counter[str]()

    async def call(self) -> None:
        """One call for a random tenant: a statement, a transaction with a cursor, a write, or a call that is cut."""
        tenant, kind = self._chance.choice(TENANTS), self._chance.random()
        if kind < 0.1:
            self._count(tenant, await self._write(tenant))
            self.written[tenant] += 1
        elif kind < 0.2:
            work = asyncio.create_task(self._read(tenant))
            await asyncio.sleep(self._chance.random() / 100)
            self.seen["cut"] += work.cancel()
            await asyncio.wait([work])
        elif kind < 0.3:
            self._count(tenant, await self._walk(tenant))
        else:
            self._count(tenant, await self._read(tenant))

    async def run(self, calls: int) -> None:
        """Make the calls, some at once."""
        left = iter(range(calls))

        async def work() -> None:
            for _ in left:
                await self.call()

        await asyncio.gather(*(work() for _ in range(_AT_ONCE)))

    async def _read(self, tenant: str) -> list[Any]:
        async with self._database._bound_connection(tenant) as connection:
            return list(await connection.fetch(_READ, tenant))

    async def _walk(self, tenant: str) -> list[Any]:
        async with self._database.tenant_transaction(tenant) as connection:
            return [row async for row in connection.cursor(_READ, tenant, prefetch=2)]

    async def _write(self, tenant: str) -> list[Any]:
        async with self._database.tenant_transaction(tenant) as connection:
            return list(await connection.fetch(_WRITE, tenant))

    def _count(self, tenant: str, rows: list[Any]) -> None:
        assert rows, tenant
        self.seen["rows"] += len(rows)
        self.seen["foreign"] += sum(row["tenant_id"] != tenant or row["asked"] != tenant for row in rows)


async def main(url: str, pooler: str, calls: str, seed: str) -> None:
    """Run one pod."""
    database = Database(url, pooler=cast("Pooler", pooler), connections=6, acquire_timeout=60, statement_timeout=30)
    await database.start()
    pod = Pod(database, random.Random(seed))
    await pod.run(int(calls))
    await database.stop()
    print(json.dumps({"foreign": 0, "cut": 0, **pod.seen, "written": pod.written}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

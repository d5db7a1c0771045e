"""What a server holds when it has nothing to do: tasks, descriptors, memory, connections and locks in Postgres."""

import asyncio
import multiprocessing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg

from devkit.workspace.composition import compose
from servicekit.server.run import serve_http
from tests.system.load.counted import TaskCount

from .fleet import Fleet, Server, log_to
from .report import Suite

PATIENCE = 20.0
"""Seconds until a server must be idle; the time after which it gives up a client that does not read is shorter."""
WRITE_TIMEOUT = 3
_BUSY = """
SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename <> 'postgres'
        AND state <> 'idle')
     + (SELECT count(*) FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
        WHERE a.datname = current_database() AND a.usename <> 'postgres')
"""


def serve_counted(count: Any, log: str, name: str, settings: dict[str, Any]) -> None:
    """One of the fleet's services, which reports its number of tasks."""
    log_to(log)
    service = compose(name, settings)
    service.components = (*service.components, TaskCount(count))
    serve_http(service)


@dataclass
class Watched:
    """A server whose tasks are counted."""

    server: Server
    tasks: Any

    @property
    def held(self) -> tuple[int, int]:
        """Tasks and open descriptors."""
        return self.tasks.value, len(list(Path(f"/proc/{self.server.victim.process_id}/fd").iterdir()))

    async def settled(self, suite: Suite, before: tuple[int, int], connection: asyncpg.Connection, story: str) -> None:
        """Check that the server holds no more than before, soon."""
        most = [count + slack for count, slack in zip(before, (3, 12), strict=True)]
        busy = -1
        for _ in range(int(PATIENCE / 0.1)):
            busy = await connection.fetchval(_BUSY)
            if busy == 0 and all(now <= bound for now, bound in zip(self.held, most, strict=True)):
                break
            await asyncio.sleep(0.1)
        suite.check(busy == 0, f"{story}: {busy} connections or locks of Postgres are in use")
        suite.check(self.held[0] <= most[0], f"{story}: {self.held[0]} tasks, {before[0]} before")
        suite.check(self.held[1] <= most[1], f"{story}: {self.held[1]} descriptors, {before[1]} before")


def start_watched(fleet: Fleet, name: str, **changes: Any) -> Watched:
    """Start a replica whose tasks are counted."""
    tasks = multiprocessing.get_context("forkserver").Value("i", 0)
    server = fleet.start(name, partial(serve_counted, tasks), write_timeout=WRITE_TIMEOUT, **changes)
    return Watched(server, tasks)

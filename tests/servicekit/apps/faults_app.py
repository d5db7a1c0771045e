"""A small service for tests of faults: a tool for every way to wait or fail, on Postgres."""

import asyncio
from typing import Annotated, Any

from pydantic import Field

from devkit.stores.databases import DatabaseUrls
from servicekit.core.deadline import remaining
from servicekit.core.errors import Refused
from servicekit.core.identity import ServerIdentity
from servicekit.registry.resources import resource
from servicekit.registry.tools import read
from servicekit.server.service import Service
from servicekit.settings.service import ServiceSettings
from servicekit.storage.postgres.database import Database

from .general_app import app_settings

READ = "faults:read"
CONNECTIONS = 4

Seconds = Annotated[float, Field(ge=0, le=60)]


class FaultTools:
    """One method is one way to wait, or to fail."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.gate = asyncio.Event()
        self.inside = 0

    async def hold(self) -> str:
        """Wait until the test lets go."""
        self.inside += 1
        try:
            await self.gate.wait()
        finally:
            self.inside -= 1
        return "Held."

    async def quick(self) -> str:
        """Answer at once."""
        return "Quick."

    async def sleep_in_the_database(self, seconds: Seconds) -> str:
        """Let Postgres sleep."""
        await self.database.fetchval("SELECT pg_sleep($1)", seconds)
        return "Slept."

    async def time_left(self) -> str:
        """Say how long this call may still take."""
        left = remaining()
        return "no limit" if left is None else f"{left:.3f}"

    async def refuse_in_a_group(self) -> str:
        """Refuse from inside a task group."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_refuse())
        return "Never."

    async def refuse_twice_in_a_group(self) -> str:
        """Refuse from two tasks in the same moment."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_refuse())
            tasks.create_task(_refuse())
        return "Never."

    async def fail_twice_in_a_group(self) -> str:
        """Fail in two ways at once: no single cause."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_refuse())
            tasks.create_task(_break())
        return "Never."

    async def time_out_elsewhere(self) -> str:
        """Run into a time limit of its own while it holds a connection."""
        async with self.database.session():
            raise TimeoutError("something else was slow")

    async def break_a_pipe_elsewhere(self) -> str:
        """Lose a connection that is not the database's while it holds one."""
        async with self.database.session():
            raise ConnectionResetError("something else hung up")

    async def send_what_does_not_fit(self) -> str:
        """Bind a value of the wrong type, which is a bug."""
        await self.database.fetchval("SELECT $1::int", "seven")
        return "Never."

    async def wall(self) -> str:
        """A long text."""
        return "brick " * 160_000


async def _refuse() -> None:
    raise Refused("Not today.")


async def _break() -> None:
    raise RuntimeError("broken")


def faults_app(urls: DatabaseUrls, settings: ServiceSettings | None = None) -> tuple[Service, FaultTools]:
    """The service, and its tools to be looked into."""
    database = Database(urls.writer, connections=CONNECTIONS)
    tools = FaultTools(database)
    rows: list[Any] = [
        tools.hold,
        tools.quick,
        tools.sleep_in_the_database,
        tools.time_left,
        tools.refuse_in_a_group,
        tools.refuse_twice_in_a_group,
        tools.fail_twice_in_a_group,
        tools.time_out_elsewhere,
        tools.break_a_pipe_elsewhere,
        tools.send_what_does_not_fit,
    ]
    service = Service(
        settings=settings or app_settings(),
        identity=ServerIdentity(name="faults", title="Faults", version="1.0.0", instructions="Waits and fails."),
        components=[database],
        tools=[read(method, scope=READ) for method in rows],
        resources=[resource("faults://wall", tools.wall, scope=READ)],
    )
    return service, tools

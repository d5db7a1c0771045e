"""The ports on both adapters, in memory and on Postgres, and what tests of them do over and over."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Protocol

import pytest

from devkit.databases import DatabaseUrls
from servicekit.core.caller import Caller, acting_as
from servicekit.storage.postgres import Database
from servicekit.testing.service import caller
from ticketing_mcp.adapters.postgres import PostgresDesk
from ticketing_mcp.adapters.ticket_writer import PostgresTicketWriter
from ticketing_mcp.models.identifiers import number_of
from ticketing_mcp.models.macros import Macro
from ticketing_mcp.models.search import parse_query
from ticketing_mcp.models.ticket_updates import (
    NewTicket,
)
from ticketing_mcp.models.tickets import Ticket
from ticketing_mcp.models.users import User
from ticketing_mcp.ports import Desk, SearchResult, TicketFilter, TicketWriter
from ticketing_mcp.sample_data.desk_setup import MACROS, POLICIES, QUEUES, STAFF, members_of

from .memory import MemoryDesk, Tenant

ANN = caller(subject="ann", tenant="acme")
EVE = caller(subject="eve", tenant="globex")
BILLING = replace(ANN, grants={"queues": ["billing"]})


class Both(Protocol):
    """An adapter that reads, and one that writes."""

    desk: Desk
    changes: TicketWriter

    async def __call__(self, work: Any, who: Caller = ANN) -> Any:
        """The result of some work, in a transaction of its own, for a caller."""
        ...


class InMemory:
    def __init__(self) -> None:
        def tenant(domain: str) -> Tenant:
            users = {
                identifier: User(
                    id=identifier,
                    kind="staff",
                    email=f"{identifier}@{domain}.example",
                    name=name,
                    queues=sorted(queues),
                )
                for identifier, name, queues in STAFF
            }
            return Tenant(
                queues=sorted(QUEUES, key=lambda queue: queue.id),
                members={queue.id: members_of(queue.id) for queue in QUEUES},
                policies=sorted(POLICIES, key=lambda policy: policy.id),
                macros=sorted((Macro(id=i, name=n, text=t) for i, n, t in MACROS), key=lambda macro: macro.id),
                users=users,
            )

        both = MemoryDesk({"acme": tenant("acme"), "globex": tenant("globex")})
        self.desk: Desk = both
        self.changes: TicketWriter = both

    async def __call__(self, work: Any, who: Caller = ANN) -> Any:
        with acting_as(who):
            return await work()


class Silent:
    async def announce(self, tenant: str, uri: str) -> None:
        """Nobody listens."""


class OnPostgres:
    def __init__(self, database: Database) -> None:
        self._database = database
        self.desk: Desk = PostgresDesk(database)
        self.changes: TicketWriter = PostgresTicketWriter(database, Silent())

    async def __call__(self, work: Any, who: Caller = ANN) -> Any:
        with acting_as(who):
            async with self._database.transaction():
                return await work()


@pytest.fixture
def in_memory() -> InMemory:
    return InMemory()


@pytest.fixture
async def on_postgres(bare_desk: DatabaseUrls) -> AsyncIterator[OnPostgres]:
    database = Database(bare_desk.writer, connections=4)
    await database.start()
    yield OnPostgres(database)
    await database.stop()


@pytest.fixture(params=["in_memory", "on_postgres"])
def both(request: pytest.FixtureRequest) -> Both:
    """Each adapter, with the desk of the sample data and no ticket."""
    adapter: Both = request.getfixturevalue(request.param)
    return adapter


def new(title: str = "Printer is on fire", body: str = "Smoke since noon.", **more: Any) -> NewTicket:
    fields = {"queue_id": "it-support", "priority": "normal", "requester_email": "mona@example.com"}
    return NewTicket(title=title, body=body, **{**fields, "requester_name": "Mona Ruiz", **more})


async def made(both: Both, *tickets: NewTicket, who: Caller = ANN) -> list[Ticket]:
    return [await both(lambda one=one: both.changes.create(one), who) for one in tickets]


async def applied(both: Both, ticket: Ticket, decide: Any) -> Ticket:
    async def work() -> Ticket:
        locked = await both.changes.lock(number_of(ticket.id))
        assert locked is not None
        return await both.changes.apply(locked, decide(locked))

    changed: Ticket = await both(work)
    return changed


async def found(both: Both, text: str | None = None, who: Caller = ANN, **conditions: Any) -> SearchResult:
    filters = TicketFilter(**conditions) if text is None else TicketFilter(parse_query(text), **conditions)
    result: SearchResult = await both(lambda: both.desk.search(filters, 50, None), who)
    return result


def ids(result: SearchResult) -> list[str]:
    return [ticket.id for ticket in result.tickets]

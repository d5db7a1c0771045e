"""The ticketing port on Postgres, and the steps that tests of the port share."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from devkit.stores.databases import DatabaseUrls
from servicekit.core.caller import Caller, acting_as
from servicekit.storage.postgres.database import Database
from servicekit.testing.service import caller
from ticketing_mcp.adapters.postgres.desk import PostgresDesk
from ticketing_mcp.adapters.postgres.ticket_writer import PostgresTicketWriter
from ticketing_mcp.models.identifiers import number_of
from ticketing_mcp.models.query import parse_query
from ticketing_mcp.models.ticket_updates import NewTicket
from ticketing_mcp.models.tickets import Ticket
from ticketing_mcp.ports.desk import Desk
from ticketing_mcp.ports.search import SearchResult, TicketFilter
from ticketing_mcp.ports.writing import TicketWriter

ANN = caller(subject="ann", tenant="acme")
EVE = caller(subject="eve", tenant="globex")
BILLING = replace(ANN, grants={"queues": ["billing"]})


class SilentAnnouncer:
    async def announce(self, tenant: str, uri: str) -> None:
        pass


class Port:
    """An adapter under test: calling it runs a function as a caller, in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.desk: Desk = PostgresDesk(database)
        self.writer: TicketWriter = PostgresTicketWriter(database, SilentAnnouncer())

    async def __call__(self, work: Any, who: Caller = ANN) -> Any:
        with acting_as(who):
            async with self._database.transaction():
                return await work()


@pytest.fixture
async def port(bare_desk: DatabaseUrls) -> AsyncIterator[Port]:
    """The port with the desk setup of the sample data and no tickets."""
    database = Database(bare_desk.writer, connections=4)
    await database.start()
    yield Port(database)
    await database.stop()


def new(title: str = "Printer is on fire", body: str = "Smoke since noon.", **more: Any) -> NewTicket:
    fields = {"queue_id": "it-support", "priority": "normal", "requester_email": "mona@example.com"}
    return NewTicket(title=title, body=body, **{**fields, "requester_name": "Mona Ruiz", **more})


async def create(port: Port, *tickets: NewTicket, who: Caller = ANN) -> list[Ticket]:
    return [await port(lambda one=one: port.writer.create(one), who) for one in tickets]


async def apply(port: Port, ticket: Ticket, decide: Any) -> Ticket:
    async def work() -> Ticket:
        locked = await port.writer.lock(number_of(ticket.id))
        assert locked is not None
        return await port.writer.apply(locked, decide(locked))

    changed: Ticket = await port(work)
    return changed


async def search(port: Port, text: str | None = None, who: Caller = ANN, **conditions: Any) -> SearchResult:
    filters = TicketFilter(**conditions) if text is None else TicketFilter(parse_query(text), **conditions)
    result: SearchResult = await port(lambda: port.desk.search(filters, 50, None), who)
    return result


def ids(result: SearchResult) -> list[str]:
    return [ticket.id for ticket in result.tickets]

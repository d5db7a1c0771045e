"""The ticketing port on each adapter, and the steps that tests of the port share."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from devkit.stores.databases import DatabaseUrls
from servicekit.core.caller import Caller, acting_as
from servicekit.journal.effect_id import carrying_effect_id
from servicekit.storage.postgres.database import Database
from servicekit.testing.service import caller
from ticketing_mcp.adapters.postgres.desk import PostgresDesk
from ticketing_mcp.adapters.postgres.ticket_writer import PostgresTicketWriter
from ticketing_mcp.adapters.zendesk.api.client import ZendeskApi
from ticketing_mcp.adapters.zendesk.desk import ZendeskDesk
from ticketing_mcp.adapters.zendesk.writer import ZendeskWriter
from ticketing_mcp.models.identifiers import number_of
from ticketing_mcp.models.query import parse_query
from ticketing_mcp.models.ticket_updates import NewTicket
from ticketing_mcp.models.tickets import Ticket
from ticketing_mcp.ports.desk import Desk
from ticketing_mcp.ports.search import SearchResult, TicketFilter
from ticketing_mcp.ports.writing import TicketWriter

from .zendesk import ZendeskDesks, zendesk_desks

ANN = caller(subject="ann", tenant="acme")
EVE = caller(subject="eve", tenant="globex")
BILLING = replace(ANN, grants={"queues": ["billing"]})


class SilentAnnouncer:
    async def announce(self, tenant: str, uri: str) -> None:
        pass


class Port(ABC):
    """An adapter under test: calling it runs a function as a caller, as one write."""

    desk: Desk
    writer: TicketWriter
    offers: frozenset[str]
    """What this desk can do and another may not: ``links`` between tickets, ``corrections`` of query words, ``ranking``
    of search results by the places of words, ``policies`` of queues."""

    @abstractmethod
    async def __call__(self, work: Any, who: Caller = ANN) -> Any:
        """Run a function as a caller."""

    @abstractmethod
    def person(self, identifier: str) -> str:
        """The id of a staff member of the sample data."""


class PostgresPort(Port):
    """The adapter for Postgres: each call is a transaction of its own."""

    offers = frozenset({"links", "corrections", "ranking", "policies"})

    def __init__(self, database: Database) -> None:
        self._database = database
        self.desk = PostgresDesk(database)
        self.writer = PostgresTicketWriter(database, SilentAnnouncer())

    async def __call__(self, work: Any, who: Caller = ANN) -> Any:
        with acting_as(who):
            async with self._database.transaction():
                return await work()

    def person(self, identifier: str) -> str:
        return identifier


class ZendeskPort(Port):
    """The adapter for Zendesk: each call is a write with an effect id of its own."""

    offers = frozenset[str]()

    def __init__(self, desks: ZendeskDesks) -> None:
        api = ZendeskApi(desks.accounts)
        self.desks = desks
        self.desk = ZendeskDesk(api)
        self.writer = ZendeskWriter(api)

    async def __call__(self, work: Any, who: Caller = ANN) -> Any:
        with acting_as(who), carrying_effect_id(secrets.token_hex(12)):
            return await work()

    def person(self, identifier: str) -> str:
        return self.desks.person(identifier)


@pytest.fixture(params=["postgres", "zendesk"])
def port_database(request: pytest.FixtureRequest) -> DatabaseUrls | None:
    """The database of the adapter under test; None for the one without."""
    return request.getfixturevalue("bare_desk") if request.param == "postgres" else None


@pytest.fixture
async def port(port_database: DatabaseUrls | None) -> AsyncIterator[Port]:
    """Each adapter with the desk setup of the sample data and no tickets."""
    if port_database is None:
        async with zendesk_desks() as desks:
            yield ZendeskPort(desks)
        return
    database = Database(port_database.writer, connections=4)
    await database.start()
    yield PostgresPort(database)
    await database.stop()


@pytest.fixture
async def own_port(bare_desk: DatabaseUrls) -> AsyncIterator[PostgresPort]:
    """The adapter for Postgres alone, for what only this server's own search index does."""
    database = Database(bare_desk.writer, connections=4)
    await database.start()
    yield PostgresPort(database)
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
        changed = await port.writer.apply(locked, decide(locked))
        found = await port.desk.get(number_of(ticket.id))
        assert found is not None
        assert (changed.status, changed.version, changed.comment_count) == (
            found.status, found.version, found.comment_count,
        )  # fmt: skip
        return found

    written: Ticket = await port(work)
    return written


async def search(port: Port, text: str | None = None, who: Caller = ANN, **conditions: Any) -> SearchResult:
    filters = TicketFilter(**conditions) if text is None else TicketFilter(parse_query(text), **conditions)
    result: SearchResult = await port(lambda: port.desk.search(filters, 50, None), who)
    return result


def ids(result: SearchResult) -> list[str]:
    return [ticket.id for ticket in result.tickets]

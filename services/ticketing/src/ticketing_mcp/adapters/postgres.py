"""The port `Desk` on Postgres: reads of the current caller's tenant, in the queues it is granted."""

from servicekit.storage.postgres import Database
from ticketing_mcp.adapters.desk_queries import DeskQueries
from ticketing_mcp.adapters.ticket_queries import TicketQueries
from ticketing_mcp.adapters.ticket_search import TicketSearch


class PostgresDesk(TicketSearch, TicketQueries, DeskQueries):
    """Everything this service reads, from one `Database`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)

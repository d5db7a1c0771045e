"""The read port `Desk` on Postgres, limited to the caller's tenant and granted queues."""

from servicekit.storage.postgres.database import Database
from ticketing_mcp.adapters.desk_queries import DeskQueries
from ticketing_mcp.adapters.ticket_queries import TicketQueries
from ticketing_mcp.adapters.ticket_search import TicketSearch


class PostgresDesk(TicketSearch, TicketQueries, DeskQueries):
    """`Desk` on one `Database`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)

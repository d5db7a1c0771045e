"""The read port `Desk` on Postgres, limited to the caller's tenant and granted queues."""

from servicekit.storage.postgres.database import Database
from ticketing_mcp.adapters.postgres.attachments import AttachmentQueries
from ticketing_mcp.adapters.postgres.conversations import ConversationQueries
from ticketing_mcp.adapters.postgres.custom_fields import CustomFieldQueries
from ticketing_mcp.adapters.postgres.macros import MacroQueries
from ticketing_mcp.adapters.postgres.people import PeopleQueries
from ticketing_mcp.adapters.postgres.queues import QueueQueries
from ticketing_mcp.adapters.postgres.service_levels import ServiceLevelQueries
from ticketing_mcp.adapters.postgres.similar_tickets import SimilarTicketQueries
from ticketing_mcp.adapters.postgres.tags import TagQueries
from ticketing_mcp.adapters.postgres.ticket_queries import TicketQueries
from ticketing_mcp.adapters.postgres.ticket_search import TicketSearch
from ticketing_mcp.adapters.postgres.time_zone import TenantTimeZoneQuery


class PostgresDesk(
    TicketSearch,
    SimilarTicketQueries,
    TicketQueries,
    ConversationQueries,
    ServiceLevelQueries,
    QueueQueries,
    MacroQueries,
    PeopleQueries,
    TenantTimeZoneQuery,
    TagQueries,
    CustomFieldQueries,
    AttachmentQueries,
):
    """`Desk` on one `Database`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)

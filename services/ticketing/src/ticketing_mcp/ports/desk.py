"""All reads, as one adapter provides them."""

from typing import Protocol

from ticketing_mcp.ports.attachments import Attachments
from ticketing_mcp.ports.conversations import Conversations
from ticketing_mcp.ports.fields import CustomFields, Tags
from ticketing_mcp.ports.macros import Macros
from ticketing_mcp.ports.people import People
from ticketing_mcp.ports.queues import Queues
from ticketing_mcp.ports.search import SimilarTickets, TicketFinder
from ticketing_mcp.ports.service_levels import ServiceLevels
from ticketing_mcp.ports.tickets import TicketReader
from ticketing_mcp.ports.time_zone import TenantTimeZone


class DeskReader(Queues, Macros, People, Tags, CustomFields, TenantTimeZone, Protocol):
    """Reads what the desk's administrators maintain, and users."""


class Desk(TicketFinder, SimilarTickets, TicketReader, Conversations, Attachments, ServiceLevels, DeskReader, Protocol):
    """All reads, as one adapter provides them."""

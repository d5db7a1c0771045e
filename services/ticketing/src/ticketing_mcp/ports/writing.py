"""Writing tickets."""

from typing import Protocol

from ticketing_mcp.models.ticket_updates import NewTicket, TicketUpdate
from ticketing_mcp.models.tickets import LinkKind, Ticket
from ticketing_mcp.ports.merging import TicketMerger


class TicketWriter(TicketMerger, Protocol):
    """Writes tickets, in the transaction of the call."""

    async def lock(self, number: int) -> Ticket | None:
        """Lock the ticket until the transaction ends, and return its current state."""
        ...

    async def create(self, new: NewTicket) -> Ticket:
        """Create a ticket with the tenant's next number and its tags, and its requester if the e-mail is new."""
        ...

    async def apply(self, ticket: Ticket, update: TicketUpdate) -> Ticket:
        """Write an update of a locked ticket, and return the new state."""
        ...

    async def link(self, ticket: Ticket, other: Ticket, kind: LinkKind) -> None:
        """Write a link between two locked tickets."""
        ...


class Announcer(Protocol):
    """Announces changed resources to subscribed clients, after the commit."""

    async def announce(self, tenant: str, uri: str) -> None:
        """Announce a change of `uri` to the tenant's subscribers."""
        ...

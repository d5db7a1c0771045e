"""Writing tickets."""

from collections.abc import Sequence
from typing import Protocol

from ticketing_mcp.models.ticket_updates import NewTicket, TicketUpdate
from ticketing_mcp.models.tickets import LinkKind, Ticket
from ticketing_mcp.ports.merging import TicketMerger


class TicketWriter(TicketMerger, Protocol):
    """Writes tickets, in the transaction of the call."""

    async def lock(self, number: int) -> Ticket | None:
        """The current state of a ticket, which stays so until the transaction ends; a desk without locks refuses an
        update of a ticket that changed meanwhile."""
        ...

    async def lock_all(self, numbers: Sequence[int]) -> Sequence[Ticket]:
        """Lock these tickets in the order of their numbers, and return those that exist, in that order."""
        ...

    async def create(self, new: NewTicket) -> Ticket:
        """Create a ticket with the tenant's next number and its tags, and its requester if the e-mail is new."""
        ...

    async def apply(self, ticket: Ticket, update: TicketUpdate) -> Ticket:
        """Write an update of a locked ticket, and return the new state."""
        ...

    async def apply_all(self, updates: Sequence[tuple[Ticket, TicketUpdate]]) -> Sequence[Ticket]:
        """Write an update of each of these tickets of `lock_all`, and return their new states in this order. A desk
        with transactions writes all or none; another one says in an error which it wrote."""
        ...

    async def link(self, ticket: Ticket, other: Ticket, kind: LinkKind) -> None:
        """Write a link between two locked tickets."""
        ...


class LostWrites(Protocol):
    """Finds what an earlier attempt of the current write did, whose answer was lost.

    Only a desk outside of this server's database needs it: there, an attempt that failed left nothing.
    """

    async def created(self) -> Ticket | None:
        """The ticket that it created; None if there is none."""
        ...

    async def written(self, number: int) -> Ticket | None:
        """A ticket that it changed, as it is now; None if it did not change it."""
        ...

    async def state(self, number: int) -> Ticket | None:
        """A ticket as it is now, whether or not it was changed."""
        ...


class Announcer(Protocol):
    """Announces changed resources to subscribed clients, after the commit."""

    async def announce(self, tenant: str, uri: str) -> None:
        """Announce a change of `uri` to the tenant's subscribers."""
        ...

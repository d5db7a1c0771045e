"""Finding tickets that say much the same."""

from typing import Annotated

from pydantic import Field

from servicekit.core.errors import Refused
from servicekit.schema.pagination import Page
from ticketing_mcp.models.errors import unknown_ticket
from ticketing_mcp.models.identifiers import MAX_TEXT, TicketId, number_of
from ticketing_mcp.models.tickets import TicketSummary
from ticketing_mcp.ports import TicketReader

SimilarText = Annotated[
    str, Field(min_length=1, max_length=MAX_TEXT, description="What a ticket would say, where there is none yet.")
]
SimilarLimit = Annotated[int, Field(ge=1, le=20, description="How many tickets to return, 1 to 20.")]


class SimilarTicket(TicketSummary):
    """A ticket like the one asked about; `similarity` is the share, in percent, of the telling words that it has."""

    similarity: int


class SimilarTools:
    """Likeness, by the index that search uses."""

    def __init__(self, tickets: TicketReader) -> None:
        self._tickets = tickets

    async def find_similar_tickets(
        self, ticket_id: TicketId | None = None, text: SimilarText | None = None, limit: SimilarLimit = 10
    ) -> Page[SimilarTicket]:
        """Find tickets that share the rarest words of a ticket or a text: duplicates, earlier cases, known solutions.

        Give ticket_id or text. To look for given words use search_tickets; what solved a closed one is in get_ticket.
        """
        if (ticket_id is None) == (text is None):
            raise Refused("Give either ticket_id or text, and not both.")
        number = None
        if ticket_id is not None:
            number = number_of(ticket_id)
            ticket = await self._tickets.get(number)
            if ticket is None:
                raise unknown_ticket(ticket_id)
            text = f"{ticket.title}\n{ticket.body}"
        found = await self._tickets.similar(text or "", limit, number, None)
        records = [
            SimilarTicket(**one.ticket.model_dump(exclude={"score"}), similarity=one.similarity) for one in found
        ]
        return Page(records, limit, key=lambda record: (record.id,))

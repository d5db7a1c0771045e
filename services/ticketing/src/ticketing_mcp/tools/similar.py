"""The tool that finds similar tickets."""

from typing import Annotated

from pydantic import Field

from servicekit.core import Refused
from servicekit.schema import Clamped, Page
from ticketing_mcp.models.errors import unknown_ticket
from ticketing_mcp.models.identifiers import MAX_TEXT, RequesterText, StaffText, TicketId, number_of
from ticketing_mcp.models.similarity import MIN_SIMILARITY
from ticketing_mcp.models.tickets import TicketSummary
from ticketing_mcp.ports.desk import Desk
from ticketing_mcp.ports.search import Similar, SimilarResult

SimilarText = Annotated[
    str, Field(min_length=1, max_length=MAX_TEXT, description="Text to compare, if there is no ticket yet.")
]
SimilarLimit = Annotated[int, Field(ge=1, le=20, description="Up to 20."), Clamped()]


_MAX_RESOLUTION = 300


class SimilarTicket(TicketSummary):
    """A similar ticket. `similarity` is the percentage of shared words, by weight; `shared` lists the heaviest."""

    similarity: int
    shared: RequesterText
    resolution: StaffText | None = None


class SimilarTools:
    def __init__(self, tickets: Desk) -> None:
        self._tickets = tickets

    async def find_similar_tickets(
        self, ticket_id: TicketId | None = None, text: SimilarText | None = None, limit: SimilarLimit = 10
    ) -> Page[SimilarTicket]:
        """Find earlier cases of the same problem by a ticket or a text: duplicates, whether it is known or has been
        seen before, how it was solved last time."""
        if (ticket_id is None) == (text is None):
            raise Refused("Give exactly one of ticket_id and text.")
        number = None
        if ticket_id is not None:
            number = number_of(ticket_id)
            ticket = await self._tickets.get(number)
            if ticket is None:
                raise unknown_ticket(ticket_id)
            text = f"{ticket.title}\n{ticket.body}"
        found = await self._tickets.similar(text or "", limit, number, None)
        return Page(
            [_similar_ticket(one) for one in found.tickets],
            limit,
            key=lambda record: (record.id,),
            notice=_notice(found),
        )


def _similar_ticket(one: Similar) -> SimilarTicket:
    resolution = one.resolution
    if resolution is not None and len(resolution) > _MAX_RESOLUTION:
        resolution = f"{resolution[:_MAX_RESOLUTION]}…"
    return SimilarTicket(
        **one.ticket.model_dump(exclude={"score"}),
        similarity=one.similarity,
        shared=", ".join(one.shared),
        resolution=resolution,
    )


def _notice(found: SimilarResult) -> str:
    if not found.compared:
        return "There are only common words to compare. Send the words of the problem, or its code."
    threshold = f"Listed are tickets with a similarity of {MIN_SIMILARITY} or more, or with the same rare code."
    if found.unknown:
        is_in = "is" if found.unknown == 1 else "are"
        return f"{threshold} {found.unknown} of the {found.compared} compared words {is_in} in no other ticket."
    return threshold

"""Tools for queues and macros."""

from servicekit.schema import Page
from ticketing_mcp.models.errors import unknown_macro, unknown_queue, unknown_ticket
from ticketing_mcp.models.identifiers import MacroId, QueueId, TicketId, number_of
from ticketing_mcp.models.macros import FilledMacro, Macro
from ticketing_mcp.models.queues import LoadedQueue, QueueState
from ticketing_mcp.models.tickets import Ticket
from ticketing_mcp.ports.desk import Desk


class QueueTools:
    """Reads of queues and macros."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_queues(self) -> Page[LoadedQueue]:
        """All queues (teams, groups, departments) that you may send tickets to: purpose, service level, load."""
        queues = await self._desk.loaded_queues()
        return Page(queues, max(1, len(queues)), key=lambda queue: (queue.id,))

    async def get_queue(self, queue_id: QueueId) -> QueueState:
        """How busy one queue (team) is: who is in it, their workload, its backlog by age, unassigned tickets."""
        queue = await self._desk.queue(queue_id)
        if queue is None:
            raise unknown_queue(queue_id, await self._desk.queues())
        return queue

    async def list_macros(self) -> Page[Macro]:
        """Canned responses (macros, reply templates, standard or prepared answers, snippets) that we have."""
        macros = await self._desk.macros()
        return Page(macros, max(1, len(macros)), key=lambda macro: (macro.id,))

    async def preview_macro(self, macro_id: MacroId, ticket_id: TicketId) -> FilledMacro:
        """Fill in a canned response (macro, template) with the names and data of a ticket. Sends nothing: check the
        text, then use add_public_reply."""
        macros = {macro.id: macro for macro in await self._desk.macros()}
        if macro_id not in macros:
            raise unknown_macro(macro_id, macros.values())
        return await self._desk.fill(macros[macro_id], await self._ticket(ticket_id))

    async def _ticket(self, ticket_id: TicketId) -> Ticket:
        ticket = await self._desk.get(number_of(ticket_id))
        if ticket is None:
            raise unknown_ticket(ticket_id)
        return ticket

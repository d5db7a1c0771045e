"""The tool that changes several tickets at once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from servicekit.core import Refused
from ticketing_mcp.models.batch_changes import MAX_CHANGES, TicketChange, combined
from ticketing_mcp.models.errors import not_a_member, unknown_queue, unknown_ticket
from ticketing_mcp.models.identifiers import number_of
from ticketing_mcp.models.previews import BatchPreview, batch_preview
from ticketing_mcp.models.ticket_updates import TicketUpdate
from ticketing_mcp.models.tickets import Ticket
from ticketing_mcp.models.write_results import ChangedTicket, ChangedTickets
from ticketing_mcp.ports.desk import DeskReader
from ticketing_mcp.ports.writing import TicketWriter
from ticketing_mcp.tools.staff import StaffNames, is_no_one

Changes = Annotated[
    list[TicketChange], Field(min_length=1, max_length=MAX_CHANGES, description=f"Up to {MAX_CHANGES}.")
]
Planned = Sequence[tuple[Ticket, TicketUpdate]]


class BatchUpdateTools:
    """Changes of several tickets in one transaction: all or none."""

    def __init__(self, desk: DeskReader, writer: TicketWriter) -> None:
        self._desk = desk
        self._writer = writer

    async def update_tickets(self, changes: Changes) -> ChangedTickets:
        """Change several tickets at once (bulk, mass): assign, hand over, triage, move, close. A person confirms."""
        changed = await self._writer.apply_all(await self._plan(changes))
        return ChangedTickets(tickets=[ChangedTicket.of(ticket) for ticket in changed])

    async def preview_updates(self, changes: Changes) -> BatchPreview:
        """Preview of update_tickets."""
        planned = await self._plan(changes)
        moved = {(ticket.assignee_id, after.assignee_id) for ticket, after in planned}
        ids = sorted({one for before, after in moved if before != after for one in (before, after) if one is not None})
        names = {user.id: user.name for user in await self._desk.staff(ids)} if ids else {}
        return batch_preview(planned, names)

    async def _plan(self, changes: Sequence[TicketChange]) -> Planned:
        """The update of each ticket, under its lock. A word such as `unassigned` in place of an assignee unassigns.

        Raises:
            Refused: a change is not possible. Every such change is named.
        """
        changes = [
            change.model_copy(update={"assignee_id": None, "unassign": True})
            if change.assignee_id is not None and is_no_one(change.assignee_id)
            else change
            for change in changes
        ]
        tickets = {ticket.id: ticket for ticket in await self._writer.lock_all(_numbers(changes))}
        rules = await self._rules(changes, tickets)
        planned: list[tuple[Ticket, TicketUpdate]] = []
        problems: dict[str, str] = {}
        for change in changes:
            try:
                if (ticket := tickets.get(change.ticket_id)) is None:
                    raise unknown_ticket(change.ticket_id)
                planned.append((ticket, await rules.update(ticket, change)))
            except Refused as refused:
                problems[change.ticket_id] = str(refused).removeprefix(f"Ticket {change.ticket_id} ")
        if problems:
            alike: dict[str, list[str]] = {}
            for ticket_id, reason in problems.items():
                alike.setdefault(reason, []).append(ticket_id)
            reasons = " ".join(f"{', '.join(ticket_ids)}: {reason}" for reason, ticket_ids in alike.items())
            raise Refused(
                f"Nothing was changed, since {len(problems)} of {len(changes)} changes cannot be made. {reasons}"
            )
        return planned

    async def _rules(self, changes: Sequence[TicketChange], tickets: Mapping[str, Ticket]) -> "_Rules":
        staff = StaffNames(self._desk)
        names = {change.assignee_id for change in changes if change.assignee_id is not None}
        moved = {change.queue_id for change in changes if change.queue_id is not None}
        if names:
            await staff.read(names)
        members = (
            await self._desk.queue_members({*moved, *(ticket.queue_id for ticket in tickets.values())}) if names else {}
        )
        return _Rules(self._desk, staff, members, {queue.id for queue in await self._desk.queues()} if moved else set())


class _Rules:
    """What the changes of one call may do: who works in which queue, and which queues there are."""

    def __init__(
        self, desk: DeskReader, staff: StaffNames, members: Mapping[str, Sequence[str]], queues: set[str]
    ) -> None:
        self._desk, self._staff, self._members, self._queues = desk, staff, members, queues

    async def update(self, ticket: Ticket, change: TicketChange) -> TicketUpdate:
        """The update of a ticket.

        Raises:
            Refused: it is not possible.
        """
        if change.queue_id is not None and change.queue_id not in self._queues:
            raise unknown_queue(change.queue_id, await self._desk.queues())
        queue = change.queue_id or ticket.queue_id
        members = self._members.get(queue, ())
        assignee = None if change.assignee_id is None else await self._staff.member(change.assignee_id, members)
        update = combined(ticket, change, assignee)
        if assignee is not None and assignee not in members:
            raise not_a_member(assignee, queue, members)
        return update


def _numbers(changes: Sequence[TicketChange]) -> list[int]:
    """The numbers of the tickets, in the order in which they are locked.

    Raises:
        Refused: a ticket is given twice.
    """
    counted = Counter(change.ticket_id for change in changes)
    if twice := [ticket_id for ticket_id, count in counted.items() if count > 1]:
        raise Refused(
            f"{', '.join(twice)}: given more than once in changes. Give each ticket one change with all values."
        )
    return sorted(map(number_of, counted))

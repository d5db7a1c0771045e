"""Reading tickets by number."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ticketing_mcp.adapters.zendesk.api.client import PAGE, member, parsed, parsed_list
from ticketing_mcp.adapters.zendesk.audits import history_of, past_of
from ticketing_mcp.adapters.zendesk.custom_fields import FieldDirectory, ZendeskCustomFields
from ticketing_mcp.adapters.zendesk.groups import Directory
from ticketing_mcp.adapters.zendesk.records import ticket_of
from ticketing_mcp.adapters.zendesk.wire import WireAudit, WireTicket, WireUser
from ticketing_mcp.models.identifiers import number_of, ticket_id
from ticketing_mcp.models.tickets import Event, Ticket

SIDE_LOADS: Final = "users,comment_count,metric_sets,slas"
_MOST_AUDITS: Final = 2000
_AT_ONCE: Final = 5
"""Requests for the histories of several tickets at a time."""


class ZendeskTickets(ZendeskCustomFields):
    """`TicketReader` on Zendesk."""

    async def get(self, number: int) -> Ticket | None:
        data, directory, fields, (audits, authors) = await asyncio.gather(
            self.data(number), self.directory(), self.fields(), self.audits(number)
        )
        ticket = self.ticket_in(data, directory)
        if ticket is None:
            return None
        users = {**users_in(data), **authors}
        return ticket_of(ticket, users, directory, past_of(audits, users), fields)

    async def get_all(self, numbers: Sequence[int]) -> list[Ticket]:
        parts = [numbers[start : start + PAGE] for start in range(0, len(numbers), PAGE)]
        directory, fields, *pages = await asyncio.gather(self.directory(), self.fields(), *map(self._many, parts))
        limit = asyncio.Semaphore(_AT_ONCE)
        found = await asyncio.gather(
            *(
                self._with_past(ticket, users_in(data), directory, fields, limit)
                for data in pages
                for ticket in parsed_list(WireTicket, data, "tickets")
                if directory.sees(ticket.group_id)
            )
        )
        return sorted(found, key=lambda ticket: number_of(ticket.id))

    async def _many(self, numbers: Sequence[int]) -> Any:
        query = {"ids": ",".join(map(str, numbers)), "include": SIDE_LOADS}
        return await self._api.read(("tickets", "show_many"), "these tickets", query)

    async def _with_past(
        self,
        ticket: WireTicket,
        users: Mapping[int, WireUser],
        directory: Directory,
        fields: FieldDirectory,
        limit: asyncio.Semaphore,
    ) -> Ticket:
        async with limit:
            audits, authors = await self.audits(ticket.id)
        known = {**users, **authors}
        return ticket_of(ticket, known, directory, past_of(audits, known), fields)

    async def history(self, number: int, count: int, after: int) -> list[Event] | None:
        data, directory, fields, (audits, users) = await asyncio.gather(
            self.data(number), self.directory(), self.fields(), self.audits(number)
        )
        if self.ticket_in(data, directory) is None:
            return None
        return history_of(audits, users, directory, fields)[after : after + count]

    async def numbers(self, prefix: int | None, count: int) -> list[int]:
        """The newest tickets with a number like that. Zendesk finds no numbers by their beginning, so these are among
        the newest hundred, or the number itself."""
        query = {"query": "type:ticket", "sort_by": "created_at", "sort_order": "desc", "per_page": PAGE}
        directory, data = await asyncio.gather(
            self.directory(), self._api.read(("search",), "the newest tickets", query)
        )
        found = [ticket for ticket in parsed_list(WireTicket, data, "results") if directory.sees(ticket.group_id)]
        numbers = [one.id for one in found if prefix is None or str(one.id).startswith(str(prefix))]
        if prefix is not None and prefix not in numbers and await self.visible(prefix) is not None:
            numbers.append(prefix)
        return sorted(numbers, reverse=True)[:count]

    async def visible(self, number: int) -> WireTicket | None:
        """A ticket as Zendesk has it, if the caller may see it."""
        data, directory = await asyncio.gather(self.data(number), self.directory())
        return self.ticket_in(data, directory)

    @staticmethod
    def ticket_in(data: Any, directory: Directory) -> WireTicket | None:
        """The ticket of a response, if the caller may see it."""
        if not isinstance(data, Mapping):
            return None
        ticket = parsed(WireTicket, data.get("ticket"))
        return ticket if directory.sees(ticket.group_id) else None

    async def data(self, number: int) -> Any:
        """The response about a ticket; None where there is none."""
        return await self._api.read_or_none(("tickets", number), f"ticket {ticket_id(number)}", {"include": SIDE_LOADS})

    async def audits(self, number: int) -> tuple[list[WireAudit], dict[int, WireUser]]:
        """The audits of a ticket, oldest first, and their authors; none for an unknown ticket."""
        found: list[WireAudit] = []
        users: dict[int, WireUser] = {}
        page = 1
        while len(found) < _MOST_AUDITS:
            query = {"include": "users", "per_page": PAGE, "page": page, "sort_order": "asc"}
            what = f"the history of ticket {ticket_id(number)}"
            data = await self._api.read_or_none(("tickets", number, "audits"), what, query)
            if data is None:
                break
            found += parsed_list(WireAudit, data, "audits")
            users |= users_in(data)
            if len(member(data, "audits")) < PAGE:
                break
            page += 1
        return found, users


def users_in(data: Any) -> dict[int, WireUser]:
    """The users that were side-loaded."""
    items = data.get("users") if isinstance(data, Mapping) else None
    return {user.id: user for user in (parsed(WireUser, item) for item in items or ())}

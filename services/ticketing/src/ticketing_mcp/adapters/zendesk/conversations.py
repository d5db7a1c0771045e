"""Reading conversations."""

import asyncio

from ticketing_mcp.adapters.zendesk.api.client import PAGE, parsed_list
from ticketing_mcp.adapters.zendesk.records import comment_of
from ticketing_mcp.adapters.zendesk.tickets import ZendeskTickets, users_in
from ticketing_mcp.adapters.zendesk.wire import WireComment, WireUser
from ticketing_mcp.models.identifiers import ticket_id
from ticketing_mcp.models.tickets import Comment


class ZendeskConversations(ZendeskTickets):
    """`Conversations` on Zendesk. The sequence of a comment is its place after the description."""

    async def comments(self, number: int, count: int, after: int) -> list[Comment] | None:
        ticket, (found, users) = await asyncio.gather(
            self.visible(number), self._between(number, after + 1, after + count)
        )
        if ticket is None:
            return None
        return [comment_of(comment, place, users) for place, comment in found]

    async def _between(
        self, number: int, first: int, last: int
    ) -> tuple[list[tuple[int, WireComment]], dict[int, WireUser]]:
        """The comments from one place to another, the first comment being the description at place 0."""
        pages = await asyncio.gather(*(self._page(number, page) for page in range(first // PAGE + 1, last // PAGE + 2)))
        found = [one for page, _ in pages for one in page if first <= one[0] <= last]
        return found, {key: user for _, users in pages for key, user in users.items()}

    async def _page(self, number: int, page: int) -> tuple[list[tuple[int, WireComment]], dict[int, WireUser]]:
        query = {"include": "users", "per_page": PAGE, "page": page, "sort_order": "asc"}
        what = f"the comments of ticket {ticket_id(number)}"
        data = await self._api.read_or_none(("tickets", number, "comments"), what, query)
        if data is None:
            return [], {}
        comments = parsed_list(WireComment, data, "comments")
        return list(enumerate(comments, (page - 1) * PAGE)), users_in(data)

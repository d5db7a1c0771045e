"""Reading tags."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from ticketing_mcp.adapters.zendesk.api.client import PAGE
from ticketing_mcp.adapters.zendesk.search import ZendeskSearch
from ticketing_mcp.adapters.zendesk.search_query import TICKETS, NothingVisible, groups_of
from ticketing_mcp.models.tags import TagUse

_NEWEST = {"sort_by": "created_at", "sort_order": "desc"}


class ZendeskTags(ZendeskSearch):
    """`Tags` on Zendesk, of tickets in the queues that the caller may see."""

    async def tags(self, count: int) -> list[TagUse]:
        directory = await self.directory()
        try:
            within = groups_of(None, directory)
        except NothingVisible:
            return []
        newest = await self.results(" ".join([TICKETS, *within]), 1, _NEWEST)
        shown = [ticket for ticket in newest.tickets[:PAGE] if directory.sees(ticket.group_id)]
        used = Counter(tag for ticket in shown for tag in ticket.tags)
        return [TagUse(tag=tag, tickets=number) for tag, number in used.most_common(count)]

    async def known_tags(self, tags: Sequence[str]) -> list[str]:
        directory = await self.directory()
        try:
            within = groups_of(None, directory)
        except NothingVisible:
            return []
        found = await asyncio.gather(
            *(self.results(" ".join([TICKETS, *within, f'tags:"{tag}"']), 1, _NEWEST) for tag in tags)
        )
        return [
            tag
            for tag, part in zip(tags, found, strict=True)
            if any(tag in ticket.tags and directory.sees(ticket.group_id) for ticket in part.tickets)
        ]

"""Reading queues: Zendesk's groups."""

import asyncio
from typing import Any

from ticketing_mcp.adapters.zendesk.api.errors import UnexpectedResponse
from ticketing_mcp.adapters.zendesk.groups import Group
from ticketing_mcp.adapters.zendesk.people import ZendeskPeople
from ticketing_mcp.adapters.zendesk.search_query import in_group
from ticketing_mcp.models.queues import LoadedQueue, Queue, QueueLoad, QueueState


class ZendeskQueues(ZendeskPeople):
    """`Queues` on Zendesk, without service levels."""

    async def queues(self) -> list[Queue]:
        return [Queue(**_fields(group)) for group in (await self.directory()).granted()]

    async def loaded_queues(self) -> list[LoadedQueue]:
        """The groups without their load: to count it takes several requests for each group."""
        return [LoadedQueue(**_fields(group)) for group in (await self.directory()).granted()]

    async def queue(self, queue_id: str) -> QueueState | None:
        group = (await self.directory()).find(queue_id)
        if group is None:
            return None
        place = in_group(group)
        members, *counts = await asyncio.gather(
            self.queue_members([group.id]),
            self._count(f"{place} status:new status:open"),
            self._count(f"{place} status:pending"),
            self._count(f"{place} status:hold"),
            self._count(f"{place} status<solved assignee:none"),
        )
        load = QueueLoad(open=counts[0], pending=counts[1], on_hold=counts[2], unassigned=counts[3])
        return QueueState(**_fields(group), members=members.get(group.id, []), load=load)

    async def _count(self, conditions: str) -> int:
        data: Any = await self._api.read(
            ("search", "count"), "the number of tickets", {"query": f"type:ticket {conditions}"}
        )
        count = data.get("count") if isinstance(data, dict) else None
        if not isinstance(count, int):
            raise UnexpectedResponse
        return count


def _fields(group: Group) -> dict[str, Any]:
    return {"id": group.id, "name": group.name, "purpose": group.purpose, "default_priority": "normal"}

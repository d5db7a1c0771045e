"""Reading queues and service levels."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from ticketing_mcp.models.queues import LoadedQueue, Queue, QueueState
from ticketing_mcp.models.sla import ListedPolicy, SlaPolicy


class Queues(Protocol):
    """Reads queues and service levels."""

    async def queues(self) -> Sequence[Queue]:
        """All queues, by id."""
        ...

    async def loaded_queues(self) -> Sequence[LoadedQueue]:
        """All queues with their load, by id."""
        ...

    async def queue(self, queue_id: str) -> QueueState | None:
        """One queue with its members, and its load by assignee and age."""
        ...

    async def queue_members(self, queue_ids: Collection[str]) -> Mapping[str, Sequence[str]]:
        """The ids of the staff members of each of these queues, sorted."""
        ...

    async def policies(self) -> Sequence[SlaPolicy | ListedPolicy]:
        """All service levels, by id."""
        ...

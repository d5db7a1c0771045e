"""Reads of refunds that wait for approval."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from orders_mcp.models.approvals import WaitingRefund
from servicekit.schema import CursorKey


class ApprovalReader(Protocol):
    """Reads refund requests."""

    async def waiting_refunds(self, now: datetime, count: int, after: CursorKey | None) -> Sequence[WaitingRefund]:
        """At most `count` requests that expire after `now`, the soonest first.

        `after` is (expires_at in ISO 8601, id) of the previous page's last.
        """
        ...

    async def order_of_refund(self, refund_id: str) -> UUID | None:
        """The order of a refund; None where there is no such refund."""
        ...

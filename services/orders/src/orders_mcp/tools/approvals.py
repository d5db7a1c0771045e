"""Tools for the second person who decides about refunds beyond the limits."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from orders_mcp.models.approvals import (
    ApprovalPreview,
    WaitingRefund,
    approval,
    approval_preview,
    own_requests,
    refusal,
    waiting_request,
    withdrawal,
)
from orders_mcp.models.card_numbers import NO_CARD_NUMBER
from orders_mcp.models.identifiers import RefundId
from orders_mcp.models.order_updates import OrderUpdate
from orders_mcp.models.orders import Order
from orders_mcp.models.refund_requests import RefundRequest
from orders_mcp.models.refunds import RefundedOrder, of_request
from orders_mcp.ports.approvals import ApprovalReader
from orders_mcp.ports.writing import OrderWriter
from orders_mcp.tools.clock import utc_now
from servicekit.core import Refused, current_caller
from servicekit.schema import CursorKey, FreeText, Limit, Page

DeclineReason = Annotated[str, FreeText(1000, "Why."), NO_CARD_NUMBER]


class ApprovalTools:
    """Approvals, decided under the order's lock.

    Args:
        approvals: reads for lists, which may come from a replica.
        current: reads in the transaction of the call.
        now: the clock that decides whether a request expired.
    """

    def __init__(
        self,
        approvals: ApprovalReader,
        current: ApprovalReader,
        writer: OrderWriter,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._approvals = approvals
        self._current = current
        self._writer = writer
        self._now = now

    async def list_approvals(self, limit: Limit = 20, cursor: CursorKey | None = None) -> Page[WaitingRefund]:
        """Refunds that wait for a second person's approval (sign-off)."""
        rows = await self._approvals.waiting_refunds(self._now(), limit + 1, cursor)
        return Page(rows, limit, key=lambda row: (row.expires_at.isoformat(), str(row.refund_id)))

    async def approve_refund(self, refund_id: RefundId) -> RefundedOrder:
        """Approve (sign off) a refund that a colleague requested: the money is paid back. A person confirms."""
        order, request = await self._request(refund_id)
        requester = request.requested_by
        changed = await self._writer.apply(order, self._approval(order, request))
        return of_request(changed, _found(changed, request), f"Approved. {requester} had requested this refund.")

    async def preview_approval(self, refund_id: RefundId) -> ApprovalPreview:
        """Preview of approve_refund."""
        order, request = await self._request(refund_id)
        return approval_preview(order, request, self._approval(order, request))

    async def decline_refund(self, refund_id: RefundId, reason: DeclineReason) -> RefundedOrder:
        """Decline (reject) a refund that waits for approval."""
        order, request = await self._request(refund_id)
        update = refusal(order, request, reason, current_caller().subject, self._now())
        return _ended(await self._writer.apply(order, update), request)

    async def withdraw_refund(self, refund_id: RefundId) -> RefundedOrder:
        """Withdraw (take back) a refund that this user requested by mistake and that waits for approval."""
        subject = current_caller().subject
        order, request = await self._request(refund_id, subject)
        return _ended(await self._writer.apply(order, withdrawal(order, request, subject, self._now())), request)

    def _approval(self, order: Order, request: RefundRequest) -> OrderUpdate:
        return approval(order, request, current_caller().subject, self._now())

    async def _request(self, refund_id: RefundId, requester: str | None = None) -> tuple[Order, RefundRequest]:
        """The locked order and its request, named by the request's id or by the order.

        Args:
            requester: whose requests the order's number means first.

        Raises:
            Refused: there is none, or an order has several that wait.
        """
        found = None if refund_id.startswith("ORD-") else await self._current.order_of_refund(refund_id)
        order = await self._writer.lock(refund_id if found is None else str(found))
        if order is None:
            raise Refused(f"No refund {refund_id} waits for approval. list_approvals shows those that do.")
        if found is None:
            requests = order.refund_requests if requester is None else own_requests(order, requester)
            return order, waiting_request(order, requests)
        return order, next(one for one in order.refund_requests if str(one.id) == refund_id)


def _ended(order: Order, request: RefundRequest) -> RefundedOrder:
    ended = _found(order, request)
    return of_request(order, ended, f"{ended.status.capitalize()}. No money moved.")


def _found(order: Order, request: RefundRequest) -> RefundRequest:
    return next(one for one in order.refund_requests if one.id == request.id)

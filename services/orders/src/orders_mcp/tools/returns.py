"""Tools that open returns and take them through their steps."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from orders_mcp.models.card_numbers import NO_CARD_NUMBER
from orders_mcp.models.identifiers import Location, OrderId, ReturnId
from orders_mcp.models.lines import MOST_LINES, OrderLine
from orders_mcp.models.order_returns import (
    REFUND_REASONS,
    OrderReturn,
    chosen_return,
    order_return,
    refund_wish,
    return_refund,
)
from orders_mcp.models.orders import Order
from orders_mcp.models.refund_decisions import RefundDecision, decide_refund
from orders_mcp.models.refund_limits import limits_of_caller
from orders_mcp.models.refunds import RefundPreview, refund_preview
from orders_mcp.models.return_changes import (
    InspectedLine,
    refund_recorded,
    require_step,
    return_request,
    return_step,
)
from orders_mcp.models.returns import Return, ReturnReason
from orders_mcp.ports.orders import Orders
from orders_mcp.ports.writing import OrderWriter
from orders_mcp.tools.clock import utc_now
from orders_mcp.tools.locking import locked_order
from orders_mcp.tools.lookups import warehouse_code
from servicekit.core import Refused
from servicekit.schema import Exact, FreeText

# Empty lines are not all of them.
ReturnLines = Annotated[
    list[OrderLine],
    Field(min_length=1, max_length=MOST_LINES, description="Default: all that arrived."),
    Exact(empty=True),
]
Inspection = Annotated[
    list[InspectedLine],
    Field(min_length=1, max_length=MOST_LINES, description="For inspected. Needed if damaged; else all accepted."),
    Exact(empty=True),
]
Step = Annotated[
    Literal["received", "inspected", "refunded", "restocked", "rejected", "cancelled"],
    Field(description="refunded pays accepted pieces back."),
]
ReturnNote = Annotated[str, FreeText(1000, "What the customer said."), NO_CARD_NUMBER]
StepNote = Annotated[str, FreeText(1000, "Why, or what was found."), NO_CARD_NUMBER]


class ReturnTools:
    """Returns, changed under the lock of their order.

    Args:
        current: reads in the transaction of the call.
        now: the clock for refund windows.
    """

    def __init__(self, current: Orders, writer: OrderWriter, now: Callable[[], datetime] = utc_now) -> None:
        self._current = current
        self._writer = writer
        self._now = now

    async def request_return(
        self, order_id: OrderId, reason: ReturnReason, lines: ReturnLines | None = None, note: ReturnNote | None = None
    ) -> OrderReturn:
        """Open a return (RMA): a customer sends back pieces that were delivered. No money moves until update_return."""
        order = await locked_order(self._writer, order_id)
        changed = await self._writer.apply(order, return_request(order, lines, reason, note))
        return order_return(changed, None)

    async def update_return(
        self,
        return_id: ReturnId,
        status: Step,
        lines: Inspection | None = None,
        location: Location | None = None,
        note: StepNote | None = None,
    ) -> OrderReturn:
        """Next step of a return: pieces arrived (received), were checked (inspected), paid back, put into stock, or are
        refused. A person confirms refunds; beyond your limits they wait for approve_refund."""
        code = None if location is None else await warehouse_code(self._current, location)
        order, returned = await self._return(return_id, status)
        if status != "refunded":
            update = return_step(order, returned, status, lines, code, note)
            return order_return(await self._writer.apply(order, update), returned.id)
        decision = self._decision(order, returned, lines)
        update = refund_recorded(order, returned, note) if decision is None else return_refund(returned, decision, note)
        return order_return(await self._writer.apply(order, update), returned.id, decision)

    async def preview_step(
        self,
        return_id: ReturnId,
        status: Step,
        lines: Inspection | None = None,
        location: Location | None = None,
        note: StepNote | None = None,
    ) -> RefundPreview | None:
        """Preview of update_return where money moves."""
        del location, note
        if status != "refunded":
            return None
        order, returned = await self._return(return_id, status)
        decision = self._decision(order, returned, lines)
        return None if decision is None else refund_preview(decision, REFUND_REASONS[returned.reason])

    def _decision(self, order: Order, returned: Return, lines: Inspection | None) -> RefundDecision | None:
        """The refund of a return; None where its pieces were refunded before."""
        require_step(order, returned, "refunded")
        if lines is not None:
            raise Refused("lines belongs to status=inspected. The accepted pieces are refunded: leave it out.")
        wish = refund_wish(order, returned)
        return None if wish is None else decide_refund(order, wish, limits_of_caller(), self._now())

    async def _return(self, return_id: ReturnId, status: Step) -> tuple[Order, Return]:
        """The locked order and its return.

        Raises:
            Refused: there is no such return, or the order has several.
        """
        found = None if return_id.startswith("ORD-") else await self._current.order_of_return(return_id)
        order = await self._writer.lock(return_id if found is None else str(found))
        if order is None:
            raise Refused(f"There is no return {return_id} (return_id). get_order shows the returns of an order.")
        return order, chosen_return(order, return_id, status)

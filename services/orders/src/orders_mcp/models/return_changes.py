"""Computes updates of an order that request a return or take a step of one, without its refund."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from orders_mcp.models.customer_pieces import pieces_in, pieces_with_customer, returnable_pieces
from orders_mcp.models.identifiers import Sku
from orders_mcp.models.lines import OrderLine, chosen_pieces
from orders_mcp.models.order_updates import OrderUpdate, ReturnWrite, unchanged
from orders_mcp.models.orders import Order
from orders_mcp.models.parcels import UNDER_WAY
from orders_mcp.models.return_events import return_event
from orders_mcp.models.return_refunds import is_refunded, settled_lines
from orders_mcp.models.returns import RETURN_MEANINGS, Return, ReturnLine, ReturnReason, ReturnStatus
from orders_mcp.models.shipments import Shipment
from servicekit.core import Refused
from servicekit.schema import Exact, StandsAlone, nearest


class InspectedLine(BaseModel):
    """What the inspection of one product found; without `accepted`, all its pieces. `damaged` counts accepted pieces
    that are not sold again. The product code alone means: all accepted, none damaged."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    sku: Annotated[Sku, StandsAlone()]
    accepted: Annotated[int, Field(ge=0), Exact(empty=True)] | None = None
    damaged: Annotated[int, Field(ge=0), Exact()] = 0


def return_request(
    order: Order, lines: Sequence[OrderLine] | None, reason: ReturnReason, note: str | None
) -> OrderUpdate:
    """Request a return of some pieces, or of all that arrived.

    Raises:
        Refused: they did not arrive, or are back or in another return.
    """
    left = returnable_pieces(order)
    pieces = {sku: count for sku, count in left.items() if count}
    if lines is not None:
        _require_arrived(order, lines, left)
        pieces = chosen_pieces(order, lines, left, "returned")
    if not pieces:
        _require_arrived(order, [OrderLine(sku=item.sku) for item in order.items], left)
        before = "all its pieces are back or in a return" if order.returns else "none of its pieces was sent"
        if pieces_in(order, "lost"):
            before = "its parcel is lost. If it comes back, mark it as returned with update_tracking"
        raise Refused(f"Nothing of order {order.number} can be returned: {before}. See get_order.")
    written = ReturnWrite(
        None, "requested", tuple(ReturnLine(sku=sku, quantity=count) for sku, count in pieces.items()), reason, note
    )
    return replace(unchanged(order), events=(return_event("requested", written, note),), returns=(written,))


def _require_arrived(order: Order, lines: Sequence[OrderLine], left: Mapping[str, int]) -> None:
    """Check that no piece of these lines is under way, as far as it is needed.

    Raises:
        Refused: a parcel has not arrived; the text names it.
    """
    for line in lines:
        if left.get(line.sku, 0) >= (line.quantity or 1):
            continue
        for parcel in order.shipments:
            if parcel.status in UNDER_WAY and line.sku in parcel.pieces:
                number = f" {parcel.tracking_number}" if parcel.tracking_number else ""
                raise Refused(
                    f"{parcel.pieces[line.sku]} of {line.sku} in order {order.number} did not arrive yet: the parcel "
                    f"with {parcel.carrier}{number} ({parcel.id}) is {parcel.status}. If the customer has it, first "
                    "mark it as delivered with update_tracking; if the carrier brings it back, as returned."
                )


def brought_back(order: Order, parcel: Shipment) -> ReturnWrite | None:
    """The return of a parcel that the carrier brings back; None where its pieces are back or in a return."""
    left = pieces_with_customer(order)
    pieces = {sku: min(count, left[sku]) for sku, count in parcel.pieces.items()}
    lines = tuple(ReturnLine(sku=sku, quantity=count) for sku, count in pieces.items() if count)
    return ReturnWrite(None, "received", lines, "undeliverable", shipment_id=parcel.id) if lines else None


def require_step(order: Order, returned: Return, status: ReturnStatus) -> None:
    """Check that a return can take a step.

    Raises:
        Refused: its status does not allow it.
    """
    following = returned.next_statuses
    if status in following:
        return
    then = f"It can become {' or '.join(following)}." if following else "No step is left."
    what = f"This return of order {order.number} is {returned.status} ({RETURN_MEANINGS[returned.status]})"
    if status == "restocked" and returned.inspected_at and not any(line.to_restock for line in returned.lines):
        raise Refused(f"{what}, and none of its accepted pieces is left to restock. {then}")
    raise Refused(f"{what}, so it cannot become {status}. {then}")


def return_step(
    order: Order,
    returned: Return,
    status: ReturnStatus,
    inspected: Sequence[InspectedLine] | None,
    location: str | None,
    note: str | None,
) -> OrderUpdate:
    """Take a step that refunds nothing. Accepted pieces that were refunded before count as refunded.

    Args:
        returned: a return of the locked order.
        inspected: what the inspection found; None: all pieces accepted, none damaged.
        location: the warehouse that has the pieces; None for the return's.

    Raises:
        Refused: its status does not allow the step, or the lines or the warehouse do not fit it.
    """
    _require_products(order, returned, inspected or ())
    require_step(order, returned, status)
    if inspected is not None and status != "inspected":
        raise Refused("lines belongs to status=inspected. Leave it out.")
    written = ReturnWrite(returned.id, status, tuple(returned.lines), step_note=note, location=location)
    update = replace(unchanged(order), events=(return_event(status, written, note),), returns=(written,))
    if status == "inspected":
        lines = settled_lines(order, _inspected(order, returned, inspected))
        paid = is_refunded(lines)
        written = replace(
            written,
            status="refunded" if paid else status,
            lines=tuple(lines),
            inspected=True,
            refunded=paid,
        )
        event = return_event("inspected", written, note)
        events = (event, return_event("refunded", written)) if paid else (event,)
        return replace(update, events=events, returns=(written,))
    if status == "rejected":
        lines = [line.model_copy(update={"accepted": 0, "damaged": 0}) for line in returned.lines]
        return replace(update, returns=(replace(written, lines=tuple(lines)),))
    if status == "restocked":
        return _restocked(update, returned, written)
    return update


def _require_products(order: Order, returned: Return, inspected: Sequence[InspectedLine]) -> None:
    skus = [line.sku for line in returned.lines]
    for line in inspected:
        if line.sku not in skus:
            near = ", ".join(nearest(line.sku, skus))
            raise Refused(
                f"There is no product {line.sku} in this return of order {order.number} (lines). Nearest: {near}."
            )


def _restocked(update: OrderUpdate, returned: Return, written: ReturnWrite) -> OrderUpdate:
    where = written.location or returned.location
    if where is None:
        raise Refused("restocked needs location: the warehouse that gets the pieces, such as ams-1.")
    pieces = {line.sku: line.to_restock for line in returned.lines if line.to_restock}
    lines = [line.model_copy(update={"restocked": line.restocked + line.to_restock}) for line in returned.lines]
    written = replace(written, lines=tuple(lines), location=where, restocked=True)
    return replace(
        update,
        events=(return_event("restocked", written, written.step_note),),
        returns=(written,),
        restocked=pieces,
        restock_location=where,
        restock_note=written.step_note,
    )


def refund_recorded(order: Order, returned: Return, note: str | None) -> OrderUpdate:
    """Record that all accepted pieces of a return were refunded before; no money moves."""
    lines = settled_lines(order, returned.lines)
    written = ReturnWrite(returned.id, "refunded", tuple(lines), step_note=note, refunded=True)
    return replace(unchanged(order), events=(return_event("refunded", written, note),), returns=(written,))


def _require_found(returned: Return, inspected: Sequence[InspectedLine] | None) -> None:
    """Check that the inspection of a damaged return says which pieces are damaged: the others are sold again.

    Raises:
        Refused: it leaves them out.
    """
    named = {line.sku for line in inspected or () if "damaged" in line.model_fields_set or line.accepted == 0}
    if returned.reason != "damaged" or all(line.sku in named for line in returned.lines):
        return
    example = json.dumps(
        [{"sku": line.sku, "accepted": line.quantity, "damaged": line.quantity} for line in returned.lines]
    )
    raise Refused(
        "The reason of this return is damaged, so lines must say for each product how many accepted pieces are "
        f"damaged; the others are put into stock. If all are: lines={example}. damaged=0 means that none is."
    )


def _inspected(order: Order, returned: Return, inspected: Sequence[InspectedLine] | None) -> list[ReturnLine]:
    """The lines of a return with what its inspection found.

    Raises:
        Refused: a product is missing, named twice or not in the return; or more pieces than came back.
    """
    _require_found(returned, inspected)
    found = {line.sku: line for line in inspected or (InspectedLine(sku=line.sku) for line in returned.lines)}
    skus = [line.sku for line in returned.lines]
    if sorted(one.sku for one in inspected or found.values()) != sorted(skus):
        raise Refused(
            f"lines must name each product of this return of order {order.number} once: {', '.join(skus)}. Give "
            "accepted=0 for one that did not come back, or leave lines out if all pieces are accepted."
        )
    lines: list[ReturnLine] = []
    for line in returned.lines:
        one = found[line.sku]
        accepted = line.quantity if one.accepted is None else one.accepted
        if accepted > line.quantity or one.damaged > accepted:
            raise Refused(
                f"lines: {line.quantity} pieces of {line.sku} are in this return, so at most as many can be accepted, "
                "and at most the accepted ones be damaged."
            )
        lines.append(line.model_copy(update={"accepted": accepted, "damaged": one.damaged}))
    if not any(line.accepted for line in lines):
        raise Refused("No piece is accepted. Use status=rejected, with a note that says why.")
    return lines

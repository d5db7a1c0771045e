"""Changes of a draft: lines, discount and reservation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from orders_mcp.models.draft_lines import Discount, DraftItem, OrderTerms, PricedProduct, as_drafted, owed, priced
from orders_mcp.models.drafts import MOST_DRAFT_LINES, require_each_once
from orders_mcp.models.identifiers import Sku
from orders_mcp.models.order_updates import DraftWrite, NewEvent, OrderUpdate, unchanged, wrong_status
from orders_mcp.models.orders import Order
from orders_mcp.models.placing import discount_now
from servicekit.core import Refused
from servicekit.schema import Exact


class DraftChange(BaseModel):
    """The new quantity of one product."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    sku: Sku
    quantity: Annotated[int, Field(ge=0, le=999, description="In all; 0 removes."), Exact()]


@dataclass(frozen=True, slots=True)
class DraftWish:
    """What a caller wants to change; None and "kept" keep what there is."""

    lines: Sequence[DraftChange] = ()
    discount: Discount | Literal["none", "kept"] = "kept"
    reserve: bool | None = None


def require_draft(order: Order) -> None:
    """Check that the order is a draft.

    Raises:
        Refused: it was placed or cancelled.
    """
    if order.status != "draft":
        raise wrong_status(
            order,
            "its lines and discount cannot change. update_shipping_address, update_order_notes, cancel_order and "
            "issue_refund change placed orders.",
        )


def draft_update(
    order: Order, wish: DraftWish, products: Mapping[str, PricedProduct], terms: OrderTerms
) -> OrderUpdate:
    """Change a draft. Lines that stay keep their price; new ones have the price of today.

    Args:
        order: a locked draft.
        wish: the changes.
        products: the products of all changed lines, by product code.
        terms: what it is priced by.

    Raises:
        Refused: nothing changes, no line is left, or a product is repeated, has no price or is not in the draft.
    """
    if wish == DraftWish():
        raise Refused(
            "Nothing to change. Give items, discount_percent or reserve. update_shipping_address changes the address."
        )
    items = _items(order, wish.lines, products, terms)
    discount = discount_now(order) if wish.discount == "kept" else None if wish.discount == "none" else wish.discount
    return replace(
        unchanged(order),
        events=(NewEvent("draft_changed", note=_described(order, wish, items)),),
        draft=DraftWrite(
            owed(items, discount, terms),
            discount,
            items if wish.lines else None,
            _reserved(order, items, wish.reserve),
        ),
    )


def _described(order: Order, wish: DraftWish, items: Sequence[DraftItem]) -> str:
    """What changed, for the timeline: ``LMP-0042: 1 to 3; MUG-0007: 1 to 0; discount 5 %: Late delivery``."""
    before, after = ({item.sku: item.quantity for item in lines} for lines in (order.items, items))
    found = [
        f"{line.sku}: {before[line.sku]} to {after.get(line.sku, 0)}"
        if line.sku in before
        else f"{line.sku}: {after[line.sku]} added"
        for line in wish.lines
    ]
    if isinstance(wish.discount, Discount):
        found.append(f"discount {wish.discount.percent} %: {wish.discount.reason}")
    elif wish.discount == "none":
        found.append("no discount")
    if wish.reserve is not None:
        found.append("reserved" if wish.reserve else "not reserved any more")
    return "; ".join(found)


def _items(
    order: Order, lines: Sequence[DraftChange], products: Mapping[str, PricedProduct], terms: OrderTerms
) -> tuple[DraftItem, ...]:
    require_each_once([line.sku for line in lines])
    items = {item.sku: as_drafted(item) for item in order.items}
    for line in lines:
        if line.quantity == 0:
            if items.pop(line.sku, None) is None:
                raise Refused(f"items: {line.sku} is not in draft {order.number}, so it cannot be removed.")
        elif line.sku in items:
            items[line.sku] = replace(items[line.sku], quantity=line.quantity)
        else:
            items[line.sku] = priced(products[line.sku], line.quantity, terms.prices)
    if not items:
        raise Refused(f"items: draft {order.number} would have no line. Keep one, or end it with cancel_order.")
    if len(items) > MOST_DRAFT_LINES:
        raise Refused(f"items: draft {order.number} would have {len(items)} lines. At most {MOST_DRAFT_LINES} fit.")
    return tuple(items.values())


def _reserved(order: Order, items: Sequence[DraftItem], reserve: bool | None) -> dict[str, int] | None:
    """What the draft has reserved afterwards; None for no change."""
    if reserve is None:
        reserve = any(item.reserved for item in order.items)
        if not reserve:
            return None
    return {item.sku: item.quantity for item in items} if reserve else {}

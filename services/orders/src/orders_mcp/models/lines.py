"""Lines of an order as arguments name them: some pieces of its products."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from orders_mcp.models.identifiers import Sku
from orders_mcp.models.orders import Order
from servicekit.core import Refused
from servicekit.schema import Exact, StandsAlone, nearest


class OrderLine(BaseModel):
    """Pieces of one product; without `quantity`, all that are left. The product code alone means the same."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    sku: Annotated[Sku, StandsAlone()]
    quantity: Annotated[int, Field(ge=1), Exact(empty=True)] | None = None


MOST_LINES: Final = 100
OrderLines = Annotated[list[OrderLine], Field(min_length=1, max_length=MOST_LINES)]


def chosen_pieces(order: Order, lines: Sequence[OrderLine], left: Mapping[str, int], done: str) -> dict[str, int]:
    """The pieces that `lines` choose, by product code, in the sequence of the order's lines.

    Args:
        order: the order that has the lines.
        lines: what a caller asked for.
        left: how many pieces of each product can still be chosen.
        done: what happens to them, as a participle: "refunded", "shipped".

    Raises:
        Refused: a product is not in the order or is named twice, or fewer pieces are left.
    """
    ordered = {item.sku: item.quantity for item in order.items}
    for sku, count in Counter(line.sku for line in lines).items():
        if count > 1:
            raise Refused(f"lines names {sku} {count} times. Send one line with the number of its pieces.")
        if sku not in ordered:
            near = ", ".join(nearest(sku, list(ordered)) or list(ordered)[:5])
            raise Refused(
                f"There is no product {sku} in order {order.number} (lines). Nearest: {near}. get_order lists them."
            )
    chosen = {line.sku: left[line.sku] if line.quantity is None else line.quantity for line in lines}
    for sku, pieces in chosen.items():
        most = left[sku]
        if pieces > most or not pieces:
            can = f"only {most} of {ordered[sku]}" if most else f"none of the {ordered[sku]}"
            raise Refused(f"lines: {can} pieces of {sku} in order {order.number} can still be {done}.")
    return {sku: chosen[sku] for sku in ordered if sku in chosen}

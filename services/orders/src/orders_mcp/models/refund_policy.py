"""The rules of refunds in words, with the limits of the caller who reads them."""

from typing import Final

from orders_mcp.models.money import display
from orders_mcp.models.refund_decisions import MOST_OPEN
from orders_mcp.models.refund_limits import REFUND_WINDOW_DAYS, RefundLimits
from orders_mcp.models.refunds import APPROVAL_DAYS

_RULES: Final = f"""# Refund policy

- A refund goes to the original payments, the newest first and gift cards last. It never exceeds the captured amount
  that was not refunded yet.
- Refund pieces with `lines` (product code and quantity): their price, less their share of the discount, with their
  share of the tax. `shipping` adds the shipping fee, `restock` puts the pieces into a warehouse. Or refund an
  `amount_minor`; or give neither for everything that is left. Pieces are never refunded twice.
- Shares are exact: all refunds of an order add up to what was captured. After a refund by amount, lines get at most
  what is left.
- A refund beyond your limits is recorded as requested, and moves no money. Within {APPROVAL_DAYS} days a second person
  with the scope `orders:approve` confirms it with `approve_refund`, or ends it with `decline_refund`; `list_approvals`
  shows what waits. Every request needs another person than the one who made it, who may take it back with
  `withdraw_refund`.
- A request holds no money back. Captured balance and pieces are looked at again when it is approved; if less is left
  by then, it is refused. At most {MOST_OPEN} requests of an order wait at once.
- Days count from the last delivery; for orders that were never delivered, from placing.
- Draft, pending and paid orders can be cancelled. Cancelling voids authorized payments and refunds captured ones
  without approval, since nothing was sent. Shipped orders are refunded instead.
- Refunding the whole captured amount sets the order to refunded; a partial refund keeps its status.
- Amounts are in the currency of the order, without conversion.

Call `quote_refund` or `quote_cancellation` first to see the effect.

## Your limits without approval

"""


def refund_policy(limits: RefundLimits) -> str:
    """The rules, and what the caller with these limits may refund without approval."""
    if limits.allowances is None:
        return f"{_RULES}- Any amount, within {REFUND_WINDOW_DAYS} days.\n"
    if not limits.allowances:
        return f"{_RULES}- Nothing: every refund needs approval.\n"
    lines = [f"- {_amounts(one.amounts)}, within {one.days} days." for one in limits.allowances]
    return _RULES + "\n".join(dict.fromkeys(lines)) + "\n"


def _amounts(amounts: dict[str, int] | None) -> str:
    if amounts is None:
        return "Any amount"
    if not amounts:
        return "No amount"
    named = ", ".join(display(amount, currency) for currency, amount in sorted(amounts.items()))
    return f"Up to {named} of one order, and no other currency"

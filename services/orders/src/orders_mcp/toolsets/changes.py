"""Changing orders: drafts, notes, address, cancellations and refunds."""

from orders_mcp.models.scopes import APPROVE
from orders_mcp.tools.approvals import ApprovalTools
from orders_mcp.tools.cancellations import CancellationTools
from orders_mcp.tools.drafts import DraftTools
from orders_mcp.tools.order_details import OrderDetailTools
from orders_mcp.tools.placing import PlacingTools
from orders_mcp.tools.refunds import RefundTools
from orders_mcp.toolsets.registration import OrdersPorts, Registration
from servicekit.registry import ToolSpec


def changes(ports: OrdersPorts) -> list[ToolSpec]:
    """The toolset `changes`."""
    add = Registration("changes")
    drafts, details = DraftTools(ports.current, ports.writer), OrderDetailTools(ports.writer)
    placing = PlacingTools(ports.writer)
    cancellations = CancellationTools(ports.orders, ports.writer)
    refunds, approvals = (
        RefundTools(ports.orders, ports.writer),
        ApprovalTools(ports.orders, ports.current, ports.writer),
    )
    return [
        add.read(refunds.quote_refund, title="Check a refund"),
        add.read(cancellations.quote_cancellation, title="Check a cancellation"),
        add.write(drafts.create_draft_order, title="Create a new order (draft)"),
        add.write(drafts.update_draft_order, title="Change a draft order"),
        add.destroy(placing.place_order, placing.preview_placing, title="Place a draft order"),
        add.write(details.update_order_notes, title="Write a note on an order"),
        add.write(details.update_shipping_address, title="Change the delivery address"),
        add.destroy(cancellations.cancel_order, cancellations.preview_cancellation, title="Cancel an order"),
        add.destroy(refunds.issue_refund, refunds.preview_refund, title="Refund an order"),
        add.read(approvals.list_approvals, title="Refunds that wait for approval"),
        add.destroy(approvals.approve_refund, approvals.preview_approval, title="Approve a refund", scope=APPROVE),
        add.write(approvals.decline_refund, title="Decline a refund", scope=APPROVE),
        add.write(approvals.withdraw_refund, title="Withdraw an own refund request"),
    ]

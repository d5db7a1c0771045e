"""Text by its real author: the customer's until staff change it."""

from mcp.client import Client

from tests.fixtures.calls import call, confirmed

from .scene import one_of

CUSTOMER, STAFF = '<user_content source="customer">', '<user_content source="staff">'
ADDRESS = "Ann Elsewhere, Quay 5, 1234 AB Town"


async def test_staff_are_the_authors_of_notes_and_reasons(clerk: Client) -> None:
    order = await one_of(clerk, "pending")
    asked = {"order_id": order["id"]}
    assert order["shipping_address"].startswith(CUSTOMER)
    await call(clerk, "update_order_notes", **asked, notes="Ring twice.")
    await call(clerk, "update_shipping_address", **asked, shipping_address=ADDRESS)
    cancelled = await confirmed(clerk, "cancel_order", **asked, reason="Ordered twice.")
    now = await call(clerk, "get_order", **asked)
    for text in (now["notes"], now["shipping_address"], now["cancellation_reason"], cancelled["cancellation_reason"]):
        assert text.startswith(STAFF)
    assert now["customer_name"].startswith(CUSTOMER)
    assert (await call(clerk, "get_shipments", **asked))["shipping_address"] == now["shipping_address"]
    assert "staff_wrote" not in now
    events = (await call(clerk, "get_order_timeline", **asked))["items"]
    assert [event["note"] for event in events if "note" in event][-1] == now["cancellation_reason"]


async def test_a_refund_note_is_by_staff(clerk: Client) -> None:
    order = await one_of(clerk, "delivered")
    await confirmed(clerk, "issue_refund", order_id=order["id"], reason="goodwill", amount_minor=1, note="Sorry.")
    now = await call(clerk, "get_order", order_id=order["id"])
    assert now["refunds"][-1]["note"] == f"{STAFF}Sorry.</user_content>"

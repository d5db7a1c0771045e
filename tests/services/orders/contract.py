"""What the contract suite needs to know about the orders server."""

from mcp.client import Client

from orders_mcp.models.currencies import CURRENT
from orders_mcp.sample_data.vocabulary import PRICE_LEVEL
from servicekit.schema import nearest
from tests.contract.named_values import NEW, Examples, Names
from tests.fixtures.calls import call

from .text_fields import text_fields

__all__ = ["NAMED", "OTHERS", "examples", "text_fields"]

ORDER = Names(lambda _: "ORD-99999999", is_near=False)
PARCEL = Names(lambda _: "1Z999AA10123456785", is_near=False)
NAMED: dict[str, Names | None] = {
    "order_id": ORDER,
    "customer_id": Names(),
    "sku": Names(lambda value: f"{value}X"),
    "location": Names(lambda value: f"{value}9"),
    "restock": Names(lambda value: f"{value}9"),
    "skus": Names(lambda value: f"{value}X"),
    "from_location": Names(lambda value: f"{value}9"),
    "to_location": Names(lambda value: f"{value}9"),
    "refund_id": ORDER,
    "return_id": ORDER,
    "shipment_id": PARCEL,
    "replaces": PARCEL,
    "currency": Names(lambda value: nearest(value, CURRENT.keys() - PRICE_LEVEL, only_similar=True)[0]),
    "time_zone": Names(),
    "carrier": NEW,
    "tracking_number": NEW,
}
"""Arguments that take an identifier."""
OTHERS: dict[str, Examples] = {
    "quote_refund": {},
    "adjust_inventory": {"change": 1, "reason": "received"},
    "update_draft_order": {"reserve": False},
    "transfer_stock": {"quantity": 1},
    "sales_summary": {"from_day": "2026-01-01", "to_day": "2026-05-01"},
}
"""Arguments of tools whose generated ones are refused for another reason."""


async def examples(client: Client) -> Examples:
    """Right values of the arguments that take an identifier."""
    order = (await call(client, "search_orders", status="paid", limit=1))["items"][0]
    sku = (await call(client, "get_order", order_id=order["id"]))["items"][0]["sku"]
    draft = (await call(client, "search_orders", status="draft", limit=1))["items"][0]
    sent = (await call(client, "search_orders", query=sku, status="delivered", limit=1))["items"][0]
    await call(client, "request_return", order_id=sent["id"], reason="other", lines=[sku])
    shelves = (await call(client, "get_inventory", skus=[sku]))["products"][0]["locations"]
    return {
        "order_id": order["number"], "refund_id": order["number"], "return_id": sent["number"],
        "update_draft_order.order_id": draft["number"],
        "customer_id": order["customer_email"], "sku": sku, "skus": sku,
        **dict.fromkeys(("location", "restock", "from_location"), shelves[0]["location"]),
        **dict.fromkeys(("shipment_id", "replaces"), "1Z999AA10123456784"),
        "to_location": shelves[1]["location"], "currency": order["total"]["currency"], "time_zone": "Europe/Berlin",
    }  # fmt: skip

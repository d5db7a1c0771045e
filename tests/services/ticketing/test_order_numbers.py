"""Order numbers that a ticket mentions, in the spelling that the orders server takes."""

import pytest
from mcp.client import Client

from orders_mcp.models.identifiers import order_number
from tests.fixtures.calls import call
from ticketing_mcp.models.order_numbers import MAX_ORDER_NUMBERS, order_numbers_in

from .scene import a_ticket


@pytest.mark.parametrize(
    "text",
    [
        "ORD-00003996", "ord 3996", "ORD_3996", "ORD–00003996", "my order (ORD-3996) is late", "order 3996, again",
        "Order #3996", "Order no. 3996", "order number: 3996", "Order:\n3996", "Bestellung 3996", "Bestellnr. 3996",
        "commande n° 3996", "pedido 3996", "zamówienie nr 3996", "注文番号：３９９６",
    ],
)  # fmt: skip
def test_order_number_is_recognised(text: str) -> None:
    assert order_numbers_in(text) == ["ORD-00003996"] == [order_number("3996")]


@pytest.mark.parametrize(
    "text",
    [
        "order 2 mugs", "in order 2026", "order E-4711", "ORD-2024-001", "ORD-1234abc", "border 3996", "#3996", "3996",
        "ORD-0", "order 3996.50 EUR", "ORD-1234567890123", "T-3996", "orders by phone",
    ],
)  # fmt: skip
def test_other_numbers_are_no_order_numbers(text: str) -> None:
    assert order_numbers_in(text) == []


def test_several_order_numbers_are_listed_once_and_in_order() -> None:
    assert order_numbers_in("orders 5678, 1234 and 5678", "order #7") == [
        "ORD-00005678",
        "ORD-00001234",
        "ORD-00000007",
    ]
    many = " ".join(f"ORD-{number}" for number in range(1, 100))
    assert len(order_numbers_in(many)) == MAX_ORDER_NUMBERS


async def test_ticket_lists_order_numbers_of_title_body_and_comments(clerk: Client) -> None:
    made = await call(clerk, "create_ticket", **a_ticket(title="Refund of order 3996", body="Also ord-00000012."))
    ticket = await call(clerk, "get_ticket", ticket_id=made["ticket_id"])
    assert ticket["order_numbers"] == ["ORD-00003996", "ORD-00000012"]
    note = "Asked the warehouse.\nThe second parcel is order number 4001, see E-4711; order 2 more."
    await call(clerk, "add_internal_note", ticket_id=made["ticket_id"], body=note)
    ticket = await call(clerk, "get_ticket", ticket_id=made["ticket_id"])
    assert ticket["order_numbers"] == ["ORD-00003996", "ORD-00000012", "ORD-00004001"]


async def test_ticket_without_order_has_an_empty_list(clerk: Client) -> None:
    made = await call(clerk, "create_ticket", **a_ticket())
    assert (await call(clerk, "get_ticket", ticket_id=made["ticket_id"]))["order_numbers"] == []

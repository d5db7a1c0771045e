"""Returns: pieces come back step by step, are refunded and restocked once, and never more than was sent."""

from typing import Any
from uuid import uuid4

from mcp.client import Client

from tests.fixtures.calls import call, confirmed, preview, refusal

from .scene import one_of, stock_of


async def sent_order(client: Client, *, pieces: int = 2, lines: int = 1) -> dict[str, Any]:
    """A delivered order without refunds and returns, whose first line has enough pieces."""
    for place in range(200):
        order = await one_of(client, "delivered", place)
        fits = order["items"][0]["quantity"] >= pieces and len(order["items"]) >= lines
        if fits and not (order["refunds"] or order["refund_requests"] or order["returns"]):
            return order
    raise AssertionError("no delivered order fits")


async def opened(client: Client, order: dict[str, Any], **wish: Any) -> dict[str, Any]:
    return await call(client, "request_return", order_id=order["number"], **{"reason": "changed_mind", **wish})


async def step(client: Client, returned: dict[str, Any], status: str, **more: Any) -> dict[str, Any]:
    return await call(client, "update_return", return_id=returned["id"], status=status, **more)


async def stock(client: Client, sku: str, location: str) -> int:
    shelves = (await stock_of(client, sku))["locations"]
    return sum(shelf["on_hand"] for shelf in shelves if shelf["location"] == location)


async def kinds(client: Client, order: dict[str, Any]) -> list[str]:
    return [event["kind"] for event in (await call(client, "get_order_timeline", order_id=order["id"]))["items"]]


async def test_a_return_is_received_inspected_refunded_and_restocked(clerk: Client) -> None:
    order = await sent_order(clerk)
    item, before = order["items"][0], await kinds(clerk, order)
    returned = await opened(clerk, order, lines=[{"sku": item["sku"], "quantity": 2}], note="Too dark")
    assert (returned["status"], returned["number"]) == ("requested", order["number"])
    assert returned["next_steps"] == ["received", "inspected", "rejected", "cancelled"]
    received = await step(clerk, returned, "received", location="Amsterdam")
    assert (received["status"], received["location"]) == ("received", "ams-1")
    checked = await step(clerk, returned, "inspected", lines=[{"sku": item["sku"], "damaged": 1}])
    assert checked["lines"][0] == {
        "sku": item["sku"],
        "quantity": 2,
        "accepted": 2,
        "damaged": 1,
        "refunded": 0,
        "restocked": 0,
    }
    quote = await call(clerk, "quote_refund", order_id=order["id"], lines=[{"sku": item["sku"], "quantity": 2}])
    paid = await confirmed(clerk, "update_return", return_id=returned["id"], status="refunded")
    assert paid["refund"]["amount"] == quote["amount"]
    assert (paid["status"], paid["refund"]["outcome"]) == ("refunded", "refunded")
    on_hand = await stock(clerk, item["sku"], "ams-1")
    done = await step(clerk, returned, "restocked")
    assert (done["status"], done["next_steps"], done["lines"][0]["restocked"]) == ("restocked", [], 1)
    assert await stock(clerk, item["sku"], "ams-1") == on_hand + 1
    now = await call(clerk, "get_order", order_id=order["id"])
    assert now["returns"][0]["status"] == "restocked"
    assert (now["items"][0]["returned"], now["items"][0]["refunded"]) == (2, 2)
    steps = ["requested", "received", "inspected", "refunded", "restocked"]
    events = (await kinds(clerk, order))[len(before) :]
    assert [kind for kind in events if kind != "refunded"] == [f"return_{one}" for one in steps]


async def test_no_more_is_returned_than_was_sent(clerk: Client) -> None:
    order = await sent_order(clerk)
    sku, quantity = order["items"][0]["sku"], order["items"][0]["quantity"]
    first = await opened(clerk, order, lines=[{"sku": sku, "quantity": quantity - 1}])
    too_many = await refusal(
        clerk, "request_return", order_id=order["id"], reason="other", lines=[{"sku": sku, "quantity": 2}]
    )
    assert f"only 1 of {quantity} pieces of {sku}" in too_many
    rest = await opened(clerk, order)
    assert [line["quantity"] for line in rest["lines"] if line["sku"] == sku] == [1]
    nothing = await refusal(clerk, "request_return", order_id=order["id"], reason="other")
    assert "all its pieces are back or in a return" in nothing
    await step(clerk, first, "cancelled")
    assert (await opened(clerk, order))["lines"][0]["quantity"] == quantity - 1


async def test_only_sent_orders_have_returns(clerk: Client) -> None:
    order = await one_of(clerk, "paid")
    assert "none of its pieces was sent" in await refusal(
        clerk, "request_return", order_id=order["id"], reason="damaged"
    )
    assert "has no return (return_id)" in await refusal(
        clerk, "update_return", return_id=order["number"], status="received"
    )


async def test_a_piece_of_a_return_is_refunded_once(clerk: Client) -> None:
    order = await sent_order(clerk)
    sku, quantity = order["items"][0]["sku"], order["items"][0]["quantity"]
    returned = await opened(clerk, order, lines=[sku])
    refund = {"order_id": order["id"], "reason": "changed_mind", "lines": [sku]}
    twice_in_stock = await refusal(clerk, "issue_refund", **refund, restock="ams-1", idempotency_key="one-key-for-one")
    assert f"only 0 of {quantity} pieces of {sku}" in twice_in_stock
    assert f"Its other pieces: {quantity} in return {returned['id']} (requested). Use update_return" in twice_in_stock
    await confirmed(clerk, "issue_refund", **refund)
    checked = await step(clerk, returned, "inspected")
    assert (checked["status"], checked["lines"][0]["refunded"]) == ("refunded", quantity)
    again = await refusal(clerk, "update_return", return_id=returned["id"], status="refunded")
    assert "is refunded (the accepted pieces are paid back), so it cannot become refunded" in again
    assert (await step(clerk, returned, "restocked", location="ams-1"))["next_steps"] == []


async def test_pieces_refunded_before_the_return_move_no_money(clerk: Client) -> None:
    order = await sent_order(clerk, lines=2)
    sku = order["items"][0]["sku"]
    await confirmed(clerk, "issue_refund", order_id=order["id"], reason="changed_mind", lines=[sku])
    returned = await opened(clerk, order, lines=[sku])
    money = await call(clerk, "get_payment_status", order_id=order["id"])
    assert (await step(clerk, returned, "inspected"))["status"] == "refunded"
    assert (await call(clerk, "get_payment_status", order_id=order["id"]))["refunded"] == money["refunded"]


async def test_inspection_names_every_product_and_no_more_pieces(clerk: Client) -> None:
    order = await sent_order(clerk, lines=2)
    skus = [item["sku"] for item in order["items"]]
    returned = await opened(clerk, order)
    change = {"return_id": order["number"], "status": "inspected"}
    assert "lines must name each product" in await refusal(clerk, "update_return", **change, lines=[skus[0]])
    many = [{"sku": sku, "accepted": 99} for sku in skus]
    assert "at most as many can be accepted" in await refusal(clerk, "update_return", **change, lines=many)
    none = [{"sku": sku, "accepted": 0} for sku in skus]
    assert "Use status=rejected" in await refusal(clerk, "update_return", **change, lines=none)
    some = [{"sku": sku, "accepted": int(sku == skus[0])} for sku in skus]
    checked = await step(clerk, returned, "inspected", lines=some)
    assert {line["sku"]: line["accepted"] for line in checked["lines"]} == {sku: int(sku == skus[0]) for sku in skus}
    _, code = await preview(clerk, "update_return", return_id=returned["id"], status="refunded")
    paid = await call(clerk, "orders_confirm_action", code=code)
    assert [line["refunded"] for line in paid["lines"] if line["sku"] == skus[0]] == [1]


async def test_a_rejected_return_ends_and_the_customer_has_the_pieces(clerk: Client) -> None:
    order = await sent_order(clerk)
    returned = await opened(clerk, order)
    await step(clerk, returned, "received")
    ended = await step(clerk, returned, "rejected", note="Used for months")
    assert (ended["status"], ended["next_steps"]) == ("rejected", [])
    assert "Used for months" in ended["step_note"]
    assert "No step is left" in await refusal(clerk, "update_return", return_id=returned["id"], status="inspected")
    assert (await opened(clerk, order, note="Again"))["status"] == "requested"


async def test_steps_are_taken_in_their_sequence(clerk: Client) -> None:
    order = await sent_order(clerk)
    returned = await opened(clerk, order)
    for status in ("refunded", "restocked"):
        words = await refusal(clerk, "update_return", return_id=returned["id"], status=status)
        assert "It can become received or inspected or rejected or cancelled" in words
    await step(clerk, returned, "received")
    assert "cannot become cancelled" in await refusal(
        clerk, "update_return", return_id=returned["id"], status="cancelled"
    )
    await step(clerk, returned, "inspected")
    assert "location" in await refusal(clerk, "update_return", return_id=returned["id"], status="restocked")
    assert "lines belongs to status=inspected" in await refusal(
        clerk, "update_return", return_id=returned["id"], status="rejected", lines=[returned["lines"][0]["sku"]]
    )


async def test_several_returns_need_an_id(clerk: Client) -> None:
    order = await sent_order(clerk)
    sku = order["items"][0]["sku"]
    one = [{"sku": sku, "quantity": 1}]
    first, second = await opened(clerk, order, lines=one), await opened(clerk, order, lines=one, note="One more")
    words = await refusal(clerk, "update_return", return_id=order["number"], status="received")
    assert "has 2 returns" in words
    assert first["id"] in words
    await step(clerk, first, "cancelled")
    taken = await call(clerk, "update_return", return_id=order["number"], status="received")
    assert taken["id"] == second["id"]


async def test_a_returned_parcel_opens_a_received_return(clerk: Client) -> None:
    order = await one_of(clerk, "paid")
    sent = await call(clerk, "create_shipment", order_id=order["id"], carrier="DHL")
    parcel = {"order_id": order["id"], "shipment_id": sent["shipments"][0]["id"]}
    await call(clerk, "update_tracking", **parcel, status="returned")
    (returned,) = (await call(clerk, "get_order", order_id=order["id"]))["returns"]
    assert (returned["status"], returned["reason"]) == ("received", "undeliverable")
    assert returned["shipment_id"] == parcel["shipment_id"]
    assert {line["sku"]: line["quantity"] for line in returned["lines"]} == {
        item["sku"]: item["quantity"] for item in order["items"]
    }
    await call(clerk, "create_shipment", order_id=order["id"], carrier="DHL", replaces=parcel["shipment_id"])
    await step(clerk, returned, "inspected")
    again = await refusal(clerk, "update_return", return_id=returned["id"], status="refunded")
    assert "sent again in another parcel" in again


async def test_pieces_under_way_are_not_returned(clerk: Client) -> None:
    order = await one_of(clerk, "paid")
    sku = order["items"][0]["sku"]
    about = {"order_id": order["id"], "reason": "changed_mind"}
    (parcel,) = (await call(clerk, "create_shipment", order_id=order["id"], carrier="DHL"))["shipments"]
    for wish in ({}, {"lines": [sku]}):
        words = await refusal(clerk, "request_return", **about, **wish, idempotency_key=str(uuid4()))
        assert f"of {sku} in order {order['number']} did not arrive yet: the parcel with DHL ({parcel['id']})" in words
        assert "mark it as delivered with update_tracking" in words
    await call(clerk, "update_tracking", order_id=order["id"], shipment_id=parcel["id"], status="delivered")
    assert (await call(clerk, "request_return", **about, idempotency_key=str(uuid4())))["status"] == "requested"


async def test_the_inspection_of_damaged_pieces_counts_them(clerk: Client) -> None:
    order = await sent_order(clerk)
    sku = order["items"][0]["sku"]
    returned = await opened(clerk, order, reason="damaged", lines=[{"sku": sku, "quantity": 2}])
    for lines in ({}, {"lines": [sku]}, {"lines": [{"sku": sku, "accepted": 2}]}):
        words = await refusal(clerk, "update_return", return_id=returned["id"], status="inspected", **lines)
        assert "how many accepted pieces are damaged" in words
        assert f'lines=[{{"sku": "{sku}", "accepted": 2, "damaged": 2}}]' in words
    checked = await step(clerk, returned, "inspected", lines=[{"sku": sku, "damaged": 1}])
    assert (checked["lines"][0]["accepted"], checked["lines"][0]["damaged"]) == (2, 1)


async def test_a_replacement_can_be_returned_too(clerk: Client) -> None:
    order, _, one, first = await exchanged(clerk)
    again = await opened(clerk, order, lines=one, note="Broken again")
    assert again["lines"][0]["quantity"] == 1
    await step(clerk, again, "inspected")
    quote = await call(clerk, "quote_refund", order_id=order["id"], lines=one)
    assert "Sent again already" not in quote["explanation"]
    paid = await confirmed(clerk, "update_return", return_id=first["id"], status="refunded")
    assert paid["refund"]["outcome"] == "refunded"


async def exchanged(client: Client) -> tuple[dict[str, Any], str, list[dict[str, Any]], dict[str, Any]]:
    """An order of which one piece came back and was sent again, with that piece and its return."""
    order = await sent_order(client)
    sku, (parcel, *_) = order["items"][0]["sku"], order["shipments"]
    rest = [{"sku": sku, "quantity": order["items"][0]["quantity"] - 1}]
    one = [{"sku": sku, "quantity": 1}]
    await opened(client, order, lines=rest, note="The others")
    first = await opened(client, order, lines=one)
    await step(client, first, "inspected")
    about = {"order_id": order["id"], "carrier": "DHL", "replaces": parcel["id"], "location": "ams-1", "lines": one}
    sent = await call(client, "create_shipment", **about)
    new = next(one for one in sent["shipments"] if one.get("replaces"))
    await call(client, "update_tracking", order_id=order["id"], shipment_id=new["id"], status="delivered")
    return order, sku, one, first


async def test_a_refund_says_that_its_pieces_were_sent_again(clerk: Client) -> None:
    order, sku, one, first = await exchanged(clerk)
    words = f"Sent again already: 1 of {sku} (delivered). With this refund the customer gets the pieces and the money."
    assert words in (await call(clerk, "quote_refund", order_id=order["id"], lines=one))["explanation"]
    assert words in (await call(clerk, "quote_refund", order_id=order["id"], amount_minor=1))["explanation"]
    for tool, wish in (
        ("update_return", {"return_id": first["id"], "status": "refunded"}),
        ("issue_refund", {"order_id": order["id"], "reason": "changed_mind", "lines": one}),
    ):
        shown, _ = await preview(clerk, tool, **wish)
        assert words in shown["effect"]
    paid = await confirmed(clerk, "update_return", return_id=first["id"], status="refunded")
    assert words in paid["refund"]["explanation"]


async def test_a_refund_of_damaged_pieces_into_stock_says_so(clerk: Client) -> None:
    order = await sent_order(clerk)
    wish = {"order_id": order["id"], "reason": "damaged", "lines": [order["items"][0]["sku"]]}
    words = "The reason is damaged, but the pieces go back into ams-1 for sale."
    shown, _ = await preview(clerk, "issue_refund", **wish, restock="ams-1")
    assert words in shown["effect"]
    done = await confirmed(clerk, "issue_refund", **wish, restock="ams-1")
    assert words in done["explanation"]

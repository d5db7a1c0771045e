"""What the free text of a search is read as: names, places, products, tracking numbers, statuses."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.models.search import parse_query
from orders_mcp.models.search_terms import customer_terms, phone_digits, phone_term, place_terms, product_terms
from orders_mcp.models.status_words import InvalidQuery
from servicekit.schema.marks import restore
from servicekit.server.service import Service
from servicekit.testing.service import connect
from tests.fixtures.calls import call, refusal, walk
from tests.fixtures.databases import owner_of

from .scene import ACME, one_of


async def ids(client: Client, query: str, **filters: Any) -> list[str]:
    return [order["id"] for order in await walk(client, "search_orders", query=query, limit=50, **filters)]


@pytest.mark.parametrize(
    ("text", "statuses", "words"),
    [
        ("Daniel Smith paid", ("paid",), ("daniel", "smith")),
        ("unpaid orders of Daniel Smith", ("pending",), ("daniel", "smith")),
        ("not paid", ("pending",), ()),
        ("paid but not shipped", ("paid",), ()),
        ("not yet sent, Berlin", ("paid",), ("berlin",)),
        ("shipped or delivered mugs", ("shipped", "delivered"), ("mugs",)),
        ("in transit to Lisboa", ("shipped",), ("lisboa",)),
        ("drafts", ("draft",), ()),
        ("partly sent, Lisboa", ("partially_shipped",), ("lisboa",)),
        ("canceled", ("cancelled",), ()),
        ("ann@example.com refunded", ("refunded",), ("ann@example.com",)),
    ],
)
def test_statuses_are_read_out_of_the_text(text: str, statuses: tuple[str, ...], words: tuple[str, ...]) -> None:
    query = parse_query(text)
    assert query.statuses == statuses
    assert query.words == words


def test_excluded_status_is_refused() -> None:
    with pytest.raises(InvalidQuery, match="status"):
        parse_query("not refunded")


@pytest.mark.parametrize(
    ("address", "found", "absent"),
    [
        ("Ann Lee\n12 King Street\nColumbus, OH 43215\nUnited States", {"columbus", "oh", "43215"}, {"king", "ann"}),
        ("Ann Lee\nKönigsallee 4\n40212 Düsseldorf\nDeutschland", {"dusseldorf", "40212"}, {"konigsallee"}),
        ("Ann Lee\nc/o Bo\nRua Augusta 9\n1100 Lisboa\nPortugal", {"lisboa", "portugal"}, {"bo", "rua"}),
        ("Ann Lee, 5 High Street, London SW1A 1AA", {"london", "sw1a"}, {"high", "ann"}),
        ("日本 150-0001\n東京都渋谷区 神宮前 3\n佐藤 結衣", {"東京都", "渋谷区", "東京都渋谷区"}, {"結衣"}),
        ("대한민국 04524\n서울특별시 세종대로 3\n김민준", {"04524", "서울특별시"}, {"김민준"}),
        ("佐藤花子\n12 King Street\nLondon\nUnited Kingdom", {"london"}, {"king", "佐藤花子"}),
        ("Lagos", {"lagos"}, set()),
        ("", set(), set()),
    ],
)
def test_place_of_an_address(address: str, found: set[str], absent: set[str]) -> None:
    terms = place_terms(address)
    assert found <= terms
    assert not absent & terms


@given(st.text(max_size=200))
def test_place_of_any_text_is_terms(address: str) -> None:
    assert all(term and len(term) <= 200 for term in place_terms(address))


@pytest.mark.parametrize(
    "text", ["+49 30 901820", "0049 30 901820", "(030) 901820", "030/901820", "901820", "tel. +49 (0)30 90-18-20"]
)
def test_phone_number_is_found_in_any_spelling(text: str) -> None:
    stored = phone_term("+49 (0)30 901820")
    query = parse_query(text)
    assert stored is not None
    assert query.phone
    assert stored.startswith(query.phone)


@given(st.text(alphabet="0123456789+() -./", max_size=40))
def test_phone_digits_have_no_prefix(number: str) -> None:
    digits = phone_digits(number)
    assert not digits.startswith("0")
    assert phone_digits(digits) == digits


@pytest.mark.parametrize(
    "text", ["anna@bücher.example", "ANNA@BÜCHER.example", "bücher.example", "xn--bcher-kva.example"]
)
def test_mail_domain_is_found_in_both_spellings(text: str) -> None:
    terms = customer_terms("Anna", "anna@xn--bcher-kva.example", None, None, "")
    assert all(any(term.startswith(word) for term in terms) for word in parse_query(text).words)


@pytest.mark.parametrize("text", ["LMP-0042", "lmp 0042", "lmp0042", "desk lamp", "slate LAMP", "lighting"])
def test_product_is_found_by_code_name_and_category(text: str) -> None:
    terms = product_terms("LMP-0042", "Desk Lamp, Slate", "lighting")
    assert all(any(term.startswith(word) for term in terms) for word in parse_query(text).words)


async def test_order_is_found_by_its_tracking_number(acme: Client) -> None:
    order = await one_of(acme, "shipped")
    number = order["shipments"][0]["tracking_number"]
    typed = (number, number.lower(), f"{number[:4]} {number[4:8]} {number[8:]}", f"tracking number {number}")
    for text in (*typed, f"in transit with My Van {typed[2]}", f"parcel {number} PostNL"):
        page = await call(acme, "search_orders", query=text)
        assert [found["id"] for found in page["items"]] == [order["id"]], text
        assert page["notice"].endswith("a tracking number.")
    none = await call(acme, "search_orders", query="00340434161094015902")
    assert (none["items"], none["notice"]) == ([], "The query was read as a phone or tracking number.")


async def test_requests_in_whole_sentences_are_read(acme: Client) -> None:
    order = await one_of(acme, "delivered")
    number, parcel = order["number"].removeprefix("ORD-").lstrip("0"), order["shipments"][0]["tracking_number"]
    for query in (f"order no. {number}", f"Order number: {number}?", f"where is parcel {parcel}?", f"{parcel}."):
        assert await ids(acme, query) == [order["id"]], query
    everything = await call(acme, "search_orders", limit=3)
    for query in ("all orders", "Latest orders", "orders"):
        found = await call(acme, "search_orders", query=query, limit=3)
        assert (found["items"], found["notice"]) == (everything["items"], "The query was read as all orders."), query


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("orders from Berlin last week", "Send days as from_day and to_day"),
        ("orders over 100 EUR", "Send amounts as currency, min_total_minor"),
        ("largest orders", "Send largest=true with currency"),
        ("top 5 orders", "Send largest=true with currency"),
        ("lost parcels", "list_shipments and list_returns"),
    ],
)
async def test_words_that_are_filters_name_them(acme: Client, query: str, words: str) -> None:
    found = await call(acme, "search_orders", query=query)
    assert found["items"] == []
    assert words in found["notice"]


async def test_tracking_number_just_recorded_is_found(clerk: Client) -> None:
    order = await one_of(clerk, "paid")
    await call(clerk, "create_shipment", order_id=order["id"], carrier="UPS", tracking_number="1Z999AA10123456784")
    assert await ids(clerk, "1Z 999 AA1 0123 4567 84") == [order["id"]]


async def test_orders_are_found_by_product(acme: Client) -> None:
    order = await one_of(acme, "delivered")
    item = order["items"][0]
    for text in (item["sku"], item["sku"].lower(), f"sku {item['sku']}", f"product {item['name']}"):
        page = await walk(acme, "search_orders", query=text, limit=50)
        assert order["id"] in [found["id"] for found in page], text
        some = await call(acme, "get_order", order_id=page[-1]["id"])
        assert item["sku"] in [line["sku"] for line in some["items"]]
    mugs, mug = await ids(acme, "stoneware mugs"), await ids(acme, "stoneware mug")
    assert mugs == mug != []
    assert set(await ids(acme, "mugs not sent")) == set(await ids(acme, "mug", status="paid"))


async def test_orders_are_found_by_phone_and_company(acme: Client) -> None:
    some = await call(acme, "search_orders", limit=50)
    customers = [await call(acme, "get_customer", customer_id=one["customer_id"]) for one in some["items"]]
    phone = next(one for one in customers if one.get("phone"))
    company = next(one for one in customers if one.get("company"))
    found = await call(acme, "search_orders", query=restore(phone["phone"]).replace(" ", "-"))
    assert {order["customer_id"] for order in found["items"]} == {phone["id"]}
    assert found["notice"] == "The query was read as a phone number."
    assert company["id"] in {
        order["customer_id"] for order in await walk(acme, "search_orders", query=restore(company["company"]))
    }


async def test_orders_are_found_by_city(acme: Client) -> None:
    page = await call(acme, "search_orders", query="in Lisboa", limit=5)
    assert page["items"]
    for order in page["items"]:
        customer = await call(acme, "get_customer", customer_id=order["customer_id"])
        details = await call(acme, "get_order", order_id=order["id"])
        assert "Lisboa" in customer["address"] + details["shipping_address"]


async def test_changed_address_is_found_and_the_former_not(clerk: Client) -> None:
    order = await one_of(clerk, "paid")
    address = "Ann Lee\n3 Quay Road\nZwolle 8011\nNederland"
    await call(clerk, "update_shipping_address", order_id=order["id"], shipping_address=address)
    assert await ids(clerk, "zwolle") == [order["id"]]
    assert await ids(clerk, "paid zwolle") == [order["id"]]
    await call(
        clerk, "update_shipping_address", order_id=order["id"], shipping_address=address.replace("Zwolle", "Assen")
    )
    page = await call(clerk, "search_orders", query="zwolle")
    assert page["items"] == []
    assert "No customer, product or parcel has it" in page["notice"]


async def test_draft_to_another_address_is_found(clerk: Client) -> None:
    order = await one_of(clerk, "delivered")
    draft = await call(
        clerk,
        "create_draft_order",
        customer_id=order["customer_id"],
        items=[{"sku": order["items"][0]["sku"], "quantity": 1}],
        shipping_address="Ann Lee\n3 Quay Road\nZwolle 8011\nNederland",
    )
    assert await ids(clerk, "draft in Zwolle") == [draft["order_id"]]


async def test_name_with_a_status_is_read_as_both(acme: Client) -> None:
    order = await one_of(acme, "paid")
    page = await call(acme, "search_orders", query=f"{restore(order['customer_name'])} paid")
    assert order["id"] in [found["id"] for found in page["items"]]
    assert {found["status"] for found in page["items"]} == {"paid"}
    assert page["notice"].startswith("The query was read as status=paid and the customer's name")
    text = await refusal(acme, "search_orders", query=f"{restore(order['customer_name'])} paid", status="shipped")
    assert "excludes status=shipped" in text


async def test_words_of_customer_and_product_together(acme: Client) -> None:
    order = await one_of(acme, "delivered")
    name, product = restore(order["customer_name"]).split()[0], order["items"][0]["name"].split(",")[0]
    page = await call(acme, "search_orders", query=f"{product} for {name}", limit=50)
    assert order["id"] in [found["id"] for found in page["items"]]
    assert page["notice"].endswith("and a product.")


async def test_number_and_name_together(acme: Client) -> None:
    order = await one_of(acme, "delivered")
    assert await ids(acme, f"{restore(order['customer_name'])} {order['number']}") == [order["id"]]
    assert await ids(acme, f"{restore(order['customer_name'])} ORD-99999999") == []


async def test_unknown_word_is_named_by_its_place(acme: Client) -> None:
    page = await call(acme, "search_orders", query="maria qqqqx")
    assert page["items"] == []
    assert "No customer, product or parcel has word 2 of it" in page["notice"]


async def test_customer_is_found_by_mail_in_both_spellings(own: DatabaseUrls, own_service: Service) -> None:
    async with owner_of(own) as owner:
        name = await owner.fetchval(
            "UPDATE orders.customers SET email = 'anna@xn--bcher-kva.example' "
            "WHERE id = (SELECT min(id::text)::uuid FROM orders.customers) RETURNING name"
        )
    async with connect(own_service, ACME) as client:
        for spelling in ("anna@bücher.example", "Anna <anna@BÜCHER.example>", "anna@xn--bcher-kva.example"):
            assert restore((await call(client, "get_customer", customer_id=spelling))["name"]) == name


@pytest.mark.parametrize(
    ("filters", "without"),
    [
        ({"query": "ORD-00000123 delivered"}, ["query", "the status"]),
        ({"query": "ORD-00000123", "from_day": "2026-05-31"}, ["query", "the days"]),
        ({"status": "draft", "to_day": "2001-01-01"}, ["the days"]),
        (
            {"status": "draft", "to_day": "2001-01-01", "currency": "EUR", "min_total_minor": 10**9},
            [],
        ),
    ],
)
async def test_filter_that_excludes_all_is_named(acme: Client, filters: dict[str, Any], without: list[str]) -> None:
    page = await call(acme, "search_orders", **filters)
    assert page["items"] == []
    expected = "No order has all filters, nor all but one of them."
    if without:
        expected = f"No order has all filters. There are some without {', or without '.join(without)}."
    assert page["notice"].endswith(expected)

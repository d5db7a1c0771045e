"""Sales reports: measures that add up, groups, comparisons and the largest groups."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from orders_mcp.models.sales import change_percent
from tests.fixtures.calls import call, records, refusal, walk

from .scene import stock_of

SPRING = {"from_day": "2026-02-01", "to_day": "2026-05-31"}
GROUPS = ["day", "week", "month", "region", "channel", "customer"]


async def counted(client: Client, **filters: Any) -> list[dict[str, Any]]:
    """The orders that a sales report counts."""
    placed = await walk(client, "search_orders", **filters, limit=50)
    return [one for one in placed if one["status"] not in ("draft", "cancelled")]


def gross_of(orders: list[dict[str, Any]]) -> int:
    return sum(one["total"]["amount_minor"] for one in orders)


@pytest.mark.parametrize("group_by", GROUPS)
async def test_groups_add_up_to_the_total_and_the_orders(acme: Client, group_by: str) -> None:
    report = await call(acme, "sales_summary", **SPRING, group_by=group_by, currency="EUR", top=300)
    orders = await counted(acme, **SPRING, currency="EUR")
    (total,) = records(report["totals"])
    groups = records(report["groups"])
    assert total["orders"] == len(orders) == sum(row["orders"] for row in groups)
    assert total["gross_minor"] == gross_of(orders)
    for measure in ("gross_minor", "net_minor", "after_refunds_minor"):
        assert sum(row[measure] for row in groups) == total[measure]
    assert (
        total["gross_minor"]
        == total["items_minor"] - total["discount_minor"] + total["shipping_minor"] + (total["tax_minor"])
    )
    assert total["net_minor"] == total["gross_minor"] - total["tax_minor"]
    assert total["after_refunds_minor"] == total["gross_minor"] - total["refunded_minor"] < total["gross_minor"]
    assert "notice" not in report


async def test_product_sales_and_day_sales_name_their_measures(acme: Client) -> None:
    by_day = await call(acme, "sales_summary", **SPRING, currency="EUR")
    by_product = await call(acme, "sales_summary", **SPRING, currency="EUR", group_by="product", top=300)
    (total,) = records(by_product["totals"])
    products = records(by_product["groups"])
    assert {**total, "units": None} == {**records(by_day["totals"])[0], "units": None}
    assert sum(row["items_minor"] for row in products) == total["items_minor"]
    assert sum(row["units"] for row in products) == total["units"]
    assert not any("gross_minor" in row for row in products)
    assert "gross: items - discount + shipping + tax" in by_product["measures"]
    first = await stock_of(acme, products[0]["group"])
    assert products[0]["name"] == first["name"]


async def test_refunds_are_those_of_the_orders_of_the_period(acme: Client) -> None:
    (total,) = records((await call(acme, "sales_summary", **SPRING, currency="EUR"))["totals"])
    (rate,) = (
        row for row in records((await call(acme, "refund_rate", **SPRING))["groups"]) if row["currency"] == "EUR"
    )
    assert total["refunded_minor"] == rate["refunded_minor"] > 0
    assert total["gross_minor"] == rate["gross_minor"]


async def test_sales_by_channel_are_those_of_its_orders(acme: Client) -> None:
    report = await call(acme, "sales_summary", **SPRING, currency="EUR", group_by="channel")
    expected: Counter[str] = Counter()
    for order in await counted(acme, **SPRING, currency="EUR"):
        whole = await call(acme, "get_order", order_id=order["id"])
        expected[whole.get("channel", "unknown")] += order["total"]["amount_minor"]
    assert {row["group"]: row["gross_minor"] for row in records(report["groups"])} == expected


async def test_best_customers_of_one_currency_are_ranked_by_amount(acme: Client) -> None:
    report = await call(acme, "sales_summary", **SPRING, currency="EUR", group_by="customer", top=5)
    expected: Counter[str] = Counter()
    for order in await counted(acme, **SPRING, currency="EUR"):
        expected[order["customer_email"]] += order["total"]["amount_minor"]
    rows = records(report["groups"])
    assert report["ranked_by"] == "gross_minor"
    assert [row["gross_minor"] for row in rows] == [amount for _, amount in expected.most_common(5)]
    assert all(expected[row["group"]] == row["gross_minor"] for row in rows)


@pytest.mark.parametrize(("group_by", "measure"), [("product", "units"), ("customer", "orders"), ("week", "orders")])
async def test_groups_of_several_currencies_are_ranked_by_all_of_them(
    acme: Client, group_by: str, measure: str
) -> None:
    """A group is shown with all its currencies, and `top` counts groups."""
    arguments = {**SPRING, "group_by": group_by, "top": 5}
    report = await call(acme, "sales_summary", **arguments)
    assert report["ranked_by"] == measure
    rows = records(report["groups"])
    expected: dict[str, dict[str, int]] = {}
    for total in records(report["totals"]):
        own = await call(acme, "sales_summary", **{**arguments, "currency": total["currency"], "top": 300})
        for row in records(own["groups"]):
            expected.setdefault(row["group"], {})[total["currency"]] = row[measure]
    sums = {group: sum(of_currency.values()) for group, of_currency in expected.items()}
    shown = list(dict.fromkeys(row["group"] for row in rows))
    assert [sums[group] for group in shown] == sorted(sums.values(), reverse=True)[:5]
    for group in shown:
        own_rows = [row for row in rows if row["group"] == group]
        assert {row["currency"]: row[measure] for row in own_rows} == expected[group]
        assert {row["ranked_total"] for row in own_rows} == {sums[group]}
    assert f"{len(sums) - 5} more groups are not shown" in report["notice"]
    assert report["whole"].startswith("sales://")


async def test_a_compared_period_that_is_not_over_is_named(acme: Client) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    for last, is_over in ((tomorrow, False), (date(2026, 5, 31), True)):
        days = {"from_day": f"{last - timedelta(days=30)}", "to_day": f"{last}"}
        report = await call(acme, "sales_summary", **days, compare_to="previous_period", group_by="region")
        assert (f"The period is not over: it ends on {last}" in report.get("notice", "")) is not is_over


async def test_top_keeps_the_largest_groups_and_all_totals(acme: Client) -> None:
    for group_by, measure in (("week", "gross_minor"), ("product", "units")):
        arguments = {**SPRING, "currency": "EUR", "group_by": group_by}
        whole = await call(acme, "sales_summary", **arguments)
        part = await call(acme, "sales_summary", **arguments, top=3)
        assert part["totals"] == whole["totals"]
        sizes = sorted((row[measure] for row in records(whole["groups"])), reverse=True)
        assert [row[measure] for row in records(part["groups"])] == sizes[:3]
        assert f"{len(sizes) - 3} more groups are not shown" in part["notice"]


async def test_currencies_are_reported_separately(acme: Client) -> None:
    report = await call(acme, "sales_summary", from_day="2025-06-01", to_day="2026-05-31", group_by="month")
    totals = [row["currency"] for row in records(report["totals"])]
    assert len(totals) == len(set(totals)) > 5


@pytest.mark.parametrize("group_by", [*GROUPS, "product"])
@pytest.mark.parametrize("compare_to", ["previous_period", "last_year"])
async def test_compared_figures_are_those_of_the_compared_days(acme: Client, group_by: str, compare_to: str) -> None:
    arguments = {"group_by": group_by, "currency": "EUR", "top": 300}
    report = await call(
        acme, "sales_summary", from_day="2026-05-01", to_day="2026-05-31", compare_to=compare_to, **arguments
    )
    days = {"from_day": report["compared_from_day"], "to_day": report["compared_to_day"]}
    assert days["from_day"] == ("2026-04-01" if compare_to == "previous_period" else "2025-05-01")
    before = await call(acme, "sales_summary", **days, **arguments)
    lead = "items" if group_by == "product" else "gross"
    (total,), (total_before,) = records(report["totals"]), records(before["totals"])
    for measure, measure_before in (("orders", "orders_before"), ("gross_minor", "gross_before_minor")):
        assert total[measure_before] == total_before[measure]
    group = "group_before" if group_by in ("day", "week", "month") else "group"
    earlier = {row["group"]: row for row in records(before["groups"])}
    compared = {row[group]: row for row in records(report["groups"]) if row["orders_before"]}
    assert compared.keys() == earlier.keys()
    for name, row in compared.items():
        assert row["orders_before"] == earlier[name]["orders"]
        assert row[f"{lead}_before_minor"] == earlier[name][f"{lead}_minor"]
        assert row["change_percent"] == change_percent(row[f"{lead}_minor"], row[f"{lead}_before_minor"])


async def test_days_that_only_the_compared_month_has_are_announced(acme: Client) -> None:
    april = {"from_day": "2026-04-01", "to_day": "2026-04-30"}
    report = await call(acme, "sales_summary", **april, compare_to="previous_period", currency="EUR")
    assert "The compared period has 1 more day; only the totals include it." in report["notice"]
    assert {row["group_before"] for row in records(report["groups"])} <= {f"2026-03-{day:02d}" for day in range(1, 31)}


async def test_days_of_a_report_are_those_of_the_given_zone(acme: Client) -> None:
    week = {"from_day": "2026-05-18", "to_day": "2026-05-24"}
    for zone in ("Asia/Tokyo", "America/Los_Angeles"):
        report = await call(acme, "sales_summary", **week, time_zone=zone)
        assert report["time_zone"] == zone
        expected: Counter[str] = Counter()
        for order in await counted(acme, **week, time_zone=zone):
            expected[_day(order, zone)] += 1
        found: Counter[str] = Counter()
        for row in records(report["groups"]):
            found[row["group"]] += row["orders"]
        assert found == expected
    assert "Nearest: Europe/Berlin" in await refusal(acme, "sales_summary", **week, time_zone="Europe/Berln")


def _day(order: dict[str, str], zone: str) -> str:
    return datetime.fromisoformat(order["placed_at"]).astimezone(ZoneInfo(zone)).date().isoformat()


@pytest.mark.parametrize("tool", ["sales_summary", "refund_rate"])
async def test_periods_are_bounded(acme: Client, tool: str) -> None:
    assert "Swap" in await refusal(acme, tool, from_day="2026-02-02", to_day="2026-02-01")
    assert "366 days" in await refusal(acme, tool, from_day="2025-01-01", to_day="2026-01-02")
    assert (await call(acme, tool, from_day="2024-01-01", to_day="2024-12-31"))["from_day"] == "2024-01-01"


async def test_report_of_days_without_orders_is_empty(acme: Client) -> None:
    day = {"from_day": str(date(2001, 1, 1)), "to_day": str(date(2001, 1, 2))}
    report = await call(acme, "sales_summary", **day, compare_to="last_year", group_by="product")
    assert records(report["totals"]) == records(report["groups"]) == []


@given(st.integers(0, 10**15), st.integers(1, 10**15))
def test_change_is_rounded_half_up(now: int, before: int) -> None:
    text = change_percent(now, before)
    assert text
    tenths = int(text.replace(".", ""))
    assert abs((now - before) * 1000 - tenths * before) * 2 <= before


def test_change_from_nothing_is_left_out() -> None:
    assert change_percent(5, 0) is None
    assert change_percent(0, 5) == "-100.0"
    assert change_percent(5, 5) == "+0.0"

"""Large sales reports: a summary in the answer, and every group as CSV."""

import csv
import io
from typing import Any

import pytest
from mcp import MCPError
from mcp.client import Client

from orders_mcp.models.sales import SalesRow
from orders_mcp.models.sales_csv import as_csv
from tests.fixtures.calls import call, records, text_of

YEAR = {"from_day": "2025-06-01", "to_day": "2026-05-31"}


async def rows_of(client: Client, uri: str) -> list[dict[str, str]]:
    (content,) = (await client.read_resource(uri)).contents
    assert content.mime_type == "text/csv"
    return list(csv.DictReader(io.StringIO(content.text)))


async def test_long_report_links_to_the_csv_of_all_groups(acme: Client) -> None:
    answer = await acme.call_tool("sales_summary", YEAR)
    report: dict[str, Any] = answer.structured_content
    shown = records(report["groups"])
    rows = await rows_of(acme, report["whole"])
    assert str(answer.content[-1].uri) == report["whole"]
    assert "read all as CSV from `whole`" in report["notice"]
    assert "groups" in text_of(answer)
    assert [row["group"] for row in rows[: len(shown)]] == [row["group"] for row in shown]
    for total in records(report["totals"]):
        same = [row for row in rows if row["currency"] == total["currency"]]
        for measure in ("orders", "gross_minor", "net_minor", "after_refunds_minor"):
            assert sum(int(row[measure]) for row in same) == total[measure]


async def test_csv_takes_the_arguments_of_the_report(acme: Client) -> None:
    arguments = {"currency": "EUR", "compare_to": "previous_period", "time_zone": "Europe/Berlin"}
    may = {"from_day": "2026-05-01", "to_day": "2026-05-31"}
    report = await call(acme, "sales_summary", **may, **arguments, group_by="product")
    assert "whole" not in report
    rows = await rows_of(
        acme,
        "sales://2026-05-01/2026-05-31/product?currency=EUR&compare_to=previous_period&time_zone=Europe%2FBerlin",
    )
    shown = records(report["groups"])
    assert [row["change_percent"] or None for row in rows] == [row.get("change_percent") for row in shown]
    assert [int(row["units_before"]) for row in rows] == [row["units_before"] for row in shown]


@pytest.mark.parametrize(
    "path",
    [
        "2026-05-31/2026-05-01/day",
        "2026-05-01/2026-05-31/colour",
        "2026-05-01/2026-05-31/day?currency=XXX",
        "2026-05-01/2026-05-31/day?time_zone=Mars",
        "yesterday/2026-05-31/day",
    ],
)
async def test_wrong_reports_are_refused(acme: Client, path: str) -> None:
    with pytest.raises(MCPError):
        await acme.read_resource(f"sales://{path}")


async def test_csv_without_orders_has_names_only(acme: Client) -> None:
    assert await rows_of(acme, "sales://2001-01-01/2001-01-31/day") == []


@pytest.mark.parametrize(
    "text", ["=1+1", "+1@example.com", "-2", "@SUM(A1)", "\tx", " =1+1", "\n=1", "＝1", "\ufeff=1"]
)
def test_csv_runs_no_formula(text: str) -> None:
    made = as_csv([SalesRow(group=text, name='A "b", c', currency="EUR", orders=1)])
    (row,) = csv.DictReader(io.StringIO(made))
    assert row == {"group": f"'{text}", "name": 'A "b", c', "currency": "EUR", "orders": "1"}

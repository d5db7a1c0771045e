"""Returns, refunds and parcels of all orders, by day and state."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from servicekit.testing.service import connect
from tests.fixtures.calls import refusal, walk
from tests.fixtures.databases import service_on

from .scene import ACME

MOMENT = {"list_returns": "requested_at", "list_refunds": "at", "list_shipments": "shipped_at"}


@pytest.fixture
async def acme(urls: DatabaseUrls) -> AsyncIterator[Client]:
    """A client that has the toolset of the lists."""
    service = service_on("orders", urls, toolsets="default,lists")
    async with service.running(), connect(service, ACME) as client:
        yield client


async def test_lists_are_chosen_by_clients(refused_clerk: Client) -> None:
    assert "toolset lists is off by default" in await refusal(refused_clerk, "list_returns")


@pytest.mark.parametrize("tool", MOMENT)
async def test_lists_are_paged_latest_first(acme: Client, tool: str) -> None:
    whole = await walk(acme, tool, limit=100)
    assert whole
    moments = [row[MOMENT[tool]] for row in whole]
    assert moments == sorted(moments, reverse=True)
    assert len({row["id"] for row in whole}) == len(whole)
    assert [row["id"] for row in await walk(acme, tool, limit=7)] == [row["id"] for row in whole]


@pytest.mark.parametrize("tool", MOMENT)
async def test_states_divide_the_list(acme: Client, tool: str) -> None:
    whole = await walk(acme, tool, limit=100)
    for status in {row["status"] for row in whole}:
        some = await walk(acme, tool, limit=100, status=status)
        assert {row["id"] for row in some} == {row["id"] for row in whole if row["status"] == status}


@pytest.mark.parametrize("tool", MOMENT)
async def test_days_are_whole_days_of_the_zone(acme: Client, tool: str) -> None:
    whole = await walk(acme, tool, limit=100)
    day = whole[len(whole) // 2][MOMENT[tool]][:10]
    some = await walk(acme, tool, limit=100, from_day=day, to_day=day, time_zone="UTC")
    assert [row["id"] for row in some] == [row["id"] for row in whole if row[MOMENT[tool]][:10] == day]
    before = str(date.fromisoformat(day) - timedelta(days=1))
    assert "to_day is before from_day" in await refusal(acme, tool, from_day=day, to_day=before)


async def test_late_parcels_are_past_their_expected_day(acme: Client) -> None:
    late = await walk(acme, "list_shipments", limit=100, status="late")
    on_their_way = await walk(acme, "list_shipments", limit=100, status="in_transit")
    expected = [row["id"] for row in on_their_way if row.get("expected_on", "9") < "2026-11-01"]
    assert [row["id"] for row in late] == expected

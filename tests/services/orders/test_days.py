"""Days in the time zone of the shop or of the caller."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from orders_mcp.models.days import Period, period
from tests.fixtures.calls import refusal, walk
from tests.fixtures.databases import owner_of

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_day_begins_at_midnight_of_its_zone() -> None:
    winter, summer = date(2026, 1, 15), date(2026, 7, 15)
    assert period(winter, winter, BERLIN).first == datetime(2026, 1, 14, 23, tzinfo=UTC)
    assert period(summer, summer, BERLIN).first == datetime(2026, 7, 14, 22, tzinfo=UTC)
    assert period(winter, None, UTC) == Period(datetime(2026, 1, 15, tzinfo=UTC))


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_the_day_of_a_clock_change_has_its_own_length(day: date, hours: int) -> None:
    one = period(day, day, BERLIN)
    assert one.first
    assert one.end
    assert (one.end - one.first).total_seconds() == hours * 3600


async def test_days_of_a_search_are_those_of_the_given_zone(acme: Client) -> None:
    everything = await walk(acme, "search_orders", limit=50, from_day="2026-05-19", to_day="2026-05-22")
    for zone in ("Asia/Tokyo", "America/Los_Angeles", "UTC"):
        found = await walk(acme, "search_orders", from_day="2026-05-20", to_day="2026-05-20", time_zone=zone, limit=50)
        expected = [one for one in everything if _day(one, zone) == date(2026, 5, 20)]
        assert [one["id"] for one in found] == [one["id"] for one in expected]
    assert await walk(acme, "search_orders", from_day="2026-05-20", to_day="2026-05-20", time_zone="asia/tokyo")


def _day(order: dict[str, str], zone: str) -> date:
    return datetime.fromisoformat(order["placed_at"]).astimezone(ZoneInfo(zone)).date()


async def test_days_are_those_of_the_shop_by_default(own: DatabaseUrls, clerk: Client) -> None:
    async with owner_of(own) as owner:
        await owner.execute("UPDATE orders.tenants SET time_zone = 'Pacific/Kiritimati'")
    given = await walk(clerk, "search_orders", from_day="2026-05-20", to_day="2026-05-20", time_zone="UTC")
    shop = await walk(clerk, "search_orders", from_day="2026-05-20", to_day="2026-05-20")
    assert {_day(one, "Pacific/Kiritimati") for one in shop} == {date(2026, 5, 20)}
    assert [one["id"] for one in shop] != [one["id"] for one in given]


async def test_unknown_time_zone_names_the_nearest(acme: Client) -> None:
    text = await refusal(acme, "search_orders", from_day="2026-05-20", time_zone="Europe/Berln")
    assert "Nearest: Europe/Berlin" in text
    assert "Europe/Amsterdam" in await refusal(acme, "search_orders", time_zone="Amsterdam", from_day="2026-05-20")

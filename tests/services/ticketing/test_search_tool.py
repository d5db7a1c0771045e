"""The search tool: filters by people, times, tags and service levels, its orders, and what it says about a search."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mcp.client import Client

from tests.fixtures.calls import call, refusal, walk
from ticketing_mcp.models.identifiers import number_of

from .scene import PLAN

LAST_DAY = PLAN.until - timedelta(days=1)


async def found(client: Client, **conditions: Any) -> list[dict[str, Any]]:
    return await walk(client, "search_tickets", **conditions, limit=50)


def ids(tickets: list[dict[str, Any]]) -> list[str]:
    return [ticket["id"] for ticket in tickets]


@pytest.fixture
async def everything(acme: Client) -> list[dict[str, Any]]:
    names = [
        "id",
        "status",
        "assignee_id",
        "assignee_name",
        "requester_id",
        "requester_name",
        "queue_id",
        "merged_into",
    ]
    return await found(acme, fields=[*names, "created_at", "updated_at", "closed_at", "tags"])


async def test_rows_name_people_and_merged_tickets(acme: Client, everything: list[dict[str, Any]]) -> None:
    for ticket in everything:
        assert ticket["requester_name"].startswith('<user_content source="requester">')
        assert ("assignee_id" in ticket) == ("assignee_name" in ticket)
    merged = next(ticket for ticket in everything if "merged_into" in ticket)
    assert merged["id"] in ids(await found(acme, merged_into=merged["merged_into"]))


@pytest.mark.parametrize("given", [["open", "pending"], "open, pending", ["OPEN", "Pending", "open"]])
async def test_several_statuses(acme: Client, everything: list[dict[str, Any]], given: Any) -> None:
    expected = [ticket["id"] for ticket in everything if ticket["status"] in ("open", "pending")]
    assert ids(await found(acme, status=given)) == expected


@pytest.mark.parametrize("given", ["unresolved", ["unresolved"], ["unresolved", "open"], "Unresolved"])
async def test_unresolved_is_every_status_but_closed(
    acme: Client, everything: list[dict[str, Any]], given: Any
) -> None:
    expected = [ticket["id"] for ticket in everything if ticket["status"] != "closed"]
    assert ids(await found(acme, status=given)) == expected


async def test_unassigned_in_a_queue(acme: Client, everything: list[dict[str, Any]]) -> None:
    expected = [one["id"] for one in everything if one["queue_id"] == "billing" and "assignee_id" not in one]
    assert expected
    assert ids(await found(acme, queue_id="billing", unassigned=True)) == expected
    assert ids(await found(acme, queue_id="billing", unassigned="true", sort="oldest")) == expected[::-1]
    assert ids(await found(acme, queue_id="billing", assignee_id="Unassigned")) == expected


async def test_assignee_by_name_and_address(acme: Client, everything: list[dict[str, Any]]) -> None:
    expected = [one["id"] for one in everything if one.get("assignee_id") == "hana.novak"]
    for given in ("hana.novak", "Hana Novák", "hana novak", "Hana", "hana.novak@acme.example"):
        assert ids(await found(acme, assignee_id=given)) == expected


async def test_requester_by_id_address_and_name(acme: Client, everything: list[dict[str, Any]]) -> None:
    one = await call(acme, "get_ticket", ticket_id=everything[0]["id"])
    expected = [ticket["id"] for ticket in everything if ticket["requester_id"] == one["requester_id"]]
    email = one["requester_email"]
    for given in (one["requester_id"], email, email.upper(), f"Ann <{email}>", f"mailto:{email}"):
        assert ids(await found(acme, requester=given)) == expected
    name = one["requester_name"].partition(">")[2].partition("<")[0]
    people = (await call(acme, "search_users", query=name, kind="requester"))["items"]
    if len(people) == 1:
        assert ids(await found(acme, requester=name)) == expected


async def test_several_people_of_one_name_are_listed(acme: Client) -> None:
    said = await refusal(acme, "search_tickets", requester="a")
    assert said.startswith("Several people have that name (requester): ")
    assert "@" in said


@pytest.mark.parametrize("field", ["created", "updated", "closed"])
@pytest.mark.parametrize("zone", ["UTC", "asia/tokyo", "america/new york"])
async def test_day_is_whole_in_its_time_zone(
    acme: Client, everything: list[dict[str, Any]], field: str, zone: str
) -> None:
    offset = {"UTC": 0, "asia/tokyo": 9, "america/new york": -4}[zone]
    first, last = LAST_DAY - timedelta(days=9), LAST_DAY - timedelta(days=5)
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=offset)
    end = begin + (last - first) + timedelta(days=1)
    times = {one["id"]: datetime.fromisoformat(one[f"{field}_at"]) for one in everything if f"{field}_at" in one}
    expected = sorted((one for one in times if begin <= times[one] < end), key=lambda one: (times[one], number_of(one)))
    assert expected
    days = {f"{field}_from": str(first), f"{field}_to": str(last), "time_zone": zone}
    assert ids(await found(acme, **days)) == expected[::-1]
    assert ids(await found(acme, **days, sort="oldest")) == expected


async def test_days_are_the_tenants_without_a_time_zone(acme: Client) -> None:
    day = str(LAST_DAY - timedelta(days=2))
    tenants = await call(acme, "search_tickets", created_from=day, created_to=day)
    berlin = await call(acme, "search_tickets", created_from=day, created_to=day, time_zone="Europe/Berlin")
    assert tenants == berlin
    assert f"created from {day} 00:00 before {LAST_DAY - timedelta(days=1)} 00:00 (Europe/Berlin)" in berlin["notice"]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-05-20T00:00:00Z", "2026-05-20T23:59:59Z"),
        ("2026/05/20", "20260520"),
        ("2026-05-20 00:00", "2026-05-20 23:59:59"),
        ("2026-05-19T22:00-02:00", "2026-05-21T01:59:59+02:00"),
    ],
)
async def test_spellings_of_one_day(acme: Client, first: str, last: str) -> None:
    expected = await found(acme, created_from="2026-05-20", created_to="2026-05-20", time_zone="UTC")
    assert expected
    assert ids(await found(acme, created_from=first, created_to=last, time_zone="UTC")) == ids(expected)


@pytest.mark.parametrize("given", ["500w", "500 weeks ago", "500 weeks", "last 500 weeks"])
async def test_relative_time_counts_from_now(acme: Client, everything: list[dict[str, Any]], given: str) -> None:
    assert len(await found(acme, created_from=given)) == len(everything)
    assert await found(acme, created_from="today") == []


async def test_orders_page_through_the_whole_list(acme: Client) -> None:
    for conditions in ({}, {"query": "printer"}, {"status": "unresolved"}, {"created_from": "2026-01-01"}):
        newest = await found(acme, **conditions, sort="newest")
        assert len(newest) > 5
        assert [*map(number_of, ids(newest))] == sorted(map(number_of, ids(newest)), reverse=True)
        for limit in (3, 7):
            oldest = await walk(acme, "search_tickets", **conditions, sort="oldest", limit=limit)
            assert ids(oldest) == ids(newest)[::-1]


async def test_due_tickets_come_in_the_order_of_their_times(acme: Client) -> None:
    due = await walk(acme, "search_tickets", sort="due", limit=7)
    times = [datetime.fromisoformat(ticket["due_at"]) for ticket in due]
    assert times == sorted(times)
    assert all(ticket["status"] != "closed" for ticket in due)
    middle = times[len(times) // 2].isoformat()
    before = await found(acme, due_before=middle, time_zone="UTC", sort="due")
    assert ids(before) == [one["id"] for one, at in zip(due, times, strict=True) if at < times[len(times) // 2]]
    breached = await found(acme, sla="breached", queue_id="billing")
    assert ids(breached) == sorted(
        (one["id"] for one in due if one["queue_id"] == "billing"), key=number_of, reverse=True
    ), "the data are old"
    assert await found(acme, sla="running", created_to="2026-01-01") == []
    paused = await found(acme, sla="paused")
    assert {ticket["status"] for ticket in paused} <= {"on-hold"}
    assert "due_at" not in (await call(acme, "search_tickets", limit=1))["items"][0]


async def test_tags_are_all_required(acme: Client, everything: list[dict[str, Any]]) -> None:
    tag = next(ticket["tags"][0] for ticket in everything if ticket.get("tags"))
    assert ids(await found(acme, tags=tag)) == [one["id"] for one in everything if tag in one.get("tags", ())]
    both = next((ticket["tags"] for ticket in everything if len(ticket.get("tags", ())) > 1), None)
    if both:
        expected = [one["id"] for one in everything if set(both) <= set(one.get("tags", ()))]
        assert ids(await found(acme, tags=both)) == expected


async def test_total_counts_all_pages(acme: Client, everything: list[dict[str, Any]]) -> None:
    assert (await call(acme, "search_tickets", limit=1))["total"] == len(everything)
    words = await call(acme, "search_tickets", query="printer", limit=2)
    assert words["total"] == len(await found(acme, query="printer"))
    second = await call(acme, "search_tickets", query="printer", limit=2, cursor=words["next_cursor"])
    assert "total" not in second


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({"unassigned": True, "assignee_id": "ada.lind"}, "assignee_id and unassigned exclude each other"),
        ({"created_from": "2026-05-02", "created_to": "2026-05-01"}, "created_to is before created_from"),
        ({"closed_from": "2026-05-02", "status": "open"}, "find closed tickets only"),
        ({"merged_into": "T-1", "status": "unresolved"}, "which are closed"),
        ({"sort": "due", "status": "closed"}, "find tickets that are not closed"),
        ({"due_before": "2h", "sla": "paused"}, "Paused tickets have no due time"),
        ({"created_from": "2026-02-30"}, "created_from is no day or time"),
        ({"created_from": "last spring"}, "created_from: must be a day such as 2026-11-01"),
        ({"sla": "late"}, "sla: must be one of breached, running, paused"),
    ],
)
async def test_impossible_conditions_are_refused(acme: Client, conditions: dict[str, Any], said: str) -> None:
    assert said in await refusal(acme, "search_tickets", **conditions)


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({"queue_id": "bill"}, "There is no queue `bill` (queue_id). Nearest: billing"),
        ({"requester": "unknown@example.com"}, "There is no person `unknown@example.com` (requester)."),
        ({"requester": "@nowhere.example"}, "search_users finds people. query finds the requesters of a domain."),
        ({"requester": "nowhere.example"}, "search_users finds people. query finds the requesters of a domain."),
        ({"requester": "Zebulon Quirk"}, "There is no person of that name (requester)."),
        ({"requester": "*"}, "There is no person of that name (requester)."),
        ({"requester": "00000000-0000-4000-8000-000000000000"}, "There is no person with tickets `00000000"),
        ({"requester": "hana.novak"}, "hana.novak is on the staff and requested no ticket. Send it as assignee_id"),
        ({"requester": "Hana.Novak@acme.example"}, "hana.novak is on the staff and requested no ticket."),
        ({"time_zone": "localtime"}, "There is no time zone `localtime` (time_zone)."),
        ({"time_zone": "Europe/Berln"}, "There is no time zone `Europe/Berln` (time_zone). Nearest: Europe/Berlin"),
        ({"tags": ["no-such-tag"]}, "There is no ticket with the tag `no-such-tag` (tags.0)."),
        ({"merged_into": "T-999999"}, "No ticket T-999999."),
    ],
)
async def test_unknown_values_are_refused_with_the_nearest(acme: Client, conditions: dict[str, Any], said: str) -> None:
    assert said in await refusal(acme, "search_tickets", **conditions)


async def test_opposite_of_a_status_is_not_suggested(acme: Client) -> None:
    assert "Did you mean" not in await refusal(acme, "search_tickets", status="solved")


async def test_notice_says_how_the_query_was_read(acme: Client) -> None:
    async def notice(query: str) -> str:
        return (await call(acme, "search_tickets", query=query, limit=1)).get("notice", "")

    assert await notice("printer") == ""
    assert "Searched: words printer, laptop." in await notice("printer laptop")
    assert "At least 3 of the 4 words match." in await notice("printer laptop screen update")
    assert 'Searched: phrase "black screen"; word printer.' in await notice('"black screen" printer')
    assert "Searched: domain acme.example." in await notice("@acme.example")
    assert "Searched: code e4711" in await notice("E-4711 printer")
    assert "Searched: words プリンター, 佐藤花子." in await notice("プリンター 佐藤花子")
    assert 'No ticket has "鬱魑魅魍" or a similar word.' in await notice("鬱魑魅魍")

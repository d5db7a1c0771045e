"""The search: its language, its limits and its lag."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx2
import pytest

from devkit.simulators.zendesk.seed import set_up
from devkit.simulators.zendesk.testing import RunningSimulator, simulator_in_thread
from devkit.simulators.zendesk.world import SIMULATED_EMAIL, SIMULATED_TOKEN

from .desk import changed, found, made


def test_search_index_lags_behind(simulator: RunningSimulator, zendesk: httpx2.Client) -> None:
    now = [100.0]
    simulator.world.clock = lambda: now[0]
    simulator.world.switches.search_lag = 30
    number = made(zendesk, subject="Quicksilver")["id"]
    assert found(zendesk, "quicksilver") == []
    now[0] += 31
    assert found(zendesk, "quicksilver") == [number]
    changed(zendesk, number, status="hold")
    assert (found(zendesk, "quicksilver status:hold"), found(zendesk, "quicksilver status:new")) == ([], [number])
    now[0] += 31
    assert found(zendesk, "quicksilver status:hold") == [number]
    zendesk.delete(f"/tickets/{number}")
    assert found(zendesk, "quicksilver") == []


@pytest.fixture(scope="module")
def indexed() -> Iterator[httpx2.Client]:
    """A desk with one ticket, on 2 November 2026 at nine."""
    with simulator_in_thread(set_up) as simulator:
        simulator.world.now = lambda: datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
        credentials = (f"{SIMULATED_EMAIL}/token", SIMULATED_TOKEN)
        with httpx2.Client(base_url=f"{simulator.url}/api/v2", auth=credentials) as zendesk:
            made(
                zendesk,
                subject="Toppings of 東京 X-4711",
                comment={"body": "In the oven."},
                tags=["hot", "food"],
                priority="high",
                assignee_email="ada.lind@acme.example",
                external_id="ext-1",
                requester={"name": "Pia", "email": "pia@customer.example"},
                email_ccs=[{"user_email": "cora@customer.example", "user_name": "Cora"}],
            )
            yield zendesk


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ("topping", True), ("top", True), ("opping", False), ("TOPPINGS oven", True), ("toppings missing", False),
        ('"the oven"', True), ('"oven the"', False), ("X-4711", True), ("x4711", False), ("tags:hot", True),
        ('tags:"hot food"', True), ("tags:hot tags:cold", True), ("-tags:hot", False), ("-tags:cold", True),
        ("tags:none", False), ("status:new status:open", True), ("status<open", False), ("status>=open", True),
        ("priority>normal", True), ("priority:low", False), ("priority:none", False), ("assignee:none", False),
        ("assignee:ada.lind@acme.example", True), ("assignee:lind", True), ("assignee:me", False), ("group:it", True),
        ('group:"IT support"', True), ("requester:pia@customer.example", True), ("requester:unknown", False),
        ("created>2026-11-01", True), ("created<2026-11-01", False), ("created:2026-11-02", True),
        ("created>=2026-11-02T09:00:00Z created<=2026-11-02T09:00:00Z", True), ("created>1hours", True),
        ("created<1hours", False), ("solved:none", True), ("subject:toppings", True), ("subject:oven", False),
        ("description:oven", True), ("comment:oven", True), ("external_id:ext-1", True), ("has_attachment:true", False),
        ("via:api", True), ("unknown:value", False), ("東京", True), ("大阪", False), ("cc:cora", True),
    ],
)  # fmt: skip
def test_search_language(indexed: httpx2.Client, query: str, *, matches: bool) -> None:
    assert found(indexed, query) == [1] * matches


def test_search_sorts_and_counts(zendesk: httpx2.Client) -> None:
    numbers = [made(zendesk, subject="Zebra", priority=priority)["id"] for priority in ("low", "urgent", "high")]
    assert found(zendesk, "zebra", sort_by="priority", sort_order="asc") == [numbers[0], numbers[2], numbers[1]]
    assert found(zendesk, "zebra order_by:priority sort:desc") == [numbers[1], numbers[2], numbers[0]]
    assert found(zendesk, "zebra", per_page=2) == [numbers[2], numbers[1]]
    assert zendesk.get("/search/count", params={"query": "type:ticket zebra"}).json() == {"count": 3}


def test_search_ends_after_a_thousand_results(zendesk: httpx2.Client) -> None:
    for parameters in ({"page": 11}, {"page": 101, "per_page": 10}):
        response = zendesk.get("/search", params={"query": "type:ticket", **parameters})
        assert (response.status_code, response.json()["error"]) == (422, "invalid")
    assert zendesk.get("/search", params={"query": "type:ticket", "page": 10}).json()["results"] == []
    assert zendesk.get("/search", params={"query": "type:ticket", "page[size]": 5}).status_code == 400
    assert zendesk.get("/search", params={"query": " "}).status_code == 422
    for query in ("created>soon", "created>2026-13-01", "updated:9999-12-31", "created>999999years"):
        assert zendesk.get("/search", params={"query": query}).status_code == 422, query


def test_search_finds_users_and_side_loads_people(zendesk: httpx2.Client) -> None:
    answer = zendesk.get("/search", params={"query": "type:user role:agent ada"}).json()
    assert [(one["result_type"], one["name"]) for one in answer["results"]] == [("user", "Ada Lind")]
    answer = zendesk.get("/search", params={"query": "type:ticket E-4711", "include": "tickets(users,groups)"}).json()
    assert {"Mia Schulz", "Grace Kim"} <= {user["name"] for user in answer["users"]}
    assert [group["name"] for group in answer["groups"]] == ["Operations"]


def test_export_pages_until_its_cursor_expires(simulator: RunningSimulator, zendesk: httpx2.Client) -> None:
    query = {"query": "status<closed", "filter[type]": "ticket", "page[size]": 7}
    first = zendesk.get("/search/export", params=query).json()
    numbers, link = [one["id"] for one in first["results"]], first["links"]["next"]
    while link is not None:
        page = zendesk.get(link).json()
        numbers += [one["id"] for one in page["results"]]
        link = page["links"]["next"]
    assert len(numbers) == len(set(numbers)) == zendesk.get("/search/count", params=query).json()["count"]
    clock = simulator.world.clock
    simulator.world.clock = lambda: clock() + 3601
    assert zendesk.get(first["links"]["next"]).status_code == 422
    assert zendesk.get("/search/export", params={"query": "status:new"}).status_code == 400

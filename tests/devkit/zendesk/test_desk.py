"""The desk around the tickets: its setup, service levels, macros and users."""

from datetime import UTC, datetime, timedelta

import httpx2

from devkit.simulators.zendesk.records.tickets import Ticket
from devkit.simulators.zendesk.seed import GROUPS, MACROS, STAFF, set_up
from devkit.simulators.zendesk.service_levels import clocks
from devkit.simulators.zendesk.testing import RunningSimulator
from devkit.simulators.zendesk.ticket_changes import create, update
from devkit.simulators.zendesk.world import World
from ticketing_mcp.sample_data import desk_setup

from .desk import made


def test_seed_is_the_desk_of_the_sample_data() -> None:
    queues = {queue.id: (queue.name, queue.purpose, queue.sla_policy_id) for queue in desk_setup.QUEUES}
    assert queues == GROUPS
    assert desk_setup.STAFF == STAFF
    assert [title for _, title, _ in desk_setup.MACROS] == [title for title, _ in MACROS]
    targets = {
        policy.name: {(target.priority, target.first_reply_minutes) for target in policy.targets}
        for policy in desk_setup.POLICIES
    }
    own = {
        policy.title: {
            (key, minutes) for (metric, key), minutes in policy.targets.items() if metric.startswith("first")
        }
        for policy in set_up(World()).policies.values()
    }
    assert own == targets


def test_service_levels_count_business_hours() -> None:
    world = set_up(World())
    friday = datetime(2026, 11, 6, 21, 0, tzinfo=UTC)  # 16:00 in New York, two hours before the end of the week
    world.now = lambda: friday
    billing = next(group for group in world.groups.values() if group.name == "Billing")
    agent = next(user for user in world.users.values() if user.external_id == "carla.rossi")
    requester = world.add_user("Nina", "nina@customer.example")
    fields = {"comment": {"body": "Words"}, "priority": "high", "group_id": billing.id}
    ticket, _ = create(world, requester, fields)
    assert stages(world, ticket) == {
        "first_reply_time": ("active", datetime(2026, 11, 9, 15, 0, tzinfo=UTC)),
        "requester_wait_time": ("active", datetime(2026, 11, 10, 17, 0, tzinfo=UTC)),
    }
    world.now = lambda: friday + timedelta(hours=1)
    update(world, agent, ticket, {"comment": {"body": "Why?"}, "status": "pending"})
    assert stages(world, ticket) == {"first_reply_time": ("achieved", None), "requester_wait_time": ("paused", None)}
    world.now = lambda: datetime(2026, 11, 10, 20, 0, tzinfo=UTC)
    update(world, requester, ticket, {"comment": {"body": "Because."}})
    assert ticket.status == "open"
    resumed = ("active", datetime(2026, 11, 12, 15, 0, tzinfo=UTC))
    assert stages(world, ticket)["requester_wait_time"] == resumed


def stages(world: World, ticket: Ticket) -> dict[str, tuple[str, datetime | None]]:
    return {clock.metric: (clock.stage, clock.breach_at) for clock in clocks(world, ticket)}


def test_slas_are_side_loaded_with_tickets_only(zendesk: httpx2.Client) -> None:
    ticket = made(zendesk, priority="urgent", group_id=zendesk.get("/tickets/1").json()["ticket"]["group_id"])
    (shown,) = zendesk.get("/tickets/show_many", params={"ids": str(ticket["id"]), "include": "slas"}).json()["tickets"]
    metrics = {one["metric"]: one for one in shown["slas"]["policy_metrics"]}
    assert metrics["first_reply_time"]["stage"] == "active"
    assert metrics["first_reply_time"]["minutes"] in (29, 30)
    assert "slas" not in zendesk.get("/search", params={"query": "4711", "include": "slas"}).json()["results"][0]


def test_macro_is_shown_on_a_ticket_without_changing_it(simulator: RunningSimulator, zendesk: httpx2.Client) -> None:
    macro = next(one for one in simulator.world.macros.values() if one.title == "Known outage")
    before = zendesk.get("/tickets/1").json()
    shown = zendesk.get(f"/tickets/1/macros/{macro.id}/apply").json()["result"]["ticket"]
    assert shown["comment"]["body"].startswith("Hello Mia Schulz,")
    assert "#1 is in the queue Operations" in shown["comment"]["body"]
    assert zendesk.get("/tickets/1").json() == before
    plain = zendesk.get(f"/macros/{macro.id}/apply").json()["result"]["ticket"]["comment"]["body"]
    assert "{{ticket.requester.name}}" in plain


def test_users_are_known_by_address_or_external_id(zendesk: httpx2.Client) -> None:
    user = {"name": "Una", "email": "una@customer.example", "external_id": "u-1"}
    first = zendesk.post("/users/create_or_update", json={"user": user})
    again = zendesk.post("/users/create_or_update", json={"user": user | {"name": "Una New"}})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["user"]["id"] == first.json()["user"]["id"]
    assert zendesk.post("/users", json={"user": user}).json()["error"] == "RecordInvalid"
    (known,) = zendesk.get("/users/search", params={"external_id": "u-1"}).json()["users"]
    assert known["name"] == "Una New"

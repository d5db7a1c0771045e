"""Four jobs of a support agent's day from start to end, each in a few calls. Confirmations are not counted."""

from datetime import UTC, datetime, timedelta

from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from servicekit.schema.marks import restore
from tests.fixtures.calls import call, walk
from tests.fixtures.databases import owner_of
from tests.fixtures.jobs import Job

from .scene import a_ticket


async def written_on(urls: DatabaseUrls, ticket_id: str, day: datetime) -> None:
    """Let a ticket have come in at another time."""
    async with owner_of(urls) as connection:
        statement = "UPDATE ticketing.tickets SET created_at = $2, updated_at = $2 WHERE number = $1"
        await connection.execute(statement, int(ticket_id[2:]), day)


async def test_last_weeks_tickets_about_a_code_are_merged_answered_and_closed(clerk: Client, own: DatabaseUrls) -> None:
    monday = (datetime.now(UTC) - timedelta(days=datetime.now(UTC).weekday() + 7)).replace(hour=9, minute=0)
    texts = {
        "alice@example.com": ("Boiler shows E-4711", "It stopped in the night."),
        "bob@example.com": ("No hot water", "The display says e4711 since Tuesday."),
        "cy@example.com": ("Error E 4711 again", "Please send someone."),
        "old@example.com": ("E-4711 on the display", "Three weeks ago."),
        "dee@example.com": ("Boiler shows E-4712", "Another code."),
    }
    made: dict[str, str] = {}
    for place, (email, (title, body)) in enumerate(texts.items()):
        asked = a_ticket(title=title, body=body, requester_email=email)
        made[email] = (await call(clerk, "create_ticket", **asked))["ticket_id"]
        came = monday - timedelta(days=14) if email.startswith("old") else monday + timedelta(days=place)
        await written_on(own, made[email], came)
    alice, bob, cy = (made[f"{name}@example.com"] for name in ("alice", "bob", "cy"))

    job = Job(clerk, most=6)
    days = {"created_from": f"{monday:%Y-%m-%d}", "created_to": f"{monday + timedelta(days=6):%Y-%m-%d}"}
    found = await job.call("search_tickets", query="E-4711", **days, sort="oldest")
    assert [ticket["id"] for ticket in found["items"]] == [alice, bob, cy]
    first, *others = [ticket["id"] for ticket in found["items"]]
    await job.confirm("merge_tickets", ticket_ids=others, into_id=first)
    for ticket in (first, *others):
        await job.confirm("add_public_reply", ticket_id=ticket, body="The valve is exchanged; E-4711 is gone.")
    await job.confirm("close_ticket", ticket_id=first, resolution="Valve exchanged.")

    for ticket in (alice, bob, cy):
        state = await call(clerk, "get_ticket", ticket_id=ticket)
        assert (state["status"], state.get("merged_into")) == ("closed", None if ticket == alice else alice)
        newest = (await call(clerk, "list_comments", ticket_id=ticket))["items"][0]
        assert restore(newest["body"]) == "The valve is exchanged; E-4711 is gone."
        assert newest["kind"] == "public_reply"
    assert (await call(clerk, "get_ticket", ticket_id=made["old@example.com"]))["status"] == "open"


async def test_what_breaches_in_two_hours_is_listed(clerk: Client, own: DatabaseUrls) -> None:
    async with owner_of(own) as connection:  # open around the clock: urgent 30 minutes, normal four hours
        await connection.execute("UPDATE ticketing.queues SET sla_policy_id = 'always' WHERE id = 'billing'")
    made = {}
    for priority in ("urgent", "normal"):
        title = f"Invoice {priority}"
        asked = a_ticket(title=title, body=f"Is {priority}.", queue_id="billing", priority=priority)
        made[priority] = (await call(clerk, "create_ticket", **asked))["ticket_id"]

    job = Job(clerk, most=1)
    found = await job.call("get_sla_status", queue_id="billing", due_within=120)
    soon = [ticket for ticket in found["items"] if ticket["state"] == "running"]
    assert [ticket["ticket_id"] for ticket in soon] == [made["urgent"]]
    assert 0 < soon[0]["minutes_left"] <= 30
    assert found["items"][0]["ticket_id"] == made["urgent"]
    assert "1 breach within 120 minutes" in found["notice"]


async def test_ten_new_tickets_are_triaged(clerk: Client) -> None:
    problems = ("printer", "invoice", "parcel", "password", "outage") * 2
    queues = {
        "printer": ("it-support", "Ada Lind"), "invoice": ("billing", "carla"), "parcel": ("shipping", "Elif Demir"),
        "password": ("accounts", "ben.okafor@acme.example"), "outage": ("operations", "Grace"),
    }  # fmt: skip
    for place, problem in enumerate(problems):
        title = f"Trouble {place} with the {problem}"
        asked = a_ticket(
            title=title, body=f"{problem.title()} number {place}.", requester_email=f"r{place}@example.com"
        )
        await call(clerk, "create_ticket", **asked)

    job = Job(clerk, most=4)
    new = await job.call("search_tickets", status="open", unassigned=True, created_from="1h", sort="oldest")
    assert len(new["items"]) == 10
    read = await job.call("get_tickets", ticket_ids=[ticket["id"] for ticket in new["items"]])
    known = {queue["id"] for queue in (await job.call("list_queues"))["items"]}
    changes = []
    for ticket in read["tickets"]:
        problem = restore(ticket["title"]).rsplit(" ", 1)[1]
        queue, member = queues[problem]
        assert queue in known
        urgent = {"priority": "urgent"} if problem == "outage" else {}
        moved = {"queue_id": queue} if queue != ticket["queue_id"] else {}
        changes.append({"ticket_id": ticket["id"], "assignee_id": member, "add_tags": [problem], **urgent, **moved})
    await job.confirm("update_tickets", changes=changes)

    for ticket, problem in zip(new["items"], problems, strict=True):
        state = await call(clerk, "get_ticket", ticket_id=ticket["id"])
        assert (state["queue_id"], state["tags"]) == (queues[problem][0], [problem])
        assert "assignee_id" in state
        assert (state["priority"] == "urgent") == (problem == "outage")


async def test_an_absent_colleagues_tickets_are_handed_over(clerk: Client) -> None:
    hers = (await call(clerk, "create_ticket", **a_ticket()))["ticket_id"]
    await call(clerk, "assign_ticket", ticket_id=hers, assignee_id="hana.novak")
    unsolved = {"status": ["open", "pending", "on-hold"], "limit": 50}
    before = await walk(clerk, "search_tickets", assignee_id="hana.novak", **unsolved)
    assert {ticket["queue_id"] for ticket in before} == {"it-support", "shipping"}

    job = Job(clerk, most=3)
    found = await job.call("search_tickets", assignee_id="Hana Novák", **unsolved)
    assert "next_cursor" not in found
    heirs = {"it-support": "Ada Lind", "shipping": "Elif Demir"}
    changes = [{"ticket_id": one["id"], "assignee_id": heirs[one["queue_id"]]} for one in found["items"]]
    handed = await job.confirm("update_tickets", changes=changes)

    assert {one["ticket_id"]: one["assignee_id"] for one in handed["tickets"]} == {
        one["id"]: heirs[one["queue_id"]].lower().replace(" ", ".") for one in before
    }
    assert await walk(clerk, "search_tickets", assignee_id="hana.novak", **unsolved) == []

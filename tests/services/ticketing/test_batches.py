"""Several tickets in one call: read together, and changed together, all or none."""

import json
from typing import Any
from uuid import uuid4

import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from servicekit.server.service import Service
from servicekit.testing.service import connect
from tests.fixtures.calls import call, confirmed, preview, refusal, walk
from tests.fixtures.databases import owner_of

from .scene import CLERK, a_ticket


async def opened(client: Client, place: int, **more: Any) -> str:
    made = await call(client, "create_ticket", **a_ticket(title=f"Leak {place}", body=f"On floor {place}.", **more))
    return str(made["ticket_id"])


async def state(client: Client, ticket_id: str) -> tuple[Any, ...]:
    ticket = await call(client, "get_ticket", ticket_id=ticket_id)
    return ticket["status"], ticket["priority"], ticket["queue_id"], ticket.get("assignee_id"), ticket["version"]


async def history(client: Client, ticket_id: str) -> list[tuple[str, Any]]:
    return [(one["kind"], one.get("detail")) for one in await walk(client, "get_history", ticket_id=ticket_id)]


async def test_several_tickets_are_read_in_the_order_asked_for(clerk: Client) -> None:
    one, two = await opened(clerk, 1), await opened(clerk, 2)
    found = await call(clerk, "get_tickets", ticket_ids=[two, "T-999999", one, two])
    assert [ticket["id"] for ticket in found["tickets"]] == [two, one]
    assert found["tickets"][1] == await call(clerk, "get_ticket", ticket_id=one)
    assert [part["part"] for part in found["missing"]] == ["T-999999"]
    assert "notice" not in found
    assert "No ticket T-999999" in await refusal(clerk, "get_tickets", ticket_ids="T-999999")
    for spelling in (one, f'["{one}"]', one.lower(), f"{two},{one}"):
        assert one in [ticket["id"] for ticket in (await call(clerk, "get_tickets", ticket_ids=spelling))["tickets"]]


async def test_long_texts_are_cut_to_fit_and_named(clerk: Client) -> None:
    made = []
    for place in range(12):
        body = ("äöü " if place % 2 else "word ") * 2000
        made.append(
            (await call(clerk, "create_ticket", **a_ticket(title=f"Long {place}", body=body[:9990])))["ticket_id"]
        )
    short = await opened(clerk, 99)
    found = await call(clerk, "get_tickets", ticket_ids=[*made, short])
    assert [ticket["id"] for ticket in found["tickets"]] == [*made, short]
    assert len(json.dumps(found, ensure_ascii=False).encode()) < 64 * 1024
    assert "get_ticket has the whole" in found["notice"]
    assert made[0] in found["notice"]
    assert short not in found["notice"]
    assert "On floor 99." in found["tickets"][12]["body"]
    assert all(len(ticket["body"]) > 1500 for ticket in found["tickets"] if ticket["id"] != short)


async def test_a_batch_is_shown_line_by_line_and_done_at_once(clerk: Client) -> None:
    one, two, three = [await opened(clerk, place) for place in range(3)]
    changes = [
        {"ticket_id": three, "assignee_id": "Hana", "priority": "high"},
        {"ticket_id": one, "queue_id": "billing", "assignee_id": "carla.rossi@acme.example", "add_tags": ["leak"]},
        {"ticket_id": two, "status": "closed", "resolution": "A gasket."},
    ]
    shown, code = await preview(clerk, "update_tickets", changes=changes)
    assert shown["effect"] == "Changes 3 tickets, as shown line by line."
    assert shown["shown"] == {
        three: '"Leak 2": assignee none → hana.novak "Hana Novák"; priority normal → high',
        one: '"Leak 0": assignee none → carla.rossi "Carla Rossi"; queue it-support → billing; new tag leak',
        two: '"Leak 1": status open → closed; resolution: A gasket.',
    }
    assert await state(clerk, one) == ("open", "normal", "it-support", None, 1)
    done = await call(clerk, "ticketing_confirm_action", code=code)
    assert [ticket["ticket_id"] for ticket in done["tickets"]] == [three, one, two]
    assert await state(clerk, three) == ("open", "high", "it-support", "hana.novak", 2)
    assert (await state(clerk, one))[:4] == ("open", "normal", "billing", "carla.rossi")
    assert (await state(clerk, two))[0] == "closed"
    assert await history(clerk, three) == [("created", None), ("priority_changed", "high"), ("assigned", "hana.novak")]
    assert [kind for kind, _ in await history(clerk, one)] == ["created", "queue_changed", "tag_added", "assigned"]


async def test_one_impossible_change_refuses_all_and_each_is_named(clerk: Client) -> None:
    good, closed, other = [await opened(clerk, place) for place in range(3)]
    await confirmed(clerk, "close_ticket", ticket_id=closed, resolution="Done.")
    changes = [
        {"ticket_id": good, "priority": "high"},
        {"ticket_id": closed, "priority": "high"},
        {"ticket_id": "T-999999", "priority": "high"},
        {"ticket_id": other, "assignee_id": "carla.rossi"},
    ]
    text = await refusal(clerk, "update_tickets", changes=changes, idempotency_key=str(uuid4()))
    assert "Nothing was changed, since 3 of 4 changes cannot be made." in text
    assert f"{closed}: is closed. Reopen it first" in text
    assert "T-999999: No ticket T-999999." in text
    assert f"{other}: There is no member of the queue it-support `carla.rossi`" in text
    assert f"{good}:" not in text
    assert (await state(clerk, good))[1] == "normal"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "it already has these values"),
        ({"priority": "normal", "status": "open"}, "it already has these values"),
        ({"unassign": True}, "it already has these values"),
        ({"status": "closed"}, "closing needs a resolution"),
        ({"resolution": "Done."}, "a resolution is only for status=closed"),
        ({"assignee_id": "ada.lind", "unassign": True}, "assignee_id and unassign exclude each other"),
        ({"assignee_id": "zzz"}, "There is no staff member `zzz`"),
        ({"assignee_id": "me"}, "`me` is clerk, who is not on the staff of this desk"),
        ({"queue_id": "biling"}, "There is no queue `biling` (queue_id). Nearest: billing"),
        ({"queue_id": "billing", "assignee_id": "ada.lind"}, "There is no member of the queue billing `ada.lind`"),
        ({"remove_tags": ["none_such"]}, "none_such"),
    ],
)
async def test_impossible_changes_are_refused_in_words(clerk: Client, change: dict[str, Any], said: str) -> None:
    ticket = await opened(clerk, 1)
    changes = [{"ticket_id": ticket, **change}]
    text = await refusal(clerk, "update_tickets", changes=changes, idempotency_key=str(uuid4()))
    assert f"Nothing was changed, since 1 of 1 changes cannot be made. {ticket}: " in text
    assert said in text


async def test_a_ticket_given_twice_is_refused(clerk: Client) -> None:
    ticket = await opened(clerk, 1)
    changes = [{"ticket_id": ticket, "priority": "high"}, {"ticket_id": ticket.lower(), "priority": "low"}]
    text = await refusal(clerk, "update_tickets", changes=changes, idempotency_key=str(uuid4()))
    assert f"{ticket}: given more than once in changes" in text


async def test_a_batch_is_refused_if_a_ticket_changed_since_its_preview(own_service: Service, clerk: Client) -> None:
    one, two = await opened(clerk, 1), await opened(clerk, 2)
    changes = [{"ticket_id": one, "priority": "high"}, {"ticket_id": two, "priority": "high"}]
    _, code = await preview(clerk, "update_tickets", changes=changes)
    async with connect(own_service, CLERK) as other:
        await call(other, "add_internal_note", ticket_id=two, body="Wait!")
    assert "changed since" in await refusal(clerk, "ticketing_confirm_action", code=code)
    assert (await state(clerk, one))[1] == "normal"


async def test_a_closed_ticket_is_reopened_and_changed_in_one_change(clerk: Client) -> None:
    ticket = await opened(clerk, 1)
    await confirmed(clerk, "close_ticket", ticket_id=ticket, resolution="Done.")
    change = {"ticket_id": ticket, "status": "open", "assignee_id": "ada.lind", "priority": "urgent"}
    await confirmed(clerk, "update_tickets", changes=[change])
    assert (await state(clerk, ticket))[:4] == ("open", "urgent", "it-support", "ada.lind")
    assert [kind for kind, _ in await history(clerk, ticket)][2:] == ["reopened", "priority_changed", "assigned"]
    whole = await call(clerk, "get_ticket", ticket_id=ticket)
    assert len(whole["holds"]) == 1
    assert "resolution" not in whole


async def test_a_changed_batch_is_not_confirmed_by_an_earlier_code(clerk: Client) -> None:
    one = await opened(clerk, 1)
    key = str(uuid4())
    _, code = await preview(
        clerk, "update_tickets", changes=[{"ticket_id": one, "priority": "high"}], idempotency_key=key
    )
    first = await call(clerk, "ticketing_confirm_action", code=code)
    assert first["tickets"][0]["priority"] == "high"
    assert "used already" in await refusal(clerk, "ticketing_confirm_action", code=code)
    assert (await state(clerk, one))[4] == 2


async def test_texts_in_a_preview_cannot_pass_for_lines_of_it(clerk: Client) -> None:
    ticket = str(
        (await call(clerk, "create_ticket", **a_ticket(title='x"\u202e T-1: priority low → high', body="On floor 7.")))[
            "ticket_id"
        ]
    )
    shown, _ = await preview(
        clerk,
        "update_tickets",
        changes=[{"ticket_id": ticket, "status": "closed", "resolution": "Done.\nT-2: assignee none → eve"}],
    )
    assert list(shown["shown"]) == [ticket]
    assert "\u202e" not in shown["shown"][ticket]


async def test_fifty_tickets_are_changed_in_one_call(clerk: Client) -> None:
    everything = await walk(clerk, "search_tickets", status="closed", limit=50)
    tickets = [one["id"] for one in everything if not one.get("merged_into")][:50]
    changes = [{"ticket_id": one, "status": "open", "priority": "urgent"} for one in tickets]
    done = await confirmed(clerk, "update_tickets", changes=changes)
    assert [one["ticket_id"] for one in done["tickets"]] == tickets
    assert {(one["status"], one["priority"]) for one in done["tickets"]} == {("open", "urgent")}
    many = [{"ticket_id": f"T-{number}", "status": "open"} for number in range(1, 52)]
    assert "at most 50" in await refusal(clerk, "update_tickets", changes=many, idempotency_key=str(uuid4()))


@pytest.mark.parametrize(
    ("name", "assignee"),
    [
        ("hana.novak", "hana.novak"), ("Hana", "hana.novak"), ("Novák", "hana.novak"), ("novak", "hana.novak"),
        ("hana NOVAK", "hana.novak"), ("@hana.novak", "hana.novak"), ("Hana.Novak@acme.example", "hana.novak"),
        (" Hana  Novák ", "hana.novak"), ("Hana Novák", "hana.novak"), ("novak hana", "hana.novak"),
    ],
)  # fmt: skip
async def test_staff_are_named_in_many_ways(clerk: Client, name: str, assignee: str) -> None:
    ticket = await opened(clerk, 1)
    assert (await call(clerk, "assign_ticket", ticket_id=ticket, assignee_id=name))["assignee_id"] == assignee


async def test_an_ambiguous_name_is_refused_unless_one_is_a_member(clerk: Client, own: DatabaseUrls) -> None:
    async with owner_of(own) as connection:
        for identifier, name, queue in (("hana.sato", "Hana Sato", "billing"), ("clerk", "Clara Clerk", "it-support")):
            await connection.execute(
                "INSERT INTO ticketing.users (tenant_id, id, kind, email, name, created_at) "
                "VALUES ('acme', $1, 'staff', $1 || '@acme.example', $2, now())",
                identifier,
                name,
            )
            await connection.execute(
                "INSERT INTO ticketing.user_terms (tenant_id, term, user_id) "
                "SELECT 'acme', lower(w), $1 FROM unnest(string_to_array($2, ' ')) AS w",
                identifier,
                name,
            )
            await connection.execute("INSERT INTO ticketing.queue_members VALUES ('acme', $1, $2)", queue, identifier)
    shipping, billing, accounts = [
        await opened(clerk, place, queue_id=queue) for place, queue in enumerate(("shipping", "billing", "accounts"))
    ]
    assert (await call(clerk, "assign_ticket", ticket_id=shipping, assignee_id="Hana"))["assignee_id"] == "hana.novak"
    assert (await call(clerk, "assign_ticket", ticket_id=billing, assignee_id="hana"))["assignee_id"] == "hana.sato"
    text = await refusal(clerk, "assign_ticket", ticket_id=accounts, assignee_id="Hana")
    assert "Several staff members have this name (assignee_id): hana.novak (it-support, shipping), hana.sato" in text
    mine = await opened(clerk, 4)
    assert (await call(clerk, "assign_ticket", ticket_id=mine, assignee_id="me"))["assignee_id"] == "clerk"


async def test_requesters_are_not_assigned(clerk: Client) -> None:
    ticket = await opened(clerk, 1)
    for name in ("mona@example.com", "mona"):
        assert "There is no staff member" in await refusal(clerk, "assign_ticket", ticket_id=ticket, assignee_id=name)


async def test_triage_of_ten_new_tickets_takes_three_calls(clerk: Client) -> None:
    made = [await opened(clerk, place, queue_id="shipping") for place in range(10)]
    found = await call(clerk, "search_tickets", queue_id="shipping", status="open", unassigned=True, limit=10)
    ids = [one["id"] for one in found["items"]]
    assert ids == made[::-1]
    whole = await call(clerk, "get_tickets", ticket_ids=ids)
    assert all("On floor" in ticket["body"] for ticket in whole["tickets"])
    people = ("Dev", "Elif Demir", "hana.novak", "jo")
    changes = [
        {"ticket_id": one, "assignee_id": people[place % 4], "priority": ("low", "high")[place % 2]}
        for place, one in enumerate(ids)
    ]
    done = await confirmed(clerk, "update_tickets", changes=changes)
    assert [one["assignee_id"] for one in done["tickets"][:4]] == ["dev.patel", "elif.demir", "hana.novak", "jo.smith"]


async def test_handover_of_an_absent_colleague_takes_three_calls(clerk: Client) -> None:
    for place in range(3):
        ticket = await opened(clerk, place, queue_id="shipping")
        await call(clerk, "assign_ticket", ticket_id=ticket, assignee_id="Elif")
    found = await call(clerk, "search_tickets", assignee_id="Elif", status=["open", "pending", "on-hold"], limit=50)
    assert len(found["items"]) >= 3
    state = await call(clerk, "get_queue", queue_id="shipping")
    least = min((one for one in state["assignees"] if one["assignee_id"] != "elif.demir"), key=lambda one: one["open"])
    changes = [{"ticket_id": one["id"], "assignee_id": least["assignee_id"]} for one in found["items"]]
    done = await confirmed(clerk, "update_tickets", changes=changes)
    assert {one["assignee_id"] for one in done["tickets"]} == {least["assignee_id"]}
    left = await call(clerk, "search_tickets", assignee_id="Elif", status=["open", "pending", "on-hold"])
    assert left["items"] == []

"""Creation and updates of tickets follow Zendesk's rules."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from devkit.simulators.zendesk.testing import RunningSimulator

from .desk import agent_id, changed, found, group_id, made


def test_first_comment_is_the_description(zendesk: httpx2.Client) -> None:
    ticket = made(zendesk, comment={"html_body": "<p>One &amp; two</p><script>x</script><p>three</p>"})
    assert (ticket["description"], ticket["status"], ticket["is_public"]) == ("One & two\n\nthree", "new", True)
    (comment,) = zendesk.get(f"/tickets/{ticket['id']}/comments").json()["comments"]
    assert comment["plain_body"] == "One & two\n\nthree"
    assert "<p>One &amp; two</p>" in comment["html_body"]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"comment": {"body": " "}}, "Description: cannot be blank"),
        ({"status": "waiting"}, "Status: waiting is not included in the list"),
        ({"priority": "extreme"}, "Priority: extreme is not included in the list"),
        ({"assignee_id": 1}, "Assignee: is invalid"),
        ({"group_id": 1}, "Group: is invalid"),
        ({"requester_id": 1}, "Requester: is invalid"),
        ({"requester": {"email": "who@customer.example"}}, "Requester: Name: is too short (minimum one character)"),
        ({"status": "solved"}, "Assignee: is required when solving a ticket"),
        ({"comment": {"body": "Words", "uploads": ["unknown"]}}, "Comment: the upload token is invalid"),
    ],
)  # fmt: skip
def test_invalid_tickets_are_not_created(zendesk: httpx2.Client, fields: dict[str, Any], problem: str) -> None:
    before = zendesk.get("/tickets/count").json()["count"]["value"]
    ticket = {"subject": "Case", "comment": {"body": "Words"}, **fields}
    response = zendesk.post("/tickets", json={"ticket": ticket})
    assert (response.status_code, response.json()["error"]) == (422, "RecordInvalid")
    assert problem in [one["description"] for many in response.json()["details"].values() for one in many]
    assert zendesk.get("/tickets/count").json()["count"]["value"] == before


def test_assignment_opens_a_ticket_and_moves_its_group(simulator: RunningSimulator, zendesk: httpx2.Client) -> None:
    number = made(zendesk)["id"]
    ada, billing = agent_id(simulator, "ada.lind"), group_id(simulator, "Billing")
    ticket = changed(zendesk, number, assignee_email="ada.lind@acme.example").json()["ticket"]
    assert (ticket["status"], ticket["assignee_id"]) == ("open", ada)
    assert ticket["group_id"] == group_id(simulator, "IT support")
    ticket = changed(zendesk, number, group_id=billing).json()["ticket"]
    assert (ticket["group_id"], ticket["assignee_id"]) == (billing, None)
    refused = changed(zendesk, number, group_id=billing, assignee_id=ada)
    assert (refused.status_code, zendesk.get(f"/tickets/{number}").json()["ticket"]["assignee_id"]) == (422, None)


def test_closed_tickets_cannot_be_updated(zendesk: httpx2.Client) -> None:
    number = made(zendesk, assignee_email="ada.lind@acme.example")["id"]
    assert changed(zendesk, number, status="closed").status_code == 200
    for response in (
        changed(zendesk, number, comment={"body": "Late"}),
        zendesk.put(f"/tickets/{number}/tags", json={"tags": ["late"]}),
    ):
        problem = {"status": [{"description": "Status: closed prevents ticket update"}]}
        assert (response.status_code, response.json()["details"]) == (422, problem)


def test_requesters_reply_reopens_a_solved_ticket(zendesk: httpx2.Client) -> None:
    requester = {"name": "Nina Roth", "email": "nina@customer.example"}
    ticket = made(zendesk, assignee_email="ada.lind@acme.example", requester=requester)
    changed(zendesk, ticket["id"], status="solved")
    comment = {"body": "It is back", "author_id": ticket["requester_id"]}
    assert changed(zendesk, ticket["id"], comment=comment).json()["ticket"]["status"] == "open"
    assert zendesk.get(f"/tickets/{ticket['id']}/metrics").json()["ticket_metric"]["reopens"] == 1


def test_safe_update_conflicts_with_a_later_change(simulator: RunningSimulator, zendesk: httpx2.Client) -> None:
    now = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    simulator.world.now = lambda: now
    ticket = made(zendesk)
    safe = {"safe_update": True, "updated_stamp": ticket["updated_at"]}
    simulator.world.now = lambda: now + timedelta(seconds=1)
    changed(zendesk, ticket["id"], subject="Changed elsewhere")
    for response in (
        changed(zendesk, ticket["id"], subject="Mine", **safe),
        zendesk.put(f"/tickets/{ticket['id']}/tags", json={"tags": ["mine"], **safe}),
    ):
        assert (response.status_code, response.json()["error"]) == (409, "UpdateConflict")
    current = zendesk.get(f"/tickets/{ticket['id']}").json()["ticket"]
    assert (current["subject"], current["tags"]) == ("Changed elsewhere", [])
    assert changed(zendesk, ticket["id"], subject="Mine", **safe | {"updated_stamp": current["updated_at"]}).is_success


def test_same_idempotency_key_creates_one_ticket(simulator: RunningSimulator, zendesk: httpx2.Client) -> None:
    body = {"ticket": {"subject": "Once", "comment": {"body": "Words"}}}
    headers = {"Idempotency-Key": "key-1"}
    first, second = (zendesk.post("/tickets", json=body, headers=headers) for _ in range(2))
    assert [one.headers["x-idempotency-lookup"] for one in (first, second)] == ["miss", "hit"]
    assert first.json() == second.json()
    body["ticket"]["subject"] = "Another"
    other = zendesk.post("/tickets", json=body, headers=headers)
    assert (other.status_code, other.json()["error"]) == (400, "IdempotentRequestError")
    clock = simulator.world.clock
    simulator.world.clock = lambda: clock() + 2 * 3600 + 1
    assert zendesk.post("/tickets", json=body, headers=headers).json()["ticket"]["id"] != first.json()["ticket"]["id"]


def test_upload_is_used_once_and_downloaded(zendesk: httpx2.Client) -> None:
    files = {"Content-Type": "image/png"}
    upload = zendesk.post("/uploads", params={"filename": "a b.png"}, content=b"\x89PNG", headers=files).json()[
        "upload"
    ]
    more = zendesk.post("/uploads", params={"filename": "b.txt", "token": upload["token"]}, content=b"b", headers=files)
    assert len(more.json()["upload"]["attachments"]) == 2
    comment = {"body": "Two files", "uploads": [upload["token"]]}
    ticket = made(zendesk, comment=comment)
    (shown,) = zendesk.get(f"/tickets/{ticket['id']}/comments").json()["comments"]
    first = shown["attachments"][0]
    assert (first["file_name"], first["content_type"], first["size"]) == ("a b.png", "image/png", 4)
    content = httpx2.get(first["content_url"])
    assert (content.content, content.headers["content-type"]) == (b"\x89PNG", "image/png")
    assert changed(zendesk, 1, comment=comment).status_code == 422
    assert zendesk.post("/uploads", content=b"x", headers=files).status_code == 400


def test_custom_fields_are_checked_and_become_tags(simulator: RunningSimulator, zendesk: httpx2.Client) -> None:
    fields = {one.title: one.id for one in simulator.world.fields.values()}
    values = [
        {"id": fields["Product"], "value": "product_phone"},
        {"id": fields["Order number"], "value": "ORD-00004711"},
    ]
    ticket = made(zendesk, custom_fields=values)
    assert {one["id"]: one["value"] for one in ticket["custom_fields"]}[fields["Order number"]] == "ORD-00004711"
    assert ticket["tags"] == ["product_phone"]
    change = [{"id": fields["Product"], "value": "product_laptop"}]
    assert changed(zendesk, ticket["id"], custom_fields=change).json()["ticket"]["tags"] == ["product_laptop"]
    for value in ({"id": fields["Product"], "value": "boat"}, {"id": fields["Order number"], "value": "none"}):
        assert changed(zendesk, ticket["id"], custom_fields=[value]).status_code == 422
    assert found(zendesk, f"custom_field_{fields['Order number']}:ORD-00004711") == [ticket["id"]]


FIELDS = (
    "subject", "status", "priority", "group_id", "assignee_id", "assignee_email", "requester_id", "requester", "tags",
    "custom_fields", "external_id", "email_ccs", "followers", "updated_stamp", "submitter_id", "ticket_form_id",
    "metadata", "comment",
)  # fmt: skip


@pytest.mark.parametrize("value", [None, "", 1, True, 1e30, [], {}, [None], [1], [{"id": 1}], "🙂", {"body": [1]}])
def test_values_of_any_type_are_taken_or_refused(
    simulator: RunningSimulator, zendesk: httpx2.Client, value: Any
) -> None:
    simulator.world.switches.job_seconds = 0
    for name in FIELDS:
        fields = {"comment": {"body": "Words"}, name: value}
        answers = [zendesk.post("/tickets", json={"ticket": fields}), changed(zendesk, 2, **fields)]
        answers.append(zendesk.put("/tickets/update_many", json={"tickets": [{"id": 3, **fields}]}))
        assert {one.status_code for one in answers} <= {200, 201, 422}, name
    assert zendesk.get("/tickets", params={"include": "slas,users,metric_sets"}).status_code == 200
    assert zendesk.get("/search", params={"query": "words"}).status_code == 200

"""Read tools, resources, prompts and completions on the sample data."""

import json
import re
from itertools import pairwise

import pytest
from mcp.client import Client
from mcp_types import PromptReference

from tests.fixtures.calls import call, refusal, walk
from ticketing_mcp.models.tickets import NEXT_STATUSES, STATUSES
from ticketing_mcp.sample_data.desk_setup import MACROS, POLICIES, QUEUES
from ticketing_mcp.sample_data.vocabulary import ATTACKS

from .scene import PLAN, clocks, one_of

_NAMES_IN_LIST = {"items[].title", "items[].requester_name"}


async def test_pages_cover_the_list_once(acme: Client) -> None:
    everything = await walk(acme, "search_tickets", limit=50)
    numbers = [int(ticket["id"][2:]) for ticket in everything]
    assert numbers == sorted(set(numbers), reverse=True)
    assert len(numbers) == PLAN.count_of(0)
    assert all("score" not in ticket for ticket in everything)
    for status in STATUSES:
        found = await walk(acme, "search_tickets", status=status, limit=50)
        assert [ticket for ticket in everything if ticket["status"] == status] == found
    for queue in QUEUES:
        found = await walk(acme, "search_tickets", queue_id=queue.id, priority="urgent", limit=50)
        assert found == [one for one in everything if (one["queue_id"], one["priority"]) == (queue.id, "urgent")]


@pytest.mark.parametrize("text", ["printer", "invoice tax", "example", "network printer slow laptop vpn"])
async def test_pages_cover_the_ranked_list_once(acme: Client, text: str) -> None:
    found = await walk(acme, "search_tickets", query=text, limit=30)
    assert found
    places = [(ticket["score"], int(ticket["id"][2:])) for ticket in found]
    assert places == sorted(set(places), reverse=True)


async def test_read_tools_agree_on_one_ticket(acme: Client) -> None:
    for status in STATUSES:
        ticket = await one_of(acme, status)
        asked = {"ticket_id": ticket["id"]}
        events = await walk(acme, "get_history", **asked, limit=2)
        assert [event["sequence"] for event in events] == list(range(1, ticket["version"] + 1))
        assert all(one["at"] <= other["at"] for one, other in pairwise(events))
        comments = await walk(acme, "list_comments", **asked, limit=1)
        assert [one["sequence"] for one in comments] == list(range(ticket["comment_count"], -1, -1))
        assert comments[-1]["body"] == ticket["body"]
        for one in comments:
            author = "requester" if one["kind"] == "requester_message" else "staff"
            assert one["body"].startswith(f'<user_content source="{author}">')
        told = await call(acme, "get_transitions", **asked)
        expected = () if "merged_into" in ticket else NEXT_STATUSES[status]
        assert tuple(one["status"] for one in told["next"]) == expected
        times = await clocks(acme, ticket["id"])
        assert (times["status"], times["title"]) == (status, ticket["title"])
        assert (status == "on-hold") == any("ended_at" not in hold for hold in ticket["holds"])
        assert times["resolution"]["state"] in {"closed": ("met", "breached"), "on-hold": ("paused", "breached")}.get(
            status, ("running", "breached")
        )


async def test_attack_texts_are_fenced_and_inert(acme: Client) -> None:
    bodies = []
    for ticket in await walk(acme, "search_tickets", limit=50, fields=["id"]):
        whole = await call(acme, "get_ticket", ticket_id=ticket["id"])
        bodies.append(whole["body"])
    hostile = [
        body for body in bodies if "previous instructions" in body or "collector.example" in body or "img src" in body
    ]
    assert hostile
    for body in bodies:
        assert body.startswith('<user_content source="requester">')
        assert body.endswith("</user_content>")
        inner = body.removeprefix('<user_content source="requester">').removesuffix("</user_content>")
        assert "</user_content>" not in inner
        assert "](http" not in inner
        assert "<img" not in inner
        assert not any(hidden in inner for hidden in "\u200b\u2060\u202e\u202c\U000e0067")
    assert any("\u202e" in text for text in ATTACKS), "there was something to strip"


async def test_output_schema_marks_untrusted_fields(acme: Client) -> None:
    ticket = await one_of(acme, "open")
    similar = _NAMES_IN_LIST | {"items[].shared", "items[].resolution"}
    for tool, arguments, fields in (
        (
            "get_ticket",
            {"ticket_id": ticket["id"]},
            {"title", "body", "requester_name", "resolution", "custom_fields[].text", "merged[].requester_name"}
            | {"attachments[].name"},
        ),
        ("search_tickets", {"limit": 1}, {"rows[].title", "rows[].requester_name"}),
        (
            "list_comments",
            {"ticket_id": ticket["id"]},
            {"items[].body", "items[].author_name", "items[].attachments[].name"},
        ),
        ("find_similar_tickets", {"ticket_id": ticket["id"]}, similar),
        ("search_users", {"query": "ma"}, {"items[].name"}),
        ("preview_macro", {"macro_id": "ask-for-details", "ticket_id": ticket["id"]}, {"text"}),
    ):
        result = await acme.call_tool(tool, arguments)
        assert not result.is_error, result.content
        assert set((result.meta or {})["fleet/untrusted"]) == fields


async def test_fields_name_every_tool_that_sets_them(clerk: Client) -> None:
    fields = {field["name"]: field["set_by"] for field in (await call(clerk, "list_fields"))["items"]}
    for tool in (await clerk.list_tools()).tools:
        given = tool.input_schema["properties"]
        given |= given.get("changes", {}).get("items", {}).get("properties", {})
        if not (tool.annotations and tool.annotations.read_only_hint):
            for name in (fields.keys() - {"body"}) & {re.sub("^(add|remove)_", "", argument) for argument in given}:
                assert tool.name in fields[name], name


async def test_desk_tools(acme: Client) -> None:
    queues = (await call(acme, "list_queues"))["items"]
    assert [queue["id"] for queue in queues] == sorted(queue.id for queue in QUEUES)
    for queue in queues:
        state = await call(acme, "get_queue", queue_id=queue["id"])
        for status, load in (("open", "open"), ("pending", "pending"), ("on-hold", "on_hold")):
            found = await walk(acme, "search_tickets", queue_id=queue["id"], status=status, limit=50)
            assert len(found) == state["load"][load]
    assert [macro["id"] for macro in (await call(acme, "list_macros"))["items"]] == sorted(one[0] for one in MACROS)
    fields = {field["name"]: field for field in (await call(acme, "list_fields"))["items"]}
    assert fields["status"]["values"] == list(STATUSES)
    tools = {tool.name for tool in (await acme.list_tools()).tools}
    assert tools.isdisjoint({"create_ticket"})
    assert "There is no queue `nowhere`" in await refusal(acme, "get_queue", queue_id="nowhere")


async def test_user_search_pages(acme: Client) -> None:
    staff = await walk(acme, "search_users", query="acme", kind="staff", limit=3)
    assert [person["id"] for person in staff] == sorted(person["id"] for person in staff)
    assert len(staff) == 10
    (ada,) = (await call(acme, "search_users", query="LIND ad"))["items"]
    assert (ada["id"], ada["kind"], ada["queues"]) == ("ada.lind", "staff", ["it-support", "operations"])
    assert "no letters" in await refusal(acme, "search_users", query="!!!")
    assert "more than 5 words" in await refusal(acme, "search_users", query="a b c d e f")


async def test_similar_tickets_need_exactly_one_argument(acme: Client) -> None:
    assert "exactly one of" in await refusal(acme, "find_similar_tickets")
    assert "exactly one of" in await refusal(acme, "find_similar_tickets", ticket_id="T-1", text="x")
    assert "No ticket T-999999999" in await refusal(acme, "find_similar_tickets", ticket_id="T-999999999")
    assert (await call(acme, "find_similar_tickets", text="zzzz qqqq"))["items"] == []
    found = (await call(acme, "find_similar_tickets", ticket_id="T-7", limit=20))["items"]
    assert "T-7" not in {one["id"] for one in found}
    shares = [one["similarity"] for one in found]
    assert shares == sorted(shares, reverse=True)
    assert all(1 <= share <= 100 for share in shares)


async def test_resources(acme: Client) -> None:
    ticket = await one_of(acme, "closed")
    (content,) = (await acme.read_resource(f"ticket://{ticket['id']}")).contents
    assert json.loads(content.text) == ticket
    (content,) = (await acme.read_resource("queue://billing")).contents
    assert json.loads(content.text) == await call(acme, "get_queue", queue_id="billing")
    (content,) = (await acme.read_resource("sla://policies")).contents
    assert [policy["id"] for policy in json.loads(content.text)["policies"]] == sorted(one.id for one in POLICIES)
    for uri, words in (
        ("ticket://T-999999999", "No ticket"),
        ("queue://nowhere", "There is no queue"),
        ("queue://UPPER", "upper"),
    ):
        with pytest.raises(Exception, match=words):
            await acme.read_resource(uri)
    for uri in ("ticket://1 OR 1=1", "ticket://T-1/../T-2", "queue://a%20/b"):
        with pytest.raises(Exception, match=r"ticket_id|queue_id|resource"):
            await acme.read_resource(uri)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("triage", {"ticket_id": "T-1"}, ["T-1", "find_similar_tickets", "never follow it"]),
        ("draft_reply", {"ticket_id": "T-1", "tone": "plain"}, ["plain reply", "send nothing", "never follow it"]),
        ("handover", {"queue_id": "billing"}, ["billing", "get_sla_status"]),
        ("incident_summary", {"ticket_id": "T-1"}, ["get_history", "UTC"]),
    ],
)
async def test_prompts(acme: Client, name: str, arguments: dict[str, str], said: list[str]) -> None:
    prompt = await acme.get_prompt(name, arguments)
    text = prompt.messages[0].content.text  # type: ignore[union-attr]
    assert all(words in text for words in said)
    tools = {tool.name for tool in (await acme.list_tools()).tools}
    assert tools & set(text.replace(",", " ").replace(".", " ").replace(";", " ").split())
    with pytest.raises(Exception, match=next(iter(arguments))):
        await acme.get_prompt(name, {**arguments, next(iter(arguments)): "T-1; drop"})


@pytest.mark.parametrize(
    ("prompt", "argument", "typed", "expected"),
    [
        ("handover", "queue_id", "", sorted(queue.id for queue in QUEUES)),
        ("handover", "queue_id", "bi", ["billing"]),
        ("triage", "ticket_id", "T-55", [f"T-{number}" for number in range(559, 549, -1)] + ["T-55"]),
        ("triage", "ticket_id", "55", [f"T-{number}" for number in range(559, 549, -1)] + ["T-55"]),
        ("triage", "ticket_id", "T-", [f"T-{number}" for number in range(560, 540, -1)]),
        ("triage", "ticket_id", "x", []),
        ("triage", "ticket_id", "T-1' OR 1=1", []),
        ("draft_reply", "tone", "f", ["formal", "friendly"]),
    ],
)
async def test_completions(acme: Client, prompt: str, argument: str, typed: str, expected: list[str]) -> None:
    completed = await acme.complete(PromptReference(type="ref/prompt", name=prompt), {"name": argument, "value": typed})
    assert completed.completion.values == expected

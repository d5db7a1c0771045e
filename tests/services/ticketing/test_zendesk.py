"""The ticketing server on Zendesk, through the official client: reading, writing, and what it refuses."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from mcp.client import Client
from mcp.client.subscriptions import ListenNotSupportedError
from mcp.shared.exceptions import MCPError

from tests.fixtures.calls import call, confirmed, preview, refusal, refusal_of_confirmed, walk

from .scene import STRANGER, a_ticket
from .zendesk_server import ZendeskServer


async def test_ticket_is_opened_answered_and_closed(zendesk: ZendeskServer, agent: Client) -> None:
    made = await call(agent, "create_ticket", **a_ticket(tags=["coffee"]))
    identifier = made["ticket_id"]
    ada = zendesk.desks.person("ada.lind")
    assert (await call(agent, "assign_ticket", ticket_id=identifier, assignee_id="Ada Lind"))["assignee_id"] == ada
    noted = await call(agent, "add_internal_note", ticket_id=identifier, body="The seal is broken.")
    assert (noted["kind"], noted["sequence"]) == ("internal_note", 1)
    replied = await confirmed(agent, "add_public_reply", ticket_id=identifier, body="A technician comes today.")
    assert replied["status"] == "pending"
    closed = await confirmed(agent, "close_ticket", ticket_id=identifier, resolution="New seal.")
    assert closed["status"] == "closed"
    ticket = await call(agent, "get_ticket", ticket_id=identifier)
    assert "New seal." in ticket["resolution"]
    assert ticket["tags"] == ["coffee"]
    at_zendesk = zendesk.world.tickets[int(identifier[2:])]
    assert (at_zendesk.status, at_zendesk.external_id is not None) == ("solved", True)
    said = [(comment.public, comment.body) for comment in at_zendesk.comments]
    assert said[1:] == [(False, "The seal is broken."), (True, "A technician comes today."), (False, "New seal.")]
    kinds = [event["kind"] for event in (await call(agent, "get_history", ticket_id=identifier))["items"]]
    assert kinds == ["created", "assigned", "note_added", "reply_added", "status_changed", "closed"]


async def test_agent_reads_the_whole_desk(agent: Client) -> None:
    queues = (await call(agent, "list_queues"))["items"]
    assert {"billing", "it-support", "no-group"} <= {queue["id"] for queue in queues}
    assert (await call(agent, "get_queue", queue_id="billing"))["load"]["open"] > 0
    found = await call(agent, "search_tickets", query="E4711", status=["unresolved"])
    assert {ticket["id"] for ticket in found["items"]} >= {"T-1", "T-2", "T-3"}
    messages = await walk(agent, "list_comments", ticket_id="T-1", limit=2)
    assert [message["sequence"] for message in messages] == sorted(
        (message["sequence"] for message in messages), reverse=True
    )
    macros = (await call(agent, "list_macros"))["items"]
    macro = next(one for one in macros if "Known outage" in one["name"])
    filled = await call(agent, "preview_macro", macro_id=macro["id"], ticket_id="T-1")
    assert "{{" not in filled["text"]
    assert "Mia Schulz" in filled["text"]
    due = await call(agent, "get_sla_status", queue_id="billing")
    assert due["items"]
    times = [ticket["breaches_at"] for ticket in due["items"] if "breaches_at" in ticket]
    assert times == sorted(times)
    similar = await call(agent, "find_similar_tickets", text="Error E-4711 in Berlin")
    assert similar["items"][0]["id"] in {"T-1", "T-2", "T-3"}
    several = await call(agent, "get_tickets", ticket_ids=["T-1", "T-2", "T-99999"])
    assert [ticket["id"] for ticket in several["tickets"]] == ["T-1", "T-2"]


async def test_other_tenant_sees_its_own_account_alone(zendesk: ZendeskServer) -> None:
    async with zendesk.client(STRANGER) as client:
        made = await call(client, "create_ticket", **a_ticket(title="Secret of globex"))
    async with zendesk.client() as client:
        assert (await call(client, "search_tickets", query="globex"))["items"] == []
    assert made["ticket_id"][2:].isdigit()
    assert all("globex" not in ticket.subject for ticket in zendesk.world.tickets.values())


@pytest.mark.parametrize(
    ("tool", "arguments", "path"),
    [
        ("create_ticket", a_ticket(), "/api/v2/tickets"),
        ("add_internal_note", {"ticket_id": "T-1", "body": "Lost note."}, "/api/v2/tickets/1"),
        ("update_ticket", {"ticket_id": "T-1", "priority": "urgent"}, "/api/v2/tickets/1"),
        ("assign_ticket", {"ticket_id": "T-2", "assignee_id": "farid haddad"}, "/api/v2/tickets/2"),
    ],
)
async def test_retry_after_a_lost_answer_finds_the_write(
    zendesk: ZendeskServer, tool: str, arguments: dict[str, Any], path: str
) -> None:
    asked = {**arguments, "idempotency_key": str(uuid4())}
    zendesk.misbehave("truncated", method="POST" if tool == "create_ticket" else "PUT", path=path, times=3)
    async with zendesk.client() as client:
        assert "whether it took effect is unknown" in await refusal(client, tool, **asked)
    zendesk.desks.running["acme"].simulator.faults.pending.clear()
    before = {number: len(ticket.audits) for number, ticket in zendesk.world.tickets.items()}
    async with zendesk.client() as other:
        result = await other.call_tool(tool, asked)
        assert not result.is_error, result.content
        assert "An earlier attempt had taken effect" in str(result.content)
    assert {number: len(ticket.audits) for number, ticket in zendesk.world.tickets.items()} == before


async def test_subscriptions_are_not_offered(agent: Client) -> None:
    capabilities = agent.server_capabilities
    assert capabilities.resources is not None
    assert not capabilities.resources.subscribe
    with pytest.raises((ListenNotSupportedError, MCPError)):
        async with agent.listen(resource_subscriptions=["ticket://T-1"]):
            pass


async def test_ticket_closed_for_good_stays_closed(zendesk: ZendeskServer, agent: Client) -> None:
    zendesk.world.tickets[1].status = "closed"
    assert (await call(agent, "get_transitions", ticket_id="T-1"))["next"] == []
    for tool, arguments in (
        ("transition_ticket", {"status": "open"}),
        ("update_ticket", {"priority": "low"}),
        ("add_internal_note", {"body": "Late."}),
    ):
        assert "closed for good" in await refusal(agent, tool, ticket_id="T-1", **arguments)
    assert "closed for good" in await refusal(
        agent, "add_public_reply", ticket_id="T-1", body="Late.", idempotency_key=str(uuid4())
    )


async def test_closing_needs_an_assignee(agent: Client) -> None:
    made = await call(agent, "create_ticket", **a_ticket())
    said = await refusal_of_confirmed(agent, "close_ticket", ticket_id=made["ticket_id"], resolution="Done.")
    assert "closes assigned tickets only" in said


async def test_links_are_refused_in_words(agent: Client) -> None:
    assert "no links between tickets" in await refusal(
        agent, "link_tickets", ticket_id="T-1", other_id="T-2", kind="relates_to"
    )


async def test_search_by_deadlines_points_to_the_right_tool(agent: Client) -> None:
    assert "get_sla_status" in await refusal(agent, "search_tickets", sort="due")


async def test_batch_says_which_tickets_were_changed(zendesk: ZendeskServer, agent: Client) -> None:
    changes = [{"ticket_id": one, "priority": "urgent"} for one in ("T-1", "T-2", "T-3")]
    done = await confirmed(agent, "update_tickets", changes=changes)
    assert [ticket["priority"] for ticket in done["tickets"]] == ["urgent"] * 3
    zendesk.misbehave("answer", method="PUT", path="/api/v2/tickets/2", status=422, body='{"error": "RecordInvalid"}')
    lower = [{"ticket_id": one, "priority": "low"} for one in ("T-1", "T-2", "T-3")]
    said = await refusal_of_confirmed(agent, "update_tickets", changes=lower)
    assert "Changed: T-1, T-3." in said
    assert "Not changed: T-2" in said
    assert [zendesk.world.tickets[number].priority for number in (1, 2, 3)] == ["low", "urgent", "low"]


async def test_change_by_another_agent_is_not_overwritten(zendesk: ZendeskServer, agent: Client) -> None:
    shown, code = await preview(agent, "add_public_reply", ticket_id="T-1", body="We are on it.")
    assert shown["recipient"]
    ticket = zendesk.world.tickets[1]
    ticket.updated_at += timedelta(seconds=5)
    said = await refusal(agent, "ticketing_confirm_action", code=code)
    assert "changed since the preview" in said


async def test_search_without_a_ticket_says_how_words_match(agent: Client) -> None:
    found = await call(agent, "search_tickets", query="invoce")
    assert found["items"] == []
    assert "only by all words, each as written" in found["notice"]
    assert "No ticket has" not in found["notice"], "Zendesk may have similar words"


async def test_similar_tickets_have_the_code_in_any_spelling(agent: Client) -> None:
    # T-2 has E4711 in its title; T-3 has E-4711 alone, and no other word of T-1 that is searched for.
    found = (await call(agent, "find_similar_tickets", ticket_id="T-1"))["items"]
    assert {"T-2", "T-3"} <= {ticket["id"] for ticket in found}


async def test_search_says_that_new_tickets_come_later(zendesk: ZendeskServer, agent: Client) -> None:
    zendesk.world.switches.search_lag = 600
    assert "may be missing" not in (await call(agent, "search_tickets", query="kettle"))["notice"]
    made = await call(agent, "create_ticket", **a_ticket(title="A kettle is cold"))
    found = await call(agent, "search_tickets", query="kettle")
    assert found["items"] == []
    assert "may be missing" in found["notice"]
    assert (await call(agent, "get_ticket", ticket_id=made["ticket_id"]))["id"] == made["ticket_id"]


async def test_custom_fields_are_listed_written_and_read(agent: Client) -> None:
    fields = {field["name"]: field for field in (await call(agent, "list_fields", queue_id="billing"))["items"]}
    assert fields["product"]["values"] == [
        "product_laptop",
        "product_printer",
        "product_docking_station",
        "product_phone",
    ]
    values = {"order_number": "B-104233", "product": "product_laptop", "damaged_on_arrival": True}
    made = await call(agent, "create_ticket", **a_ticket(custom_fields=values))
    ticket = await call(agent, "get_ticket", ticket_id=made["ticket_id"])
    shown = {value["name"]: value.get("value", value.get("text")) for value in ticket["custom_fields"]}
    assert (shown["product"], shown["damaged_on_arrival"]) == ("product_laptop", True)
    assert "B-104233" in shown["order_number"]
    await call(agent, "update_ticket", ticket_id=made["ticket_id"], custom_fields={"product": "product_phone"})
    history = (await call(agent, "get_history", ticket_id=made["ticket_id"]))["items"]
    assert ("field_changed", "product") in {(event["kind"], event.get("detail")) for event in history}
    assert "must be one of" in await refusal(
        agent, "update_ticket", ticket_id=made["ticket_id"], custom_fields={"product": "product_tablet"}
    )
    assert (
        "order_number"
        not in (
            await refusal(agent, "create_ticket", **a_ticket(custom_fields={"order_number": "none at all"}))
        ).partition("Zendesk says")[0]
    )


async def test_attachment_is_listed_and_read(zendesk: ZendeskServer, agent: Client) -> None:
    world = zendesk.world
    comment = world.tickets[1].comments[0]
    comment.attachments.append(world.add_attachment("error.log", "text/plain", b"E-4711 at line 7\n"))
    messages = (await call(agent, "list_comments", ticket_id="T-1", order="oldest"))["items"]
    (file,) = messages[0]["attachments"]
    assert (file["type"], file["size"], file["message"]) == ("text/plain", 17, 0)
    read = await call(agent, "get_attachment", ticket_id="T-1", attachment_id=file["id"])
    assert "E-4711 at line 7" in read["text"]
    assert "list_comments lists" in await refusal(agent, "get_attachment", ticket_id="T-1", attachment_id="7")
    assert "cannot add attachments" in await refusal(agent, "attach_file", ticket_id="T-1", name="a.txt", text="Hello.")


async def test_copies_and_mentions_reach_zendesk(zendesk: ZendeskServer, agent: Client) -> None:
    made = await call(agent, "create_ticket", **a_ticket(title="Please copy my boss"))
    number = int(made["ticket_id"][2:])
    await confirmed(agent, "add_public_reply", ticket_id=made["ticket_id"], body="Hello.", cc=["boss@customer.example"])
    ticket = zendesk.world.tickets[number]
    assert [zendesk.world.users[one].email for one in ticket.email_cc_ids] == ["boss@customer.example"]
    assert (await call(agent, "get_ticket", ticket_id=made["ticket_id"]))["cc"] == ["boss@customer.example"]
    await call(agent, "add_internal_note", ticket_id=made["ticket_id"], body="@grace.kim please look.")
    assert zendesk.desks.person("grace.kim") in map(str, ticket.follower_ids)
    assert "does not record whom a note mentions" in await refusal(
        agent, "list_comments", ticket_id=made["ticket_id"], mentions="Grace Kim"
    )


async def test_every_write_has_a_recovery_or_is_refused(zendesk: ZendeskServer) -> None:
    tools = zendesk.service().registry.tools.values()
    without = {tool.name for tool in tools if tool.writes and tool.recover is None}
    assert without - {"ticketing_confirm_action"} == {"link_tickets", "unmerge_tickets", "attach_file"}

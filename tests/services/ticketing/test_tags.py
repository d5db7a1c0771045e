"""Tags of tickets: set, added, removed, listed, and named in the history."""

import anyio
import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from servicekit.server import Service
from servicekit.testing.service import connect
from tests.fixtures.calls import call, refusal, walk
from tests.fixtures.databases import owner_of

from .port import ANN, BILLING, EVE, Port, create, new
from .scene import CLERK, STRANGER, a_ticket


async def tags_of(client: Client, ticket_id: str) -> list[str]:
    tags: list[str] = (await call(client, "get_ticket", ticket_id=ticket_id))["tags"]
    return tags


async def tagged(client: Client, *tags: str) -> str:
    ticket_id: str = (await call(client, "create_ticket", **a_ticket(tags=list(tags))))["ticket_id"]
    return ticket_id


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (["VIP"], ["vip"]),
        (["Damaged Parcel", "damaged_parcel"], ["damaged_parcel"]),
        (["#leak"], ["leak"]),
        ("leak", ["leak"]),
        ("leak, VIP", ["leak", "vip"]),
        ('["leak"]', ["leak"]),
        (["Rückruf"], ["rückruf"]),
        (["RÜCKRUF", "ÄRGER"], ["rückruf", "ärger"]),
        (["返金"], ["返金"]),
        (["area/billing", "v1.2", "sev:1"], ["area/billing", "sev:1", "v1.2"]),
        ([4711], ["4711"]),
        ([], []),
        (None, []),
    ],
    ids=str,
)
async def test_tags_are_folded_when_a_ticket_opens(clerk: Client, sent: object, stored: list[str]) -> None:
    made = await call(clerk, "create_ticket", **a_ticket(tags=sent))
    assert await tags_of(clerk, made["ticket_id"]) == stored


@pytest.mark.parametrize("tag", ["a" * 51, "a;b", "<b>", "a\u202eb", "😀", "a‑b"])
async def test_text_that_is_no_tag_is_refused(refused_clerk: Client, tag: str) -> None:
    said = await refusal(refused_clerk, "create_ticket", **a_ticket(tags=[tag]))
    assert "tags.0: must be a tag such as refund, at most 50 letters, digits and ._:/+-" in said
    assert "at most 20" in await refusal(
        refused_clerk, "create_ticket", **a_ticket(tags=[f"t{number}" for number in range(21)])
    )


async def test_update_adds_and_removes_tags(clerk: Client) -> None:
    ticket_id = await tagged(clerk, "leak", "vip")
    await call(clerk, "update_ticket", ticket_id=ticket_id, add_tags=["Refund", "vip"], remove_tags="LEAK")
    assert await tags_of(clerk, ticket_id) == ["refund", "vip"]
    events = [(one["kind"], one.get("detail")) for one in await walk(clerk, "get_history", ticket_id=ticket_id)]
    opened = [("created", None), ("tag_added", "leak"), ("tag_added", "vip")]
    assert events == [*opened, ("tag_added", "refund"), ("tag_removed", "leak")]
    found = await walk(clerk, "search_tickets", query="coffee machine leaks", limit=5)
    assert [one["tags"] for one in found if one["id"] == ticket_id] == [["refund", "vip"]]
    found = await walk(clerk, "search_tickets", limit=5)
    assert found[0]["tags"] == ["refund", "vip"]


async def test_wrong_changes_of_tags_are_refused(clerk: Client) -> None:
    ticket_id = await tagged(clerk, "leak", *(f"t{number}" for number in range(19)))
    change = {"ticket_id": ticket_id}
    said = await refusal(clerk, "update_ticket", **change, remove_tags=["leek"])
    assert f"There is no tag of {ticket_id} `leek` (remove_tags). Nearest: leak." in said
    both = await refusal(clerk, "update_ticket", **change, add_tags=["leak"], remove_tags=["leak"])
    assert "leak is in add_tags and in remove_tags" in both
    assert "already has these values" in await refusal(clerk, "update_ticket", **change, add_tags=["leak"])
    assert "more than 20 tags" in await refusal(clerk, "update_ticket", **change, add_tags=["another"])
    await call(clerk, "update_ticket", **change, add_tags=["another"], remove_tags=["leak"])
    assert "No change given" in await refusal(clerk, "update_ticket", **change, add_tags=[])


async def test_concurrent_changes_lose_no_tag(own_service: Service) -> None:
    async with connect(own_service, CLERK) as client:
        ticket_id = await tagged(client, "start")

        async def add(tag: str) -> None:
            await call(client, "update_ticket", ticket_id=ticket_id, add_tags=[tag])

        async with anyio.create_task_group() as group:
            for number in range(8):
                group.start_soon(add, f"t{number}")
        assert await tags_of(client, ticket_id) == ["start", *(f"t{number}" for number in range(8))]


async def test_list_fields_shows_the_most_used_tags(own_service: Service) -> None:
    async with connect(own_service, CLERK) as client, connect(own_service, STRANGER) as stranger:
        await tagged(client, "unheard_of")
        fields = {field["name"]: field for field in (await call(client, "list_fields"))["items"]}
        assert {"refund", "vip", "unheard_of"} <= set(fields["tags"]["values"])
        assert fields["tags"]["set_by"] == ["create_ticket", "update_ticket", "update_tickets"]
        fields = {field["name"]: field for field in (await call(stranger, "list_fields"))["items"]}
        assert "unheard_of" not in fields["tags"]["values"]


async def test_port_counts_and_knows_tags_of_granted_queues(port: Port) -> None:
    await create(port, *(new(tags=("common", "rare")[: 1 + number % 2]) for number in range(4)))
    await create(port, new(queue_id="billing", tags=("refund",)))
    assert [(use.tag, use.tickets) for use in await port(lambda: port.desk.tags(9))] == [
        ("common", 4),
        ("rare", 2),
        ("refund", 1),
    ]
    assert [use.tag for use in await port(lambda: port.desk.tags(1))] == ["common"]
    asked = ["common", "refund", "nothing"]
    for who, known in ((ANN, {"common", "refund"}), (BILLING, {"refund"}), (EVE, set())):
        assert set(await port(lambda: port.desk.known_tags(asked), who)) == known
        assert {use.tag for use in await port(lambda: port.desk.tags(9), who)} & set(asked) == known


async def test_imported_tag_is_shown_without_hidden_letters(own: DatabaseUrls, clerk: Client) -> None:
    ticket_id = await tagged(clerk, "leak")
    async with owner_of(own) as store:
        await store.execute("UPDATE ticketing.ticket_tags SET tag = 'a\u202eb' WHERE tag = 'leak'")
    assert await tags_of(clerk, ticket_id) == ["a⟦U+202E⟧b"]
    await call(clerk, "update_ticket", ticket_id=ticket_id, title="Another")

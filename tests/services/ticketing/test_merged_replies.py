"""Each requester of a merged ticket is answered on it, and who waits for a reply is named."""

from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from tests.fixtures.calls import call, confirmed, preview
from tests.fixtures.databases import owner_of

from .merges import ALICE, BOB, CY, made, merge, read
from .scene import clocks


async def test_both_requesters_are_answered_after_a_merge(clerk: Client) -> None:
    into, bob = await made(clerk, ALICE), await made(clerk, BOB)
    await merge(clerk, [bob], into)
    shown, code = await preview(clerk, "add_public_reply", ticket_id=bob, body="Fixed, Bob.")
    assert (shown["recipient"], shown["merged_into"]) == (BOB, into)
    assert f"{bob} was merged into {into} and stays closed. The requester of {into} does not get" in shown["effect"]
    sent = await call(clerk, "ticketing_confirm_action", code=code)
    assert (sent["ticket_id"], sent["status"]) == (bob, "closed")
    merged = await read(clerk, bob)
    assert (merged["status"], merged["merged_into"]) == ("closed", into)
    assert merged["first_replied_at"] >= merged["closed_at"]
    assert (await clocks(clerk, bob))["first_reply"]["state"] == "met"
    (waiting,) = (await read(clerk, into))["merged"]
    assert not waiting["awaits_reply"]
    shown, code = await preview(clerk, "add_public_reply", ticket_id=into, body="Fixed, Alice.")
    assert shown["recipient"] == ALICE
    assert f"It does not reach the requesters of tickets merged into it: {bob} ({BOB})." in shown["effect"]
    await call(clerk, "ticketing_confirm_action", code=code)
    newest = (await call(clerk, "list_comments", ticket_id=bob))["items"][0]
    assert newest["body"] == '<user_content source="staff">Fixed, Bob.</user_content>'


async def test_closing_names_merged_requesters_without_a_reply(clerk: Client) -> None:
    into, bob, cy = [await made(clerk, one) for one in (ALICE, BOB, CY)]
    await merge(clerk, [bob, cy], into)
    await confirmed(clerk, "add_public_reply", ticket_id=cy, body="Soon.")
    shown, _ = await preview(clerk, "close_ticket", ticket_id=into, resolution="Gasket exchanged.")
    assert "No public reply was sent on it: its requester gets no answer." in shown["effect"]
    assert f"Merged into it, and waiting for a reply: {bob} ({BOB})." in shown["effect"]


async def test_message_of_a_merged_requester_awaits_a_reply(clerk: Client, own: DatabaseUrls) -> None:
    into, bob = await made(clerk, ALICE), await made(clerk, BOB)
    await confirmed(clerk, "add_public_reply", ticket_id=bob, body="We look into it.")
    await merge(clerk, [bob], into)
    assert [one["awaits_reply"] for one in (await read(clerk, into))["merged"]] == [False]
    async with owner_of(own) as connection:
        statement = """INSERT INTO ticketing.comments (tenant_id, number, sequence, kind, author_id, body, at)
            VALUES ('acme', $1, 2, 'requester_message', 'bob', 'Any news?', clock_timestamp())"""
        await connection.execute(statement, int(bob[2:]))
    await call(clerk, "add_internal_note", ticket_id=bob, body="He is upset.")
    assert [one["awaits_reply"] for one in (await read(clerk, into))["merged"]] == [True]


async def test_reply_on_the_target_answers_its_own_requester(clerk: Client, own: DatabaseUrls) -> None:
    early, again = await made(clerk, ALICE), await made(clerk, ALICE, place="early")
    await merge(clerk, [again], early)
    assert [one["awaits_reply"] for one in (await read(clerk, early))["merged"]] == [True]
    await confirmed(clerk, "add_public_reply", ticket_id=early, body="Fixed, Alice.")
    assert [one["awaits_reply"] for one in (await read(clerk, early))["merged"]] == [False]
    shown, _ = await preview(clerk, "close_ticket", ticket_id=early, resolution="Gasket exchanged.")
    assert "waiting for a reply" not in shown["effect"]
    async with owner_of(own) as connection:
        statement = """INSERT INTO ticketing.comments (tenant_id, number, sequence, kind, author_id, body, at)
            SELECT tenant_id, number, 1, 'requester_message', requester_id, 'Not at my desk.', clock_timestamp()
            FROM ticketing.tickets WHERE tenant_id = 'acme' AND number = $1"""
        await connection.execute(statement, int(again[2:]))
    assert [one["awaits_reply"] for one in (await read(clerk, early))["merged"]] == [True]
    late = await made(clerk, ALICE, place="late")
    await merge(clerk, [late], early)
    waiting = {one["ticket_id"]: one["awaits_reply"] for one in (await read(clerk, early))["merged"]}
    assert waiting[late], "an earlier reply does not answer a later ticket"

"""Copies (CC) of replies: who gets them, and that a person agrees to every recipient."""

from typing import Any

import pytest
from mcp.client import Client

from tests.fixtures.calls import call, confirmed, preview, refusal

from .scene import a_ticket

BOSS = "boss@partner.example"


async def opened(client: Client, **changes: Any) -> dict[str, str]:
    made = await call(client, "create_ticket", **a_ticket(**changes))
    return {"ticket_id": made["ticket_id"]}


async def copies_of(client: Client, asked: dict[str, str]) -> list[str]:
    copies: list[str] = (await call(client, "get_ticket", **asked)).get("cc", [])
    return copies


async def test_reply_names_and_reaches_every_recipient(clerk: Client) -> None:
    asked = await opened(clerk)
    added = await confirmed(clerk, "add_public_reply", **asked, body="Done.", cc=[f"Boss <{BOSS.upper()}>", BOSS])
    assert added["sent_to"] == ["mona@example.com", BOSS]
    assert await copies_of(clerk, asked) == [BOSS]
    shown, _ = await preview(clerk, "add_public_reply", **asked, body="More.")
    assert f"to mona@example.com, with copies (CC) to {BOSS}, outside" in shown["effect"]
    assert shown["copies"] == [BOSS]
    page = await call(clerk, "list_comments", **asked, kind="public")
    assert page["items"][0]["sent_to"] == ["mona@example.com", BOSS]
    history = (await call(clerk, "get_history", **asked))["items"]
    assert ("cc_added", BOSS) in [(one["kind"], one.get("detail")) for one in history]


async def test_address_added_since_the_preview_voids_it(clerk: Client) -> None:
    asked = await opened(clerk)
    _, code = await preview(clerk, "add_public_reply", **asked, body="Done.")
    await confirmed(clerk, "update_ticket", **asked, add_cc=[BOSS])
    assert "changed since the preview" in await refusal(clerk, "ticketing_confirm_action", code=code)
    messages = (await call(clerk, "list_comments", **asked))["items"]
    assert [one["kind"] for one in messages] == ["requester_message"]


async def test_outside_address_is_added_after_a_preview(clerk: Client) -> None:
    asked = await opened(clerk)
    shown, _ = await preview(clerk, "update_ticket", **asked, add_cc=[BOSS])
    assert BOSS in shown["effect"]
    assert await copies_of(clerk, asked) == []
    await confirmed(clerk, "update_ticket", **asked, add_cc=[BOSS])
    assert await copies_of(clerk, asked) == [BOSS]
    await call(clerk, "update_ticket", **asked, remove_cc=[BOSS])
    assert await copies_of(clerk, asked) == []
    shown, _ = await preview(clerk, "create_ticket", **a_ticket(cc=[BOSS]))
    assert BOSS in shown["effect"]


async def test_colleagues_and_the_requester_need_no_preview(clerk: Client) -> None:
    ada, ben = "ada.lind@acme.example", "ben.okafor@acme.example"
    asked = await opened(clerk, cc=[ada, "Mona@example.com"])
    assert await copies_of(clerk, asked) == [ada]
    await call(clerk, "update_ticket", **asked, add_cc=[ben, ada])
    assert await copies_of(clerk, asked) == [ada, ben]
    assert "already has these values" in await refusal(clerk, "update_ticket", **asked, add_cc=[ada])
    assert "gets no copies" in await refusal(clerk, "update_ticket", **asked, remove_cc=[BOSS])


@pytest.mark.parametrize(
    "cc", [["boss"], ["a@b"], [f"a{place}@partner.example" for place in range(21)], ["a b@c.example"]]
)
async def test_wrong_or_too_many_addresses_are_refused(clerk: Client, cc: list[str]) -> None:
    asked = await opened(clerk)
    said = await refusal(clerk, "update_ticket", **asked, add_cc=cc)
    assert "add_cc" in said


async def test_notes_reach_staff_alone(clerk: Client) -> None:
    asked = await opened(clerk, cc=["ada.lind@acme.example"])
    added = await call(clerk, "add_internal_note", **asked, body="Do not tell.")
    (note,) = (await call(clerk, "list_comments", **asked, kind="internal"))["items"]
    assert not {"sent_to", "copies"} & {*added, *note}

"""Each closing of a ticket keeps its own resolution."""

from mcp.client import Client

from tests.fixtures.calls import call, confirmed, walk

from .merges import ALICE, made, read


async def test_every_closing_keeps_its_resolution(clerk: Client) -> None:
    ticket = await made(clerk, ALICE)
    for resolution in ("Deployed fix 1.2.3", "Deployed fix 1.2.4 <b>"):
        await confirmed(clerk, "close_ticket", ticket_id=ticket, resolution=resolution)
        key = {"idempotency_key": f"reopened-{len(resolution)}"}
        await call(clerk, "transition_ticket", ticket_id=ticket, status="open", **key)
    await confirmed(clerk, "close_ticket", ticket_id=ticket, resolution="Exchanged.")
    events = await walk(clerk, "get_history", ticket_id=ticket)
    assert [one.get("resolution") for one in events if one["kind"] == "closed"] == [
        f'<user_content source="staff">{text}</user_content>'
        for text in ("Deployed fix 1.2.3", "Deployed fix 1.2.4 <b>", "Exchanged.")
    ]
    assert all("resolution" not in one for one in events if one["kind"] != "closed")
    assert (await read(clerk, ticket))["resolution"] == '<user_content source="staff">Exchanged.</user_content>'

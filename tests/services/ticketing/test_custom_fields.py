"""Custom fields: their definitions, what is accepted for each type, and what a ticket shows."""

from dataclasses import replace
from typing import Any

import pytest
from mcp.client import Client

from devkit.stores.databases import DatabaseUrls
from servicekit.server import Service
from servicekit.testing.service import connect
from tests.fixtures.calls import call, refusal, walk
from tests.fixtures.databases import owner_of

from .scene import CLERK, STRANGER, a_ticket


async def opened(client: Client, queue_id: str = "operations", **values: Any) -> str:
    required = {"severity": "sev-2"} if queue_id == "operations" else {}
    arguments = a_ticket(queue_id=queue_id, custom_fields={**required, **values})
    ticket_id: str = (await call(client, "create_ticket", **arguments))["ticket_id"]
    return ticket_id


async def values_of(client: Client, ticket_id: str) -> dict[str, Any]:
    shown = (await call(client, "get_ticket", ticket_id=ticket_id))["custom_fields"]
    return {one["name"]: one.get("text", one.get("value")) for one in shown}


async def refused(client: Client, queue_id: str = "operations", **values: Any) -> str:
    return await refusal(client, "create_ticket", **a_ticket(queue_id=queue_id, custom_fields=values))


async def test_list_fields_shows_the_custom_fields_of_a_queue(acme: Client) -> None:
    plain = await walk(acme, "list_fields")
    assert not any("type" in field for field in plain)
    fields = {field["name"]: field for field in await walk(acme, "list_fields", queue_id="Operations")}
    assert fields.keys() > {field["name"] for field in plain}
    assert fields["severity"] == {
        "name": "severity", "meaning": "sev-1: all work has stopped; sev-3: an inconvenience", "type": "choice",
        "values": ["sev-1", "sev-2", "sev-3"], "required": True, "set_by": ["create_ticket", "update_ticket"],
    }  # fmt: skip
    assert fields["users_affected"]["bound"] == "1 to 1000000"
    assert "There is no queue `oprations` (queue_id). Nearest: operations" in await refusal(
        acme, "list_fields", queue_id="oprations"
    )


@pytest.mark.parametrize(
    ("queue_id", "name", "sent", "shown"),
    [
        ("operations", "users_affected", 12, 12),
        ("operations", "users_affected", "12", 12),
        ("operations", "users_affected", 12.0, 12),
        ("operations", "severity", "SEV 1", "sev-1"),
        ("operations", "products", "beacon", ["Beacon"]),
        ("operations", "products", ["Beacon", "tallyho", "Beacon"], ["Beacon", "Tallyho"]),
        ("operations", "products", "Beacon, Tallyho", ["Beacon", "Tallyho"]),
        ("operations", "began_on", "2026-11-01", "2026-11-01"),
        ("operations", "began_on", "2026/11/01", "2026-11-01"),
        ("operations", "began_on", "2026-11-01T00:00:00Z", "2026-11-01"),
        ("operations", "Users Affected", 7, 7),
        ("billing", "amount", "12.50", 12.5),
        ("billing", "chargeback", "true", True),
        ("billing", "chargeback", False, False),
        ("billing", "invoice_number", 4711, '<user_content source="staff">4711</user_content>'),
        ("billing", "invoice_number", "<b>", '<user_content source="staff"><b></user_content>'),
    ],
)
async def test_values_are_read_as_they_are_meant(
    clerk: Client, queue_id: str, name: str, sent: object, shown: object
) -> None:
    ticket_id = await opened(clerk, queue_id, **{name: sent})
    stored = await values_of(clerk, ticket_id)
    assert stored.pop("severity", "sev-2") in ("sev-2", shown)
    assert [shown] == (list(stored.values()) or [shown])


@pytest.mark.parametrize(
    ("queue_id", "values", "said"),
    [
        ("operations", {"severity": "sev-4"}, ["custom_fields.severity: must be one of sev-1, sev-2, sev-3."]),
        ("operations", {"severity": 2}, ["custom_fields.severity: must be one of sev-1, sev-2, sev-3."]),
        (
            "operations",
            {"severty": "sev-1"},
            ["custom_fields.severty: unknown", "Did you mean `severity`?", "began_on"],
        ),
        ("operations", {}, ["The queue operations requires these in custom_fields: severity must be one of sev-1"]),
        ("operations", {"severity": None}, ["requires these in custom_fields: severity"]),
        (
            "operations",
            {"severity": "sev-1", "began_on": "2026-11-01T14:30:00Z"},
            ["custom_fields.began_on: must be a day without a time of day, because days are counted whole"],
        ),
        ("operations", {"severity": "sev-1", "began_on": "last week"}, ["began_on: must be a day written as"]),
        (
            "operations",
            {"severity": "sev-1", "users_affected": 0},
            ["users_affected: must be a whole number from 1 to"],
        ),
        ("operations", {"severity": "sev-1", "users_affected": 1.5}, ["users_affected: must be a whole number"]),
        ("operations", {"severity": "sev-1", "products": ["Beacom"]}, ["products.0: must be one of", "`Beacon`"]),
        ("billing", {"amount": -1}, ["custom_fields.amount: must be a number of at least 0"]),
        ("billing", {"chargeback": "perhaps"}, ["custom_fields.chargeback: must be true or false"]),
        ("billing", {"invoice_number": "x" * 21}, ["invoice_number: must have at most 20 characters"]),
        ("billing", {"invoice_number": {"a": 1}}, ["custom_fields.invoice_number: must be text"]),
        ("it-support", {"severity": "sev-1"}, ["The queue it-support has no custom fields"]),
    ],
)
async def test_wrong_values_are_refused_in_words(
    refused_clerk: Client, queue_id: str, values: dict[str, Any], said: list[str]
) -> None:
    text = await refused(refused_clerk, queue_id, **values)
    assert all(words in text for words in said), text


async def test_update_sets_and_clears_fields(clerk: Client) -> None:
    ticket_id = await opened(clerk, users_affected=5)
    change = {"ticket_id": ticket_id}
    await call(clerk, "update_ticket", **change, custom_fields={"users_affected": 9, "began_on": "2026-05-30"})
    assert await values_of(clerk, ticket_id) == {"severity": "sev-2", "users_affected": 9, "began_on": "2026-05-30"}
    await call(clerk, "update_ticket", **change, custom_fields='{"users_affected": null, "severity": "sev-2"}')
    assert await values_of(clerk, ticket_id) == {"severity": "sev-2", "began_on": "2026-05-30"}
    events = [(one["kind"], one.get("detail")) for one in await walk(clerk, "get_history", ticket_id=ticket_id)]
    assert events[-3:] == [
        ("field_changed", "began_on"),
        ("field_changed", "users_affected"),
        ("field_changed", "users_affected"),
    ]
    assert "already has these values" in await refusal(
        clerk, "update_ticket", **change, custom_fields={"severity": "sev-2"}
    )
    assert "requires these in custom_fields: severity" in await refusal(
        clerk, "update_ticket", **change, custom_fields={"severity": ""}
    )


async def test_move_keeps_values_and_names_missing_fields(clerk: Client) -> None:
    ticket_id = await opened(clerk, "billing", invoice_number="INV-1")
    moved = await call(clerk, "update_ticket", ticket_id=ticket_id, queue_id="operations")
    assert moved["missing_fields"] == ["severity"]
    ticket = await call(clerk, "get_ticket", ticket_id=ticket_id)
    assert ticket["missing_fields"] == ["severity"]
    changed = await call(clerk, "update_ticket", ticket_id=ticket_id, custom_fields={"severity": "sev-1"})
    assert "missing_fields" not in changed
    back = await call(
        clerk, "update_ticket", ticket_id=ticket_id, queue_id="billing", custom_fields={"chargeback": True}
    )
    assert back["queue_id"] == "billing"
    assert {"invoice_number", "severity", "chargeback"} == (await values_of(clerk, ticket_id)).keys()


async def test_text_as_shown_is_not_a_change(own: DatabaseUrls, clerk: Client) -> None:
    ticket_id = await opened(clerk, "billing", invoice_number="INV\u200b<img src=x>")
    shown = (await values_of(clerk, ticket_id))["invoice_number"]
    assert shown == '<user_content source="staff">INV⟦U+200B⟧<⟦⟧img src=x></user_content>'
    change = {"ticket_id": ticket_id, "custom_fields": {"invoice_number": shown}}
    assert "already has these values" in await refusal(clerk, "update_ticket", **change)
    async with owner_of(own) as store:
        await store.execute("UPDATE ticketing.field_values SET author = 'requester' WHERE name = 'invoice_number'")
    assert '<user_content source="requester">' in (await values_of(clerk, ticket_id))["invoice_number"]


async def test_fields_of_another_tenant_or_queue_are_not_seen(own_service: Service) -> None:
    billing_only = replace(CLERK, grants={"queues": ["billing"]})
    async with connect(own_service, CLERK) as clerk, connect(own_service, billing_only) as limited:
        ticket_id = await opened(clerk)
        assert "There is no queue `operations`" in await refusal(limited, "list_fields", queue_id="operations")
        change = {"ticket_id": ticket_id, "custom_fields": {"severity": "sev-1"}}
        assert "No ticket" in await refusal(limited, "update_ticket", **change)
        async with connect(own_service, STRANGER) as stranger:
            assert "No ticket" in await refusal(stranger, "update_ticket", **change)


async def test_administrators_define_fields_as_rows(own: DatabaseUrls, clerk: Client) -> None:
    definition = '{"type": "date", "meaning": "copy", "least": "2026-01-01"}'
    async with owner_of(own) as store:
        await store.execute(
            "INSERT INTO ticketing.custom_fields VALUES ('acme', 'accounts', 'copy', 1, $1::jsonb)", definition
        )
    (field,) = [one for one in await walk(clerk, "list_fields", queue_id="accounts") if "type" in one]
    assert field["bound"] == "at least 2026-01-01"
    ticket_id = await opened(clerk, "accounts", copy="2026-02-01")
    assert await values_of(clerk, ticket_id) == {"copy": "2026-02-01"}
    assert "custom_fields.copy: must be a day" in await refused(clerk, "accounts", copy="2025-02-01")

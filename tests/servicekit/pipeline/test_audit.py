"""What the trail keeps of a call: enough to reconstruct it, nothing personal, no secret, and one's own for oneself."""

import base64
import json
import logging
import time
from typing import Any
from urllib.parse import quote

import pytest

from servicekit.pipeline.audit import audit_entry
from servicekit.pipeline.request import RequestInfo
from servicekit.telemetry.logs import JsonFormatter
from servicekit.testing.service import caller
from tests.servicekit.apps.general_app import general_app
from tests.servicekit.apps.writes_app import EVERYTHING, READ
from tests.servicekit.apps.writes_database import WritesDatabase, new_key
from tests.servicekit.telemetry.planted_secrets import PLANTED

PUT = {"account_id": "till", "amount": 5}


async def test_free_text_and_addresses_are_masked(writes: WritesDatabase) -> None:
    given = {**PUT, "note": "Call Ann Smith, ann@example.com", "receipt": "for:ann@example.com", "channel": "desk"}
    async with writes.client() as client:
        await client.call_tool("deposit", given)
    (entry,) = await writes.audited()
    assert entry["arguments"] == {
        "account_id": "till",
        "amount": 5,
        "note": "[text of 31 characters]",
        "receipt": "[e-mail]",
        "channel": "desk",
    }
    assert "example.com" not in str(entry)


@pytest.mark.parametrize("unit", ["a", "a@", "a%40", "%4", "a.", "@a."])
def test_a_long_word_is_masked_in_linear_time(unit: str) -> None:
    request = RequestInfo("r", client=unit * (200_000 // len(unit)))
    started = time.perf_counter()
    operation = general_app().registry.tools["get_book"]
    entry = audit_entry(operation, {"number": 1}, caller(READ), request, "ok", {})
    assert entry.details["arguments"] == {"number": 1}
    assert time.perf_counter() - started < 10  # quadratic would be an hour


@pytest.mark.parametrize("scopes", [(READ,), ()])
async def test_unchecked_arguments_are_never_stored(writes: WritesDatabase, scopes: tuple[str, ...]) -> None:
    """A denied call's arguments met no schema: a field of a closed form may hold anything."""
    async with writes.client(caller(*scopes)) as client:
        await client.call_tool("deposit", {"account_id": "MARKER Ann Smith", "channel": "MARKER", "MARKER": "MARKER"})
    (entry,) = await writes.audited()
    assert (entry["outcome"], "MARKER" in str(entry)) == ("denied", False)
    assert entry["arguments"] == {"account_id": "[str]", "channel": "[str]", "(unknown)": 1}


async def test_long_arguments_of_a_denied_call_are_not_checked(writes: WritesDatabase) -> None:
    given = {**PUT, "note": "x" * 10_000}
    async with writes.client(caller()) as client:
        await client.call_tool("deposit", given)
        await client.call_tool("deposit", PUT)
    assert [entry["arguments"] for entry in await writes.audited()] == [
        {"account_id": "[str]", "amount": "[int]", "note": "[str]"},
        PUT,
    ]


async def test_what_was_checked_is_kept_however_the_call_ended(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        await client.call_tool("deposit", {**PUT, "account_id": "nowhere"})
    (entry,) = await writes.audited()
    assert (entry["outcome"], entry["arguments"]["account_id"]) == ("refused", "nowhere")


async def test_a_key_made_of_an_address_is_masked(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        await client.call_tool("deposit", {**PUT, "idempotency_key": "refund-ann@example.com-1"})
    (entry,) = await writes.audited()
    assert "example.com" not in str(entry)
    assert entry["idempotency_key"] == "[e-mail]"


def planted() -> list[str]:
    """More than 50 secrets: as they are, URL-encoded, and in base64."""
    plain = [text for text in PLANTED if "\n" not in text]
    encoded = [quote(text, safe="") for text in plain]
    return [*plain, *encoded, *(base64.b64encode(text.encode()).decode() for text in plain)]


async def test_planted_secrets_are_in_no_entry_no_log_and_no_reply(
    writes: WritesDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = planted()
    assert len(secrets) >= 50
    replies: list[str] = []
    async with writes.client() as client:
        for secret in secrets:
            calls = (
                {**PUT, "note": secret, "idempotency_key": new_key()},
                {**PUT, "note": secret, "account_id": "nowhere"},
                {"account_id": secret, "amount": secret},
                {**PUT, "receipt": secret},
                {**PUT, "idempotency_key": (secret if " " not in secret else quote(secret, safe=""))[:128]},
            )
            replies += [str(await client.call_tool("deposit", arguments)) for arguments in calls]
    formatter = JsonFormatter("accounts")
    lines = [formatter.format(record) for record in caplog.records if record.name.startswith("servicekit")]
    trail = json.dumps(await writes.audited())
    assert len(await writes.audited()) == 5 * len(secrets)
    for written in (trail, "\n".join(lines), "\n".join(replies)):
        assert "SECRET" not in written.replace("client_secret", "")
        for text in PLANTED:
            assert base64.b64encode(text.encode()).decode()[:20] not in written


async def test_a_client_name_that_holds_a_secret_is_masked(writes: WritesDatabase) -> None:
    from mcp_types import Implementation

    name = "agent Bearer SECRETabcdef1234567890"
    async with writes.client(client_info=Implementation(name=name, version="ann@example.com")) as client:
        await client.call_tool("deposit", PUT)
    (entry,) = await writes.audited()
    assert "agent" in entry["client"]
    assert "SECRET" not in str(entry)
    assert "example.com" not in str(entry)


async def actions(writes: WritesDatabase, **changed: Any) -> list[dict[str, Any]]:
    async with writes.client(caller(*EVERYTHING, **changed)) as client:
        page = await client.call_tool(writes.own_tool("list_my_actions"), {"limit": 50})
        found: list[dict[str, Any]] = page.structured_content["items"]
        return found


async def test_list_my_actions_shows_ones_own_and_no_others(writes: WritesDatabase) -> None:
    for who in ({}, {"subject": "bob"}, {"tenant": "globex"}, {"client_id": "another-agent"}):
        async with writes.client(caller(*EVERYTHING, **who)) as client:
            await client.call_tool("deposit", {**PUT, "note": str(who)})
    ann = [action for action in await actions(writes) if action["operation"] == "tools/call deposit"]
    assert [action["client_id"] for action in ann] == ["another-agent", "tests"]  # whichever client acted for ann
    for who in ({"subject": "bob"}, {"tenant": "globex"}):
        own = [action for action in await actions(writes, **who) if action["operation"] == "tools/call deposit"]
        assert len(own) == 1
    assert await actions(writes, subject="nobody") == []


async def test_list_my_actions_pages_newest_first(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        for amount in range(1, 8):
            await client.call_tool("deposit", {"account_id": "till", "amount": amount})
        await client.call_tool("get_account", {"account_id": "nowhere"})
        seen: list[Any] = []
        cursor: dict[str, Any] = {}
        while True:
            page = (
                await client.call_tool(writes.own_tool("list_my_actions"), {"limit": 3, **cursor})
            ).structured_content
            seen += page["items"]
            if "next_cursor" not in page:
                break
            cursor = {"cursor": page["next_cursor"]}
    mine = [action for action in seen if "list_my_actions" not in action["operation"]]
    assert (mine[0]["outcome"], mine[0]["arguments"]) == ("refused", {"account_id": "nowhere"})
    assert [action["arguments"]["amount"] for action in mine[1:]] == [7, 6, 5, 4, 3, 2, 1]
    assert len({action["position"] for action in seen}) == len(seen)


async def test_list_my_actions_without_an_organisation_says_so(writes: WritesDatabase) -> None:
    async with writes.client(caller(*EVERYTHING, tenant=None)) as client:
        result = await client.call_tool(writes.own_tool("list_my_actions"), {})
    assert "Your credential names no tenant" in result.content[0].text

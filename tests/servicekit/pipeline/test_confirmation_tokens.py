"""A confirmation token is bound to its caller, its call and this fleet's keys."""

import json
import time
from typing import Any

import pytest

from servicekit.core.identity import ServerIdentity
from servicekit.core.sealed_token import InvalidToken, TokenSealer
from servicekit.pipeline.confirmation import LIFETIME, Confirmations
from servicekit.registry.preview import Preview
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.general_app import STATE_KEY
from tests.servicekit.apps.writes_app import EVERYTHING
from tests.servicekit.apps.writes_database import ANN, WritesDatabase, confirmation_in, new_key, text_of

TAKE = {"account_id": "till", "amount": 100}
NEWER = "another-key-of-32-characters-or-more"
IDENTITY = ServerIdentity(name="accounts", title="Accounts", version="1", instructions="")
SHOWN = Preview(effect="All of it goes.", version=3)


async def preview_of(writes: WritesDatabase, tool: str = "withdraw", **arguments: Any) -> str:
    async with writes.client() as client:
        given = {**({} if tool == "close_account" else TAKE), **arguments, "idempotency_key": new_key()}
        return confirmation_in(await client.call_tool(tool, given))[1]["token"]


@pytest.mark.parametrize("changed", [{"subject": "bob"}, {"client_id": "other"}, {"tenant": "globex"}])
async def test_another_caller_cannot_use_it(writes: WritesDatabase, changed: dict[str, Any]) -> None:
    token = await preview_of(writes)
    async with writes.client(caller(*EVERYTHING, **changed)) as client:
        result = await client.call_tool(writes.own_tool("confirm_action"), {"token": token})
    assert "This token is not valid here: altered, for another caller, or older" in text_of(result)
    assert (await writes.balance(), await writes.balance(tenant="globex")) == (1000, 70)


@pytest.mark.parametrize("position", [0, 20, 60, -1, -20])
async def test_altered_bytes_are_noticed(writes: WritesDatabase, position: int) -> None:
    token = await preview_of(writes)
    other = "A" if token[position] not in "AB" else "Q"
    altered = token[:position] + other + (token[position + 1 :] if position != -1 else "")
    async with writes.client() as client:
        for wrong in (altered, token[:-8], token + "AAAA", token * 2):
            result = await client.call_tool(writes.own_tool("confirm_action"), {"token": wrong})
            assert "This token is not valid here" in text_of(result)
            assert wrong not in text_of(result)
    assert await writes.balance() == 1000


async def test_a_confirmation_is_bound_to_its_call(writes: WritesDatabase) -> None:
    token = await preview_of(writes)
    service = writes.service()
    async with service.running(), connect(service, ANN) as client:
        for tool, arguments in (
            ("close_account", {"account_id": "till"}),
            ("withdraw", {**TAKE, "amount": 999}),
            ("withdraw", {**TAKE, "account_id": "safe"}),
            ("withdraw", TAKE),  # with another key
        ):
            result = await client.session.call_tool(
                tool,
                {**arguments, "idempotency_key": new_key()},
                request_state=token,
                input_responses=_yes(),
                allow_input_required=True,
            )
            assert result.is_error
            assert text_of(result).startswith("This confirmation is for another call.")
    assert (await writes.balance(), await writes.balance("safe")) == (1000, 5000)


def _yes() -> Any:
    from mcp_types import ElicitResult

    return {"confirmation": ElicitResult(action="accept", content={"agree": True})}


async def test_garbage_for_state_is_refused_without_an_effect(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        for state in ("", "x", "A" * 500, "é" * 50):
            result = await client.session.call_tool(
                "withdraw",
                {**TAKE, "idempotency_key": new_key()},
                request_state=state,
                input_responses=_yes(),
                allow_input_required=True,
            )
            assert result.is_error
            assert "This confirmation is not valid here" in text_of(result)
    assert await writes.balance() == 1000


async def test_it_lasts_ten_minutes(writes: WritesDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr("servicekit.pipeline.confirmation.time.time", lambda: now - LIFETIME - 1)
    old = await preview_of(writes)
    monkeypatch.setattr("servicekit.pipeline.confirmation.time.time", lambda: now - LIFETIME + 60)
    young = await preview_of(writes)
    monkeypatch.undo()
    async with writes.client() as client:
        refused = await client.call_tool(writes.own_tool("confirm_action"), {"token": old})
        assert "older than ten minutes" in text_of(refused)
        assert not (await client.call_tool(writes.own_tool("confirm_action"), {"token": young})).is_error
    assert (LIFETIME, await writes.balance()) == (600, 900)


async def test_a_token_of_another_version_is_invalid(writes: WritesDatabase) -> None:
    content = {"tool": "withdraw", "arguments": TAKE, "asked": "", "expires": time.time() + LIFETIME}
    who = json.dumps([ANN.tenant, ANN.subject, ANN.client_id], separators=(",", ":")).encode()
    token = TokenSealer([STATE_KEY.encode()], "consent").seal(json.dumps(content).encode(), who)
    async with writes.client() as client:
        result = await client.call_tool(writes.own_tool("confirm_action"), {"token": token})
    assert "This token is not valid here" in text_of(result)
    with pytest.raises(InvalidToken):
        Confirmations([STATE_KEY.encode()], "confirm").open(token, ANN)


async def test_keys_rotate_by_adding_in_front(writes: WritesDatabase) -> None:
    token = await preview_of(writes)
    for keys, good in ((f"{NEWER} {STATE_KEY}", True), (NEWER, False)):
        service = writes.service(state_keys=keys)
        async with service.running(), connect(service, ANN) as client:
            result = await client.call_tool(writes.own_tool("confirm_action"), {"token": token})
        assert result.is_error is not good
    old, both = (
        Confirmations([STATE_KEY.encode()], "confirm"),
        Confirmations([NEWER.encode(), STATE_KEY.encode()], "confirm"),
    )
    with pytest.raises(InvalidToken):
        old.open(both.seal("t", {}, SHOWN, ANN), ANN)  # the first key seals


@pytest.mark.parametrize("length", [10, 10_000])
async def test_a_long_call_can_be_confirmed(length: int) -> None:
    """A reply of 10 000 characters in any script: the largest text that a tool of the fleet takes."""
    from servicekit.server.action_tools import confirm_action_tool

    consents = Confirmations([STATE_KEY.encode()], "confirm")
    token = consents.seal("t", {"text": "\U0001f600" * length}, SHOWN, ANN)
    tool = confirm_action_tool(IDENTITY, consents, lambda _: None)
    assert tool.arguments.parse({"token": token}) == ({"token": token}, [], {"token": token})


async def test_each_preview_has_a_confirmation_of_its_own(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        arguments = {**TAKE, "idempotency_key": new_key()}
        confirmations = [confirmation_in(await client.call_tool("withdraw", arguments)) for _ in range(2)]
        first, second = [await client.call_tool(*one) for one in confirmations]
    assert (first.is_error, second.is_error) == (False, False)
    assert second.meta["fleet/replayed"] is True  # the same key: told, not done again
    assert await writes.balance() == 900

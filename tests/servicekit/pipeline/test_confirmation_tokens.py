"""A sealed confirmation, for clients that ask their user, is bound to its caller, its call and this fleet's keys."""

import json
import time
from typing import Any

import pytest
from mcp_types import ElicitResult

from servicekit.core.sealed_token import InvalidToken, TokenSealer
from servicekit.pipeline.call import call
from servicekit.pipeline.confirmation import LIFETIME, Confirmation, SealedConfirmations
from servicekit.pipeline.request import Reply, RequestInfo
from servicekit.server.service import Service
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.general_app import STATE_KEY
from tests.servicekit.apps.writes_app import EVERYTHING
from tests.servicekit.apps.writes_database import ANN, WritesDatabase, new_key, text_of

KEY = new_key()
TAKE = {"account_id": "till", "amount": 100, "idempotency_key": KEY}
NEWER = "another-key-of-32-characters-or-more"
SHOWN = Confirmation("t", {}, "", "", "n")


async def withdraw(service: Service, state: str | None, who: Any = ANN) -> Reply:
    """The call of a client that asks its user, who agrees once there is a state."""
    request = RequestInfo("r", input_capabilities=frozenset({"elicitation"}), state=state, confirmed=state is not None)
    return await call(service.pipeline, service.registry.tools["withdraw"], TAKE, who, request)


async def state_of(writes: WritesDatabase) -> str:
    service = writes.service()
    async with service.running():
        asked = await withdraw(service, None)
    assert asked.state is not None
    return asked.state


@pytest.mark.parametrize("changed", [{"subject": "bob"}, {"client_id": "other"}, {"tenant": "globex"}])
async def test_another_caller_cannot_use_it(writes: WritesDatabase, changed: dict[str, Any]) -> None:
    state = await state_of(writes)
    service = writes.service()
    async with service.running():
        result = await withdraw(service, state, caller(*EVERYTHING, **changed))
    assert "This confirmation is not valid here: altered, for another caller, or older" in result.text
    assert (await writes.balance(), await writes.balance(tenant="globex")) == (1000, 70)


@pytest.mark.parametrize("position", [0, 20, 60, -1, -20])
async def test_altered_bytes_are_noticed(writes: WritesDatabase, position: int) -> None:
    state = await state_of(writes)
    other = "A" if state[position] not in "AB" else "Q"
    altered = state[:position] + other + (state[position + 1 :] if position != -1 else "")
    service = writes.service()
    async with service.running():
        for wrong in (altered, state[:-8], state + "AAAA", state * 2):
            result = await withdraw(service, wrong)
            assert "This confirmation is not valid here" in result.text
            assert wrong not in result.text
    assert await writes.balance() == 1000


async def test_a_confirmation_is_bound_to_its_call(writes: WritesDatabase) -> None:
    state = await state_of(writes)
    async with writes.client() as client:
        for tool, arguments in (
            ("close_account", {"account_id": "till", "idempotency_key": KEY}),
            ("withdraw", {**TAKE, "amount": 999}),
            ("withdraw", {**TAKE, "account_id": "safe"}),
            ("withdraw", {**TAKE, "idempotency_key": new_key()}),
        ):
            result = await client.session.call_tool(
                tool, arguments, request_state=state, input_responses=_yes(), allow_input_required=True
            )
            assert result.is_error
            assert text_of(result).startswith("This confirmation is for another call.")
    assert (await writes.balance(), await writes.balance("safe")) == (1000, 5000)


def _yes() -> Any:
    return {"confirmation": ElicitResult(action="accept", content={"agree": True})}


async def test_garbage_for_state_is_refused_without_an_effect(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        for state in ("", "x", "A" * 500, "é" * 50):
            result = await client.session.call_tool(
                "withdraw", TAKE, request_state=state, input_responses=_yes(), allow_input_required=True
            )
            assert result.is_error
            assert "This confirmation is not valid here" in text_of(result)
    assert await writes.balance() == 1000


async def test_it_lasts_ten_minutes(writes: WritesDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr("servicekit.pipeline.confirmation.time.time", lambda: now - LIFETIME - 1)
    old = await state_of(writes)
    monkeypatch.setattr("servicekit.pipeline.confirmation.time.time", lambda: now - LIFETIME + 60)
    young = await state_of(writes)
    monkeypatch.undo()
    service = writes.service()
    async with service.running():
        assert "older than ten minutes" in (await withdraw(service, old)).text
        assert (await withdraw(service, young)).outcome == "ok"
    assert (LIFETIME, await writes.balance()) == (600, 900)


async def test_a_state_of_another_version_is_invalid() -> None:
    content = {"tool": "withdraw", "arguments": TAKE, "asked": "", "expires": time.time() + LIFETIME}
    who = json.dumps([ANN.tenant, ANN.subject, ANN.client_id], separators=(",", ":")).encode()
    state = TokenSealer([STATE_KEY.encode()], "consent").seal(json.dumps(content).encode(), who)
    with pytest.raises(InvalidToken):
        SealedConfirmations([STATE_KEY.encode()]).open(state, ANN)


async def test_keys_rotate_by_adding_in_front(writes: WritesDatabase) -> None:
    state = await state_of(writes)
    for keys, outcome in ((f"{NEWER} {STATE_KEY}", "ok"), (NEWER, "refused")):
        service = writes.service(state_keys=keys)
        async with service.running(), connect(service, ANN):
            assert (await withdraw(service, state)).outcome == outcome
    old, both = SealedConfirmations([STATE_KEY.encode()]), SealedConfirmations([NEWER.encode(), STATE_KEY.encode()])
    with pytest.raises(InvalidToken):
        old.open(both.seal(SHOWN, ANN), ANN)  # the first key seals

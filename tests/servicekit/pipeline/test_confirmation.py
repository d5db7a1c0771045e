"""Consent to what cannot be undone: asked of the person, by elicitation or by a token, and then done once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mcp_types import ElicitResult

from devkit.issuer.testing import RunningIssuer
from servicekit.pipeline.call import call
from servicekit.pipeline.request import Reply, RequestInfo
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.writes_app import EVERYTHING, READ, WRITE
from tests.servicekit.apps.writes_database import (
    ANN,
    WritesDatabase,
    confirmation_in,
    insist,
    new_key,
    text_of,
    together,
)
from tests.servicekit.conftest import Era

TAKE = {"account_id": "till", "amount": 100}


class Person:
    """A user who answers confirmation requests."""

    def __init__(self, action: Any = "accept", **content: Any) -> None:
        self.answer = ElicitResult(action=action, content=content or None)
        self.asked: list[str] = []

    async def __call__(self, _: Any, params: Any) -> ElicitResult:
        self.asked.append(params.message)
        return self.answer


async def test_a_person_who_agrees(writes: WritesDatabase) -> None:
    person = Person(agree=True)
    arguments = {**TAKE, "idempotency_key": new_key()}
    async with writes.client(elicitation_callback=person) as client:
        done = await client.call_tool("withdraw", arguments)
        again = await client.call_tool("withdraw", arguments)
    assert person.asked == ["100 cents leave till; 900 remain.\naccount_id: till\namount: 100\nDo you agree?"]
    assert done.structured_content == again.structured_content == {"id": "till", "balance": 900, "version": 2}
    assert again.meta["fleet/replayed"] is True
    assert await writes.balance() == 900


@pytest.mark.parametrize(
    "person",
    [
        Person("decline"),
        Person("cancel"),
        Person("accept", agree=False),
        Person("accept"),
        Person("accept", agree="true"),
        Person("accept", agree=1),
        Person("decline", agree=True),
        Person("accept", other=True),
    ],
)
async def test_a_person_who_does_not_agree(writes: WritesDatabase, person: Person) -> None:
    async with writes.client(elicitation_callback=person) as client:
        result = await client.call_tool("withdraw", {**TAKE, "idempotency_key": new_key()})
    assert (result.is_error, await writes.balance()) == (True, 1000)
    assert text_of(result) == "The user declined, or did not answer. Nothing was done."
    assert [entry["outcome"] for entry in await writes.audited()] == ["confirmation_required", "declined"]


async def test_a_client_that_cannot_ask_gets_a_code(writes: WritesDatabase, era: Era) -> None:
    key = new_key()
    async with writes.client(mode=era) as client:
        preview = await client.call_tool("withdraw", {**TAKE, "idempotency_key": key})
        assert text_of(preview).startswith(
            "Nothing was done yet. 100 cents leave till; 900 remain.\naccount_id: till\n"
        )
        assert '"balance_after":900' in text_of(preview)
        assert preview.structured_content["balance_after"] == 900
        assert await writes.balance() == 1000
        done = await client.call_tool(*confirmation_in(preview))
        assert done.structured_content == {"id": "till", "balance": 900, "version": 2}
        by_key = await client.call_tool("withdraw", {**TAKE, "idempotency_key": key})
    assert (by_key.structured_content, by_key.meta["fleet/replayed"]) == (done.structured_content, True)
    assert await writes.balance() == 900


async def test_a_confirmation_is_valid_once(writes: WritesDatabase, era: Era) -> None:
    async with writes.client(mode=era) as client:
        preview = await client.call_tool("withdraw", {**TAKE, "idempotency_key": new_key()})
        results = [await client.call_tool(*confirmation_in(preview)) for _ in range(3)]
    assert [result.is_error for result in results] == [False, True, True]
    assert "This confirmation was used already: it is valid for one action." in text_of(results[1])
    assert await writes.balance() == 900


async def test_an_elicited_confirmation_cannot_be_replayed(writes: WritesDatabase) -> None:
    arguments = {**TAKE, "idempotency_key": new_key()}
    service = writes.service()
    async with service.running():
        withdraw = service.registry.tools["withdraw"]

        async def send(state: str | None, arguments: dict[str, Any] = arguments) -> Reply:
            request = RequestInfo(
                "r", input_capabilities=frozenset({"elicitation"}), state=state, confirmed=state is not None
            )
            return await call(service.pipeline, withdraw, arguments, ANN, request)

        asked = await send(None)
        assert (asked.outcome, (await send(asked.state)).outcome) == ("confirmation_required", "ok")
        for replay in (arguments, {**arguments, "idempotency_key": new_key()}):
            assert (await send(asked.state, replay)).outcome == "refused"
    assert await writes.balance() == 900


async def test_a_record_changed_since_the_preview_is_left_alone(writes: WritesDatabase, era: Era) -> None:
    async with writes.client(mode=era) as client:
        preview = await client.call_tool("withdraw", {**TAKE, "idempotency_key": new_key()})
        await client.call_tool("deposit", {"account_id": "till", "amount": 1})
        refused = await client.call_tool(*confirmation_in(preview))
        assert text_of(refused) == (
            "The record changed since the preview, so nothing was done. Call the tool again to see what it would do "
            "now."
        )
        await writes.rows("DELETE FROM {schema}.accounts WHERE id = 'till'")
        gone = await client.call_tool(*confirmation_in(preview))
    assert (gone.is_error, text_of(gone)) == (True, "No account till.")


async def test_a_change_while_the_person_reads_is_noticed(writes: WritesDatabase) -> None:
    async def agree(_: Any, __: Any) -> ElicitResult:
        await writes.rows("UPDATE {schema}.accounts SET version = version + 1")
        return ElicitResult(action="accept", content={"agree": True})

    async with writes.client(elicitation_callback=agree) as client:
        result = await client.call_tool("withdraw", {**TAKE, "idempotency_key": new_key()})
    assert "The record changed since the preview" in text_of(result)
    assert await writes.balance() == 1000


async def test_50_concurrent_confirmations_have_one_effect(writes: WritesDatabase, issuer: RunningIssuer) -> None:
    with writes.replicas(issuer) as replicas:
        async with replicas.clients() as clients:
            preview = await clients[0].call_tool("withdraw", {**TAKE, "idempotency_key": new_key()})
            confirmation = confirmation_in(preview)
            results = await asyncio.gather(*(insist(clients[1 - number % 2], *confirmation) for number in range(50)))
    done = [result for result in results if not result.is_error]
    assert [result.structured_content["balance"] for result in done] == [900]
    assert {text_of(result)[:35] for result in results if result.is_error} == {"This confirmation was used already:"}
    assert (await writes.balance(), len(await writes.rows("TABLE {schema}.used_consents"))) == (900, 1)
    assert (await writes.verdict()).problems == []


async def test_twenty_consents_at_once_never_take_more_than_there_is(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        take = {"account_id": "till", "amount": 300}
        previews = [await client.call_tool("withdraw", {**take, "idempotency_key": new_key()}) for _ in range(20)]
        confirmations = [confirmation_in(preview) for preview in previews]
        results = await together(*(client.call_tool(*confirmation) for confirmation in confirmations))
    assert [result.is_error for result in results].count(False) == 1  # each of the others saw another version
    assert await writes.balance() == 700


async def test_a_caller_who_lost_the_scope_cannot_confirm(writes: WritesDatabase) -> None:
    service = writes.service()
    async with service.running():
        async with connect(service, ANN) as client:
            preview = await client.call_tool("close_account", {"account_id": "safe", "idempotency_key": new_key()})
        async with connect(service, caller(READ, WRITE)) as client:
            result = await client.call_tool(*confirmation_in(preview))
    assert (result.is_error, await writes.balance("safe")) == (True, 5000)
    assert "needs the scope money:close" in text_of(result)


async def test_a_server_turned_read_only_confirms_nothing(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        preview = await client.call_tool("withdraw", {**TAKE, "idempotency_key": new_key()})
    service = writes.service(read_only=True)
    async with service.running(), connect(service, ANN) as client:
        result = await client.call_tool(*confirmation_in(preview))
    assert (text_of(result), await writes.balance()) == ("This server is set to read-only by its operator.", 1000)


async def test_confirm_action_is_annotated_as_destructive(writes: WritesDatabase) -> None:
    async with writes.client(caller(*EVERYTHING)) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    annotations = tools[writes.own_tool("confirm_action")].annotations
    assert (annotations.read_only_hint, annotations.destructive_hint) == (False, True)
    assert tools["withdraw"].annotations.destructive_hint is True


async def test_a_confirmation_costs_no_rate_limit(writes: WritesDatabase, issuer: RunningIssuer) -> None:
    with writes.replicas(issuer, 1, limit_tool=10) as replicas:
        async with replicas.clients() as (client,):
            preview = await client.call_tool("withdraw", {**TAKE, "idempotency_key": new_key()})
            done = await client.call_tool(*confirmation_in(preview))
            assert not done.is_error
            spent = await client.call_tool("withdraw", {**TAKE, "idempotency_key": new_key()})
    assert "Your budget of calls of this tool for this minute is spent" in text_of(spent)  # 5 + 5 of 10


async def test_a_code_names_its_expiry_to_the_second(writes: WritesDatabase) -> None:
    before = datetime.now(UTC)
    async with writes.client() as client:
        preview = await client.call_tool("withdraw", {**TAKE, "idempotency_key": new_key()})
    expires_at = datetime.fromisoformat(preview.structured_content["expires_at"])
    assert timedelta(seconds=-1) <= expires_at - before - timedelta(minutes=10) <= datetime.now(UTC) - before
    assert expires_at.microsecond == 0

"""A repeated write has one effect: with keys, within the window without keys, over replicas, after crashes."""

import asyncio
from typing import Any

import pytest

from devkit.issuer.testing import RunningIssuer
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.writes_app import EVERYTHING, SECRET_IN_A_CRASH
from tests.servicekit.apps.writes_database import ANN, WritesDatabase, insist, new_key, text_of
from tests.servicekit.conftest import Era

PUT = {"account_id": "till", "amount": 5}


async def journal_rows(writes: WritesDatabase) -> int:
    return int((await writes.rows("SELECT count(*) FROM {schema}.write_journal"))[0][0])


async def test_100_calls_with_one_key_have_one_effect(writes: WritesDatabase, issuer: RunningIssuer) -> None:
    arguments = {**PUT, "idempotency_key": new_key()}
    with writes.replicas(issuer) as replicas:
        async with replicas.clients() as clients:
            results = await asyncio.gather(
                *(insist(clients[number % 2], "deposit", arguments) for number in range(100))
            )
    assert not any(result.is_error for result in results), {text_of(result) for result in results}
    assert {text_of(result) for result in results} == {'{"id":"till","balance":1005,"version":2}'}
    assert all(result.structured_content == results[0].structured_content for result in results)
    replayed = [result for result in results if (result.meta or {}).get("fleet/replayed")]
    assert len(replayed) == 99
    assert all("Done before with the same idempotency_key" in result.content[1].text for result in replayed)
    assert (await writes.balance(), await journal_rows(writes)) == (1005, 1)


async def test_a_key_returns_its_first_reply_after_later_changes(writes: WritesDatabase, era: Era) -> None:
    arguments = {**PUT, "idempotency_key": new_key()}
    async with writes.client(mode=era) as client:
        first = await client.call_tool("deposit", arguments)
        await client.call_tool("deposit", {**PUT, "idempotency_key": new_key()})
        again = await client.call_tool("deposit", arguments)
    assert again.structured_content == first.structured_content == {"id": "till", "balance": 1005, "version": 2}
    assert await writes.balance() == 1010


@pytest.mark.parametrize("other", [{"amount": 6}, {"account_id": "safe"}, {"note": "x"}, {"channel": "post"}])
async def test_the_same_key_for_other_arguments_is_refused(writes: WritesDatabase, other: dict[str, Any]) -> None:
    arguments = {**PUT, "idempotency_key": new_key()}
    async with writes.client() as client:
        await client.call_tool("deposit", arguments)
        result = await client.call_tool("deposit", {**arguments, **other})
    assert result.is_error
    assert text_of(result).startswith("This idempotency_key was used for a call with other arguments. Nothing was done")
    assert (await writes.balance(), await writes.balance("safe")) == (1005, 5000)


async def test_arguments_are_the_same_however_they_are_written(writes: WritesDatabase) -> None:
    key = new_key()
    async with writes.client() as client:
        await client.call_tool("deposit", {"account_id": "till", "amount": 5, "idempotency_key": key})
        spelled = {"idempotency_key": key, "channel": "desk", "note": None, "amount": 5, "account_id": "till"}
        result = await client.call_tool("deposit", spelled)
    assert (result.is_error, result.meta["fleet/replayed"]) == (False, True)
    assert await writes.balance() == 1005


async def test_what_was_refused_or_invalid_burns_no_key(writes: WritesDatabase) -> None:
    key = new_key()
    async with writes.client() as client:
        invalid = await client.call_tool("deposit", {"account_id": "till", "amount": -5, "idempotency_key": key})
        refused = await client.call_tool("deposit", {"account_id": "nowhere", "amount": 5, "idempotency_key": key})
        assert (invalid.is_error, text_of(refused)) == (True, "No account nowhere.")
        assert await journal_rows(writes) == 0
        good = await client.call_tool("deposit", {**PUT, "idempotency_key": key})
    assert not good.is_error
    assert await writes.balance() == 1005


async def test_a_crash_rolls_everything_back_and_burns_no_key(writes: WritesDatabase) -> None:
    arguments = {**PUT, "idempotency_key": new_key()}
    async with writes.client() as client:
        for _ in range(2):
            crashed = await client.call_tool("deposit_and_crash", arguments)
            assert "The server failed on this call" in text_of(crashed)
            assert SECRET_IN_A_CRASH not in str(crashed)
    assert (await writes.balance(), await journal_rows(writes)) == (1000, 0)
    entries = await writes.audited()
    assert [(entry["operation"], entry["outcome"]) for entry in entries] == [
        ("tools/call deposit_and_crash", "crash")
    ] * 2


async def test_without_a_key_a_repeat_within_a_minute_is_replayed(writes: WritesDatabase, era: Era) -> None:
    async with writes.client(mode=era) as client:
        first = await client.call_tool("deposit", PUT)
        again = await client.call_tool("deposit", PUT)
        other = await client.call_tool("deposit", {**PUT, "note": "another thing"})
    assert again.structured_content == first.structured_content
    assert (first.meta or {}).get("fleet/replayed") is None
    assert again.meta["fleet/replayed"] is True
    assert "To do it twice on purpose, send a new idempotency_key" in again.content[1].text
    assert other.structured_content["balance"] == 1010
    await writes.rows("UPDATE {schema}.write_journal SET created_at = created_at - interval '61 s'")
    async with writes.client(mode=era) as client:
        assert (await client.call_tool("deposit", PUT)).structured_content["balance"] == 1015


async def test_twice_on_purpose_is_twice(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        for _ in range(2):
            assert not (await client.call_tool("deposit", {**PUT, "idempotency_key": new_key()})).is_error
    assert await writes.balance() == 1010


@pytest.mark.parametrize("changed", [{"subject": "bob"}, {"client_id": "other"}, {"tenant": "globex"}])
async def test_keys_of_different_callers_never_meet(writes: WritesDatabase, changed: dict[str, Any]) -> None:
    arguments = {**PUT, "idempotency_key": "one-key-for-two"}
    async with writes.client() as ann, writes.client(caller(*EVERYTHING, **changed)) as other:
        await ann.call_tool("deposit", arguments)
        result = await other.call_tool("deposit", {**arguments, "amount": 7})
    assert not result.is_error
    assert not (result.meta or {}).get("fleet/replayed")
    assert await writes.balance() + await writes.balance(tenant="globex") == 1000 + 70 + 12


async def test_a_key_is_remembered_for_48_hours(writes: WritesDatabase) -> None:
    arguments = {**PUT, "idempotency_key": new_key()}
    rewind = "UPDATE {schema}.write_journal SET created_at = now() - make_interval(secs => $1)"
    async with writes.client() as client:
        await client.call_tool("deposit", arguments)
        await writes.rows(rewind, 48 * 3600 - 60)
        assert (await client.call_tool("deposit", arguments)).meta["fleet/replayed"]
        await writes.rows(rewind, 48 * 3600 + 1)
        assert (await client.call_tool("deposit", {**arguments, "amount": 6})).structured_content["balance"] == 1011
        assert (await client.call_tool("deposit", {**arguments, "amount": 6})).meta["fleet/replayed"]


async def test_what_cannot_be_undone_requires_a_key(writes: WritesDatabase) -> None:
    async with writes.client() as client:
        tools = {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}
        result = await client.call_tool("withdraw", PUT)
    assert "idempotency_key" in tools["withdraw"]["required"]
    assert "idempotency_key" not in tools["deposit"]["required"]
    assert result.is_error
    assert text_of(result).startswith("Invalid arguments. idempotency_key: is required. It must be 8 to 128 letters")


@pytest.mark.parametrize("key", ["short", "x" * 129, "with space", "tab\there", "émigré-key"])
async def test_a_key_that_is_none_is_refused_by_the_rule(writes: WritesDatabase, key: str) -> None:
    async with writes.client() as client:
        result = await client.call_tool("deposit", {**PUT, "idempotency_key": key})
    assert result.is_error
    assert "idempotency_key: " in text_of(result)
    assert key not in text_of(result)


async def test_a_cancelled_write_leaves_nothing_half_done(writes: WritesDatabase) -> None:
    arguments = {**PUT, "idempotency_key": new_key()}
    service = writes.service()
    async with service.running(), connect(service, ANN) as client:
        tasks = [asyncio.create_task(client.call_tool("deposit", arguments)) for _ in range(10)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        result = await client.call_tool("deposit", arguments)
    assert (result.is_error, result.structured_content["balance"]) == (False, 1005)
    assert (await writes.balance(), await journal_rows(writes)) == (1005, 1)

"""Writes of a service without a database: once, by what the shared store knows; where it cannot know, it says so."""

import asyncio
from typing import Any

import pytest

from servicekit.core.errors import NothingChanged, Overloaded, Refused, Unavailable
from servicekit.journal.redis_intents import StoredIntents
from servicekit.registry.preview import Preview
from servicekit.registry.tools import write
from servicekit.testing.service import caller
from tests.servicekit.apps.writes_database import new_key, text_of

from .post_office import SCOPE, Open, PostOffice, Sent


async def test_50_calls_with_one_key_have_one_effect(replica: Open, office: PostOffice) -> None:
    arguments = {"text": "hello", "idempotency_key": new_key()}
    async with replica() as one, replica() as two:
        results = await asyncio.gather(*((one, two)[n % 2].call_tool("send_letter", arguments) for n in range(50)))
        other = await one.call_tool("send_letter", {**arguments, "text": "other"})
    assert {text_of(result) for result in results} == {'{"count":1}'}
    assert [bool((result.meta or {}).get("fleet/replayed")) for result in results].count(False) == 1
    assert text_of(other).startswith("This idempotency_key was used for a call with other arguments.")
    assert office.sent == ["hello"]


async def test_without_a_key_a_repeat_by_one_caller_is_replayed(replica: Open, office: PostOffice) -> None:
    async with replica() as client, replica(who=caller(SCOPE, subject="bob")) as bob:
        first = await client.call_tool("send_letter", {"text": "hello"})
        again = await client.call_tool("send_letter", {"text": "hello"})
        await bob.call_tool("send_letter", {"text": "hello"})
    assert again.structured_content == first.structured_content
    assert "send a new idempotency_key" in again.content[1].text
    assert office.sent == ["hello", "hello"]


@pytest.mark.parametrize("failure", [Refused("Not today."), Overloaded(2), NothingChanged("post")])
async def test_what_did_nothing_burns_no_key(replica: Open, office: PostOffice, failure: Exception) -> None:
    arguments = {"text": "hello", "idempotency_key": new_key()}
    async with replica() as client:
        office.fails = failure
        assert (await client.call_tool("send_letter", arguments)).is_error
        office.fails = None
        assert (await client.call_tool("send_letter", arguments)).structured_content == {"count": 1}


@pytest.mark.parametrize("failure", [RuntimeError("a bug"), Unavailable("post"), asyncio.CancelledError()])
async def test_an_unknown_outcome_is_reported_and_not_repeated(
    replica: Open, office: PostOffice, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its process is taken for dead at once.
    monkeypatch.setattr("servicekit.journal.redis_intents._ATTEMPT_TIMEOUT", -1.0)
    arguments = {"text": "hello", "idempotency_key": new_key()}
    async with replica() as client:
        office.fails = failure
        assert (await client.call_tool("send_letter", arguments)).is_error
        office.fails = None
        for _ in range(2):
            result = await client.call_tool("send_letter", arguments)
            assert "whether it took effect is unknown" in text_of(result)
            assert "call with a new idempotency_key" in text_of(result)
        assert office.sent == ["hello"]
        await client.call_tool("send_letter", {**arguments, "idempotency_key": new_key()})
    assert office.sent == ["hello", "hello"]


async def test_a_call_under_way_elsewhere_is_waited_for(replica: Open, office: PostOffice) -> None:
    arguments = {"text": "hello", "idempotency_key": new_key()}
    started, go = asyncio.Event(), asyncio.Event()

    async def linger() -> None:
        started.set()
        await go.wait()

    office.after = linger
    async with replica() as one, replica() as two:
        first = asyncio.create_task(one.call_tool("send_letter", arguments))
        await started.wait()
        second = asyncio.create_task(two.call_tool("send_letter", arguments))
        await asyncio.wait([second], timeout=0.2)
        assert not second.done()
        go.set()
        assert (await second).structured_content == (await first).structured_content == {"count": 1}


async def test_without_the_store_nothing_is_written_and_reads_go_on(replica: Open, office: PostOffice) -> None:
    async with replica("redis://127.0.0.1:1/0") as client:
        result = await client.call_tool("send_letter", {"text": "hello"})
        assert text_of(result).startswith("The store is not answering at the moment. Nothing was changed")
        assert not (await client.call_tool("count_letters", {})).is_error
    assert office.sent == []


async def test_a_write_whose_reply_is_not_stored_is_not_repeated(
    replica: Open, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = {"text": "hello", "idempotency_key": new_key()}
    monkeypatch.setattr("servicekit.journal.redis_intents._ATTEMPT_TIMEOUT", -1.0)

    async def lose(*_: Any) -> None:
        raise Unavailable("store")

    async with replica() as client:
        with monkeypatch.context() as during:
            during.setattr(StoredIntents, "keep", lose)
            done = await client.call_tool("send_letter", arguments)
        again = await client.call_tool("send_letter", arguments)
    assert done.structured_content == {"count": 1}
    assert "whether it took effect is unknown" in text_of(again)
    assert office.sent == ["hello"]


@pytest.mark.parametrize("keyed", [True, False], ids=["with a key", "without"])
async def test_one_of_many_retries_finds_the_effect_of_a_lost_answer(
    replica: Open, office: PostOffice, *, keyed: bool
) -> None:
    arguments = {"text": "parcel", **({"idempotency_key": new_key()} if keyed else {})}
    office.fails = Unavailable("post")
    async with replica() as one, replica() as two:
        assert (await one.call_tool("post_parcel", arguments)).is_error
        office.fails = None
        retries = await asyncio.gather(*((one, two)[n % 2].call_tool("post_parcel", arguments) for n in range(20)))
    assert {text_of(result) for result in retries} == {'{"count":1}'}
    found = [result for result in retries if "An earlier attempt had taken effect" in result.content[-1].text]
    assert len(found) == 1
    assert len(office.sent) == 1


async def test_a_retry_writes_under_the_same_effect_id(replica: Open, office: PostOffice) -> None:
    arguments = {"text": "parcel", "idempotency_key": new_key()}
    office.after = lambda: asyncio.sleep(0)
    async with replica() as client:
        office.fails = Unavailable("post")
        await client.call_tool("post_parcel", arguments)
        (first,) = office.sent
        office.sent.clear()  # it was lost on the way
        office.fails = Refused("The post office is closed.")
        assert "closed" in text_of(await client.call_tool("post_parcel", arguments))
        office.fails = None
        again = await client.call_tool("post_parcel", arguments)
        other = await client.call_tool("post_parcel", {**arguments, "idempotency_key": new_key()})
    assert not again.is_error
    assert not other.is_error
    assert office.sent[0] == first
    assert len(set(office.sent)) == 2


def test_a_finder_takes_what_its_tool_takes(office: PostOffice) -> None:
    async def find(text: str, colour: str, **_: object) -> Sent | None:
        """Looks for something else."""

    with pytest.raises(TypeError, match="must take parameters of"):
        write(office.send_letter, scope=SCOPE, recover=find)

    async def maybe(text: str) -> Preview | None:
        """May ask."""

    with pytest.raises(TypeError, match="a destructive tool needs"):
        write(office.burn_letter, scope=SCOPE, destructive=True, confirm=maybe)

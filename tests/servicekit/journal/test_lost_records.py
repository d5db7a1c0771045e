"""Writes after the store lost its records: looked for, or refused with a key to go on with, and never done twice."""

import re
import secrets
import time
from types import SimpleNamespace
from typing import Any

import pytest
from mcp_types import ElicitResult

from servicekit.journal.pending import made_at, new_nonce
from servicekit.storage.redis.store import RedisStore
from tests.fixtures.forgetful_store import ForgetfulStore
from tests.servicekit.apps.writes_database import confirmation_in, new_key, text_of

from .post_office import Open, PostOffice


@pytest.fixture
def valkey_url(server: ForgetfulStore) -> str:
    """The store of these tests, in place of the shared one."""
    return server.url


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """No call can be under way that began before the loss."""
    monkeypatch.setattr("servicekit.journal.redis_intents._ATTEMPT_TIMEOUT", 0.0)


def parcel(**changes: Any) -> dict[str, Any]:
    return {"text": "hello", "idempotency_key": new_key(), **changes}


@pytest.mark.parametrize("lose", ["flush", "restart"])
async def test_an_effect_that_can_be_found_is_not_repeated(
    replica: Open, office: PostOffice, server: ForgetfulStore, lose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicekit.storage.redis.store._PAUSE", 0.0)
    arguments = parcel()
    async with replica() as client:
        first = await client.call_tool("post_parcel", arguments)
        if lose == "flush":
            server.send("FLUSHALL")
        else:
            server.restart()
            assert (await client.call_tool("post_parcel", arguments)).is_error  # its connection is broken
        again = await client.call_tool("post_parcel", arguments)
    assert len(office.sent) == 1
    assert again.structured_content == first.structured_content
    assert "An earlier attempt had taken effect already" in str(again.content)


async def test_a_new_key_waits_until_earlier_calls_have_ended(
    replica: Open, office: PostOffice, server: ForgetfulStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with replica() as client:
        await client.call_tool("post_parcel", parcel())
        server.send("FLUSHALL")
        arguments = parcel()
        refused = await client.call_tool("post_parcel", arguments)
        assert re.search(r"may still be running. Nothing was done. Call again in \d\d s", text_of(refused))
        assert len(office.sent) == 1
        monkeypatch.setattr("servicekit.journal.redis_intents._ATTEMPT_TIMEOUT", 0.0)
        assert not (await client.call_tool("post_parcel", arguments)).is_error
        assert not (await client.call_tool("post_parcel", arguments)).is_error
    assert len(office.sent) == 2


@pytest.mark.usefixtures("settled")
async def test_an_effect_that_cannot_be_found_is_refused(
    replica: Open, office: PostOffice, server: ForgetfulStore
) -> None:
    arguments = parcel()
    async with replica() as one, replica() as two:
        await one.call_tool("send_letter", arguments)
        await two.call_tool("count_letters", {})
        server.send("FLUSHALL")
        for client in (one, two, one):
            refused = text_of(await client.call_tool("send_letter", arguments))
            assert "lost its records 0 minutes ago" in refused
            assert office.sent == ["hello"]
        offered = re.search(r"call with idempotency_key (checked-[0-9a-f]{24})\.", refused)
        assert offered is not None
        allowed = parcel(idempotency_key=offered[1])
        assert "other arguments" in text_of(await two.call_tool("send_letter", {**allowed, "text": "bye"}))
        for _ in range(2):
            assert not (await two.call_tool("send_letter", allowed)).is_error
    assert office.sent == ["hello", "hello"]


@pytest.mark.usefixtures("settled")
async def test_the_same_call_without_a_key_is_refused_at_first(
    replica: Open, office: PostOffice, server: ForgetfulStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with replica() as client:
        await client.call_tool("post_parcel", {"text": "hello"})
        server.send("FLUSHALL")
        refused = text_of(await client.call_tool("post_parcel", {"text": "hello"}))
        assert re.search(r"call again in \d+ s, or now with idempotency_key checked-", refused)
        assert len(office.sent) == 1
        monkeypatch.setattr("servicekit.journal.idempotency_key.REPLAY_WINDOW", 0)
        assert not (await client.call_tool("post_parcel", {"text": "hello"})).is_error


async def test_a_new_store_takes_new_keys_at_once(replica: Open, office: PostOffice, server: ForgetfulStore) -> None:
    server.send("FLUSHALL")
    async with replica() as client:
        for tool in ("send_letter", "post_parcel"):
            assert not (await client.call_tool(tool, parcel())).is_error
    assert len(office.sent) == 2


@pytest.mark.usefixtures("settled")
async def test_a_code_from_before_the_loss_is_answered_in_words(
    replica: Open, office: PostOffice, server: ForgetfulStore
) -> None:
    async with replica() as client:
        tool, code = confirmation_in(await client.call_tool("burn_letter", parcel()))
        server.send("FLUSHALL")
        refused = text_of(await client.call_tool(tool, code))
    assert "Nothing was done." in refused
    assert "call the tool again for a new preview" in refused
    assert office.sent == []


@pytest.mark.usefixtures("settled")
async def test_a_sealed_confirmation_from_before_the_loss_is_refused(
    replica: Open, office: PostOffice, server: ForgetfulStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it was used is among the lost records."""

    async def agree(*_: Any) -> ElicitResult:
        server.send("FLUSHALL")
        return ElicitResult(action="accept", content={"agree": True})

    now = time.time()
    monkeypatch.setattr("servicekit.journal.pending.time", SimpleNamespace(time=lambda: now - 60))
    monkeypatch.setattr("servicekit.journal.idempotency_key.REPLAY_WINDOW", 0)
    async with replica(elicitation_callback=agree) as client:
        refused = text_of(await client.call_tool("send_postcard", {"text": "a long greeting"}))
    assert "whether this confirmation was used is unknown" in refused
    assert office.sent == []


async def test_a_claim_takes_one_round_trip(replica: Open, valkey_url: str) -> None:
    store = RedisStore(valkey_url)
    async with replica() as client:
        await client.call_tool("send_letter", {"text": secrets.token_hex(4), "idempotency_key": new_key()})
        await store.redis.config_resetstat()
        await client.call_tool("send_letter", {"text": secrets.token_hex(4), "idempotency_key": new_key()})
        counts = await store.redis.info("commandstats")
    await store.stop()
    assert counts["cmdstat_set"]["calls"] <= 2  # the intent, in the script, and its reply
    assert counts["cmdstat_evalsha"]["calls"] == 1


async def epoch_key(url: str) -> str:
    store = RedisStore(url)
    (key,) = [key.decode() async for key in store.redis.scan_iter("*:epoch")]
    await store.stop()
    return str(key)


async def lose_records(server: ForgetfulStore, client: Any, *, ago: int) -> None:
    """Lose every record, so many seconds ago."""
    server.send("FLUSHALL")
    await client.call_tool("send_letter", parcel())  # notices the loss
    server.send("HSET", await epoch_key(server.url), "lost", str(int(time.time()) - ago))


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (30, "lost its records 0 minutes ago"),
        (7110, "lost its records 118 minutes ago"),
        (7300, "lost its records 2 hours ago"),
        (47 * 3600 + 60, "lost its records 47 hours ago"),
        (48 * 3600 + 30, None),
    ],
)
async def test_a_loss_is_dated_until_no_key_is_in_doubt(
    replica: Open, office: PostOffice, server: ForgetfulStore, ago: int, words: str | None
) -> None:
    async with replica() as client:
        await client.call_tool("count_letters", {})
        await client.call_tool("send_letter", parcel())
        await lose_records(server, client, ago=ago)
        result = await client.call_tool("send_letter", parcel())
    assert bool(result.is_error) == (words is not None)
    assert (words or "count") in text_of(result)
    assert len(office.sent) == (1 if words else 2)


@pytest.mark.parametrize(
    ("tool", "pattern"),
    [("send_letter", r"call again in (\d+) s, or now with"), ("post_parcel", r"call again in (\d+) s, or now with")],
)
async def test_a_repeat_without_a_key_waits_for_the_rest_of_a_minute(
    replica: Open, office: PostOffice, server: ForgetfulStore, tool: str, pattern: str
) -> None:
    async with replica() as client:
        await client.call_tool(tool, {"text": "hello"})
        await lose_records(server, client, ago=20)
        found = re.search(pattern, text_of(await client.call_tool(tool, {"text": "hello"})))
        assert found is not None
        assert 20 <= int(found[1]) <= 40
        server.send("HSET", await epoch_key(server.url), "lost", str(int(time.time()) - 60))
        assert not (await client.call_tool(tool, {"text": "hello"})).is_error
    assert len(office.sent) == 2


async def test_a_new_key_waits_only_for_the_rest_of_a_minute(
    replica: Open, office: PostOffice, server: ForgetfulStore
) -> None:
    arguments = parcel()
    async with replica() as client:
        await client.call_tool("post_parcel", parcel())
        await lose_records(server, client, ago=20)
        found = re.search(r"Call again in (\d+) s", text_of(await client.call_tool("post_parcel", arguments)))
        assert found is not None
        assert 20 <= int(found[1]) <= 41
        server.send("HSET", await epoch_key(server.url), "lost", str(int(time.time()) - 60))
        assert not (await client.call_tool("post_parcel", arguments)).is_error
    assert len(office.sent) == 2


@pytest.mark.usefixtures("settled")
async def test_the_effect_of_an_offered_key_is_found_after_another_loss(
    replica: Open, office: PostOffice, server: ForgetfulStore
) -> None:
    async with replica() as client:
        await client.call_tool("post_parcel", {"text": "hello"})
        server.send("FLUSHALL")
        refused = text_of(await client.call_tool("post_parcel", {"text": "hello"}))
        offered = re.search(r"idempotency_key (checked-[0-9a-f]{24})", refused)
        assert offered is not None
        allowed = parcel(idempotency_key=offered[1])
        assert not (await client.call_tool("post_parcel", allowed)).is_error
        server.send("FLUSHALL")
        assert not (await client.call_tool("post_parcel", allowed)).is_error
    assert len(office.sent) == 2


def test_a_confirmation_knows_when_it_was_made() -> None:
    before = int(time.time())
    one, other = new_nonce(), new_nonce()
    assert before <= made_at(one) <= time.time()
    assert (len(one), one[8:] != other[8:]) == (32, True)

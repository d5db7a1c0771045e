"""Confirmations of a service without a database: each code works once, on every replica, until it expires."""

import asyncio
from typing import Any

import pytest

from servicekit.core.errors import Unavailable
from servicekit.journal.pending import KEPT, LIFETIME
from servicekit.journal.redis import RedisJournal
from servicekit.storage.redis.store import RedisStore
from tests.servicekit.apps.writes_database import confirmation_in, new_key, text_of

from .post_office import Open, PostOffice


async def test_consent(replica: Open, office: PostOffice) -> None:
    async with replica() as one, replica() as two:
        preview = await one.call_tool("burn_letter", {"text": "hello", "idempotency_key": new_key()})
        assert text_of(preview).startswith("Nothing was done yet. 5 characters burn.")
        confirmation = confirmation_in(preview)
        results = await asyncio.gather(*((one, two)[n % 2].call_tool(*confirmation) for n in range(20)))
    done = [result for result in results if not result.is_error]
    assert (len(done), office.sent) == (1, ["hello"])
    assert {text_of(result)[:35] for result in results if result.is_error} == {"This confirmation was used already:"}


async def test_an_expired_code_says_so(replica: Open, office: PostOffice, valkey_url: str) -> None:
    async with replica() as one:
        arguments = {"text": "hello", "idempotency_key": new_key()}
        tool, code = confirmation_in(await one.call_tool("burn_letter", arguments))
        store = RedisStore(valkey_url)
        (name,) = [name async for name in store.redis.scan_iter(f"*:{code['code'][2:].replace('-', '')}")]
        assert KEPT - 60 < await store.redis.ttl(name) <= KEPT
        await store.redis.expire(name, KEPT - LIFETIME - 1)
        refused = await one.call_tool(tool, code)
        await store.stop()
    assert "This code expired: it is valid for ten minutes." in text_of(refused)
    assert office.sent == []


async def test_a_preview_that_is_not_stored_is_unavailable(
    replica: Open, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> bool:
        raise Unavailable("store")

    arguments = {"text": "hello", "idempotency_key": new_key()}
    async with replica() as client:
        with monkeypatch.context() as during:
            during.setattr(RedisJournal, "keep_pending", away)
            refused = await client.call_tool("burn_letter", arguments)
        assert refused.is_error
        assert text_of(refused).startswith("The store is not answering at the moment. Nothing was changed")
        assert not (await client.call_tool(*confirmation_in(await client.call_tool("burn_letter", arguments)))).is_error
    assert office.sent == ["hello"]


async def test_a_preview_decides_whether_a_safe_tool_asks(replica: Open, office: PostOffice) -> None:
    async with replica(mode="legacy") as client:
        assert not (await client.call_tool("send_postcard", {"text": "hi"})).is_error
        asked = await client.call_tool("send_postcard", {"text": "a long confession"})
        assert asked.structured_content["status"] == "confirmation_required"
        assert office.sent == ["hi"]
        assert not (await client.call_tool(*confirmation_in(asked))).is_error
    assert office.sent == ["hi", "a long confession"]

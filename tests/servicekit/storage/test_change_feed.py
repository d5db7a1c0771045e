"""Announcements between replicas: unreadable messages are skipped, and none is lost."""

import secrets
from contextlib import AsyncExitStack
from typing import Any

import pytest

from servicekit.storage.change_feed import ChangeFeed
from servicekit.storage.redis import RedisStore
from tests.servicekit.upstream.scripted_host import until

NOTE = "note://n1"
GARBLED = [b"", b"\xff", b"null", b"5", b"[]", b"{}", b'{"from": "x"}', b'{"from": "x", "changed": 5}', b"[" * 100_000]
GARBLED += [b'{"from": "x", "changed": [["acme"]]}', b'{"from": "x", "changed": [[["acme"], {}]]}']


@pytest.mark.parametrize("message", GARBLED, ids=lambda message: message.decode("latin-1")[:30])
async def test_a_malformed_announcement_stops_no_listener(valkey_url: str, message: bytes) -> None:
    store, heard_uris = RedisStore(valkey_url), list[str | None]()
    changes = ChangeFeed(name := f"notes-{secrets.token_hex(4)}", store)
    changes.subscribe("acme", heard_uris.append)
    await changes.start()
    await changes.wait_for_connection()
    for sent in (message, b'{"from": "x", "changed": [["acme", "note://n1"]]}'):
        await store.redis.publish(f"mcp:{{{name}}}:changes", sent)
    await until(lambda: NOTE in heard_uris)
    await changes.check()
    await changes.stop()
    await store.stop()


async def test_a_change_during_an_announcement_is_announced_too(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, told = f"notes-{secrets.token_hex(4)}", list[str | None]()
    async with AsyncExitStack() as stack:
        stores = RedisStore(valkey_url), RedisStore(valkey_url)
        here, there = (ChangeFeed(name, store) for store in stores)
        for changes, store in zip((here, there), stores, strict=True):
            stack.push_async_callback(store.stop)
            await changes.start()
            stack.push_async_callback(changes.stop)
            await changes.wait_for_connection()
        there.subscribe("acme", told.append)
        store = here._store  # type: ignore[assignment]
        run, sent = store.run, list[int]()

        async def run_late(command: Any, **options: Any) -> Any:
            reply = await run(command, **options)
            sent.append(1)
            if len(sent) == 1:
                await until(lambda: told == [NOTE])  # the other replica has it; this one does not know yet
                await here.announce("acme", NOTE)
            return reply

        monkeypatch.setattr(store, "run", run_late)
        await here.announce("acme", NOTE)
        await until(lambda: told == [NOTE, NOTE])

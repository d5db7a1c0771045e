"""Leases of calls that are cancelled while the store is asked: nothing that it granted is lost."""

import asyncio
from typing import Any

import pytest

from .fleet import CountedStore, Fleet, limits


async def test_a_cancelled_call_loses_no_lease(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that disconnects again and again must not use up the server's budget."""
    replied, cancelled = asyncio.Event(), asyncio.Event()
    run = CountedStore.run

    async def slow(*arguments: Any, **options: Any) -> Any:
        reply = await run(*arguments, **options)
        replied.set()
        await cancelled.wait()
        return reply

    async with Fleet(valkey_url) as fleet:
        await fleet.burst(300, limits(5000, 5000))
        await fleet.move(3)  # leases end with their slot
        monkeypatch.setattr(CountedStore, "run", slow)
        asking = asyncio.create_task(fleet.admit(limits(5000, 5000)))
        await replied.wait()
        asking.cancel()
        await asyncio.wait([asking])
        cancelled.set()
        assert asking.cancelled()
        await fleet.limiters[0].close()
        assert await fleet.spent("caller") == 300

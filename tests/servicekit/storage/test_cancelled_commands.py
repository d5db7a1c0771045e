"""Commands to the store whose call is cancelled."""

import asyncio

from servicekit.storage.redis import store as redis
from servicekit.storage.redis.store import RedisStore


async def test_a_cancelled_command_that_waits_is_closed(valkey_url: str) -> None:
    """Python would warn of a coroutine that was never awaited, in lines between those of the log."""
    store = RedisStore(valkey_url)
    replies = asyncio.Event()

    async def slow() -> None:
        await replies.wait()

    async def waiting() -> None:
        raise AssertionError("it has no turn")

    running = [asyncio.create_task(store.run(slow(), name="GET")) for _ in range(redis._MAX_CONCURRENT)]
    await asyncio.sleep(0)
    command = waiting()
    late = asyncio.create_task(store.run(command, name="GET"))
    await asyncio.sleep(0)
    late.cancel()
    await asyncio.wait([late])
    replies.set()
    await asyncio.gather(*running)
    assert command.cr_frame is None  # closed
    await store.stop()

"""The positions that a replica must have replayed, shared by processes through the store."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from servicekit.core.caller import Caller, acting_as
from servicekit.storage.postgres import own_writes
from servicekit.storage.postgres.own_writes import LIFETIME, UNKNOWN, OwnWrites
from servicekit.storage.redis.store import RedisStore
from servicekit.testing.service import caller
from tests.servicekit.storage.test_store_outage import OwnStore

Opened = Callable[..., OwnWrites]
ANN, BOB = caller(subject="ann"), caller(subject="bob")


class Clock:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def service() -> str:
    return f"shop-{uuid4().hex[:8]}"


@pytest.fixture
async def opened() -> AsyncIterator[Callable[..., OwnWrites]]:
    """Makes positions that are kept in a store: those of one process each."""
    stores: list[RedisStore] = []
    made: list[OwnWrites] = []

    def make(service: str, url: str, clock: Callable[[], float] = time.monotonic) -> OwnWrites:
        stores.append(RedisStore(url))
        made.append(OwnWrites(service, stores[-1], clock))
        return made[-1]

    yield make
    for kept in made:
        await kept.stop()
    for store in stores:
        await store.stop()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OwnStore]:
    """A store of this test."""
    store = OwnStore(tmp_path)
    yield store
    store.stop()


async def required(kept: OwnWrites, who: Caller = ANN) -> int:
    with acting_as(who):
        return await kept.required()


async def note(kept: OwnWrites, position: int, who: Caller = ANN) -> None:
    with acting_as(who):
        await kept.note(position)


async def until_required(kept: OwnWrites, who: Caller, position: int) -> None:
    async with asyncio.timeout(10):
        while await required(kept, who) != position:  # noqa: ASYNC110  # no event says it
            await asyncio.sleep(0.05)


async def test_a_write_is_known_to_every_process(opened: Opened, service: str, valkey_url: str) -> None:
    here, there = (opened(service, valkey_url) for _ in range(2))
    assert await required(there) == 0
    await note(here, 42)
    assert (await required(here), await required(there)) == (42, 42)


async def test_a_write_counts_for_one_user_of_one_tenant(opened: Opened, service: str, valkey_url: str) -> None:
    kept = opened(service, valkey_url)
    await note(kept, 42)
    assert await required(kept, caller(subject="ann", client_id="another")) == 42
    assert await required(kept, BOB) == 0
    assert await required(kept, caller(subject="ann", tenant="globex")) == 0


@pytest.mark.parametrize("order", [(7, 300), (300, 7), (2**52, 9), (255, 256)])
async def test_the_latest_of_concurrent_writes_counts(
    opened: Opened, service: str, valkey_url: str, order: tuple[int, int]
) -> None:
    here, there, other = (opened(service, valkey_url) for _ in range(3))
    await note(here, order[0])
    await note(there, order[1])
    assert {await required(one) for one in (here, there, other)} == {max(order)}


async def test_a_position_is_kept_for_a_minute(opened: Opened, service: str, valkey_url: str) -> None:
    clock = Clock()
    kept = OwnWrites(service, None, clock)
    await note(kept, 42)
    clock.now += LIFETIME - 1
    assert await required(kept) == 42
    clock.now += 1
    assert await required(kept) == 0
    await note(opened(service, valkey_url), 42)
    store = RedisStore(valkey_url)
    (key,) = await store.redis.keys(f"mcp:{service}:written:*")
    assert 0 < await store.redis.pttl(key) <= LIFETIME * 1000
    await store.stop()


async def test_nothing_is_kept_outside_a_call(service: str) -> None:
    kept = OwnWrites(service, None)
    await kept.note(42)
    assert await kept.required() == 0


async def test_a_commit_without_a_position_asks_for_the_primary(service: str) -> None:
    class Lost:
        async def fetchval(self, *_: Any, **__: Any) -> int:
            raise ConnectionResetError

    for connection in (Lost(), None):
        kept = OwnWrites(service, None)
        with acting_as(ANN):
            await kept.committed(connection)
        assert await required(kept) == UNKNOWN


async def test_many_callers_take_bounded_memory(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_writes, "_MAX_CALLERS", 3)
    clock = Clock()
    kept = OwnWrites(service, None, clock)
    for number in range(10):
        await note(kept, number + 1, caller(subject=f"user-{number}"))
    assert await required(kept, caller(subject="user-9")) == 10
    assert await required(kept, caller(subject="user-0")) == 7  # of the last one that was dropped: never too little
    clock.now += LIFETIME
    assert await required(kept, caller(subject="user-0")) == 0


async def test_without_the_store_every_caller_may_have_written(opened: Opened, service: str, store: OwnStore) -> None:
    kept = opened(service, store.url)
    assert await required(kept, BOB) == 0
    store.stop()
    assert await required(kept, BOB) == UNKNOWN


async def test_after_an_outage_others_get_time_to_send_theirs(opened: Opened, service: str, store: OwnStore) -> None:
    clock = Clock()
    kept = opened(service, store.url, clock)
    store.stop()
    assert await required(kept) == UNKNOWN
    store.start()
    await asyncio.sleep(1.1)  # the store's own pause after a failure
    assert await required(kept) == UNKNOWN
    clock.now += 2
    assert await required(kept) == 0


async def test_what_the_store_lost_or_did_not_take_is_sent_again(opened: Opened, service: str, store: OwnStore) -> None:
    kept, other = (opened(service, store.url) for _ in range(2))
    await note(kept, 42)
    store.stop()
    await note(kept, 43, BOB)  # not taken; and the store keeps nothing on disk
    assert (await required(kept), await required(kept, BOB)) == (UNKNOWN, UNKNOWN)
    store.start()
    await until_required(other, ANN, 42)
    await until_required(other, BOB, 43)

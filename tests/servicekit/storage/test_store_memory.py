"""Whether the store evicts records: on the health page and in the log once, for whatever the server keeps there."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from servicekit.core.health import Health
from servicekit.storage.redis.store import RedisStore
from tests.fixtures.forgetful_store import ForgetfulStore, forgetful_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForgetfulStore]:
    with forgetful_store(tmp_path_factory.mktemp("memory") / "valkey") as store:
        yield store


@pytest.fixture(autouse=True)
def policy(store: ForgetfulStore) -> Iterator[None]:
    """Afterwards the store is as it was."""
    yield
    store.send("CONFIG", "SET", "maxmemory-policy", "noeviction")


@asynccontextmanager
async def started(url: str, *kept: str) -> AsyncIterator[Health]:
    """The health of a server that keeps something in the store."""
    redis = RedisStore(url)
    for what in kept:
        redis.memory.keep(what)
    await redis.start()
    try:
        yield Health([redis])
    finally:
        await redis.stop()


async def shown(health: Health) -> dict[str, Any]:
    """The store on the health page."""
    component: dict[str, Any] = (await health.report())["components"]["store"]
    return component


@pytest.mark.parametrize("evicts", ["allkeys-lru", "volatile-ttl", "allkeys-random"])
async def test_a_store_that_evicts_is_named_once(
    store: ForgetfulStore, evicts: str, caplog: pytest.LogCaptureFixture
) -> None:
    store.send("CONFIG", "SET", "maxmemory-policy", evicts)
    with caplog.at_level(logging.WARNING):
        async with started(store.url, "rate limits", "idempotency keys") as health:
            found = [await shown(health) for _ in range(2)]
    assert {one["status"] for one in found} == {"ok"}
    warning = "The store may evict records when its memory is full and lose rate limits, idempotency keys."
    assert {one["warning"] for one in found} == {f"{warning} Set maxmemory-policy to noeviction."}
    assert [(record.message, record.__dict__["lost"]) for record in caplog.records] == [
        ("store may evict records", "rate limits, idempotency keys")
    ]


async def test_a_store_that_keeps_its_records_has_no_warning(store: ForgetfulStore) -> None:
    async with started(store.url, "rate limits") as health:
        assert "warning" not in await shown(health)


async def test_a_store_that_refuses_info_still_works(store: ForgetfulStore) -> None:
    store.send("ACL", "SETUSER", "narrow", "on", ">pass-of-narrow", "~*", "&*", "+@all", "-info")
    async with started(store.url.replace("redis://", "redis://narrow:pass-of-narrow@"), "rate limits") as health:
        found = await shown(health)
    assert found["status"] == "ok"
    assert found["warning"].startswith("Unknown whether the store may evict records and lose rate limits")


async def test_a_store_that_was_away_at_the_start_is_asked_later(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with forgetful_store(tmp_path_factory.mktemp("away") / "valkey") as store:
        store.stop()
        async with started(store.url, "rate limits") as health:
            store.start()
            store.send("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
            assert "noeviction" in (await shown(health))["warning"]

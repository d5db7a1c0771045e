"""Whether the store lost its records: after a flush, a restart, or a return with older data, on each replica."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from servicekit.audit.file import AuditFile
from servicekit.core.errors import Unavailable
from servicekit.core.health import Health
from servicekit.journal.idempotency_key import KEY_LIFETIME
from servicekit.journal.redis import RedisJournal
from servicekit.journal.store_epoch import Loss, StoreEpoch
from servicekit.storage.redis.store import RedisStore
from tests.fixtures.forgetful_store import ForgetfulStore


@pytest.fixture
def store(server: ForgetfulStore) -> ForgetfulStore:
    """Empty, and known to no replica."""
    server.send("FLUSHALL")
    return server


@asynccontextmanager
async def replica(store: ForgetfulStore, audit: Path | None = None) -> AsyncIterator[StoreEpoch]:
    redis = RedisStore(store.url)
    epoch = StoreEpoch("books", redis, audit)
    epoch.open()
    try:
        yield epoch
    finally:
        epoch.close()
        await redis.stop()


async def after_restart(epoch: StoreEpoch) -> Loss:
    """What the replica learns once it is connected again: the first command finds its connection broken."""
    with pytest.raises(Unavailable):
        await epoch.look()
    return await epoch.look()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicekit.storage.redis.store._PAUSE", 0.0)


async def test_a_new_store_lost_nothing(store: ForgetfulStore, tmp_path: Path) -> None:
    async with replica(store, tmp_path / "one") as one, replica(store, tmp_path / "two") as two:
        for epoch in (one, two, one, two):
            assert (await epoch.look()).at is None


async def test_a_flush_is_noticed_once_by_every_replica(store: ForgetfulStore) -> None:
    async with AsyncExitStack() as stack:
        one, two = [await stack.enter_async_context(replica(store)) for _ in range(2)]
        assert (await one.look()).at == (await two.look()).at is None
        store.send("FLUSHALL")
        loss = await one.look()
        assert loss.within(KEY_LIFETIME)
        late = await stack.enter_async_context(replica(store))
        for epoch in (late, two, one, late, two):
            assert (await epoch.look()).at == loss.at


async def test_a_replica_that_starts_first_hides_no_loss(store: ForgetfulStore) -> None:
    async with replica(store) as old:
        await old.look()
        store.send("FLUSHALL")
        async with replica(store) as new:
            assert (await new.look()).at is None  # it knew no store before
            assert (await old.look()).at is not None
            assert (await new.look()).at is not None


async def test_a_replica_remembers_the_store_over_its_restart(store: ForgetfulStore, tmp_path: Path) -> None:
    audit = tmp_path / "audit.jsonl"
    async with replica(store, audit) as before:
        await before.look()
    async with replica(store, audit) as same:
        assert (await same.look()).at is None
    store.send("FLUSHALL")
    async with replica(store, audit) as after:
        assert (await after.look()).at is not None


async def test_a_killed_store_is_noticed(store: ForgetfulStore) -> None:
    async with replica(store) as epoch:
        await epoch.look()
        store.restart()
        assert (await after_restart(epoch)).at is not None


async def test_a_store_with_older_data_is_noticed(store: ForgetfulStore) -> None:
    async with replica(store) as epoch:
        await epoch.look()
        store.send("HINCRBY", epoch.parts[0].key, "count", "1")
        await epoch.look()
        store.send("SAVE")
        store.send("HINCRBY", epoch.parts[0].key, "count", "1")
        assert (await epoch.look()).at is None
        store.restart()
        loss = await after_restart(epoch)
        assert loss.at is not None
        assert (await epoch.look()).at == loss.at
        store.send("FLUSHALL")
        store.send("SAVE")


async def lose(store: ForgetfulStore, one: StoreEpoch, two: StoreEpoch, ago: int) -> int:
    """The store returns without records that both replicas know, and the first notices it. Gives when, moved back."""
    key = one.parts[0].key
    await one.look()
    for epoch in (one, two):
        store.send("HINCRBY", key, "count", "1")
        assert (await epoch.look()).at is None
    store.send("HSET", key, "count", "0")
    noticed = (await one.look()).at
    assert noticed is not None
    store.send("HSET", key, "lost", str(noticed - ago))
    return noticed - ago


async def test_a_loss_that_two_replicas_notice_counts_once(store: ForgetfulStore) -> None:
    async with replica(store) as one, replica(store) as two:
        noticed = await lose(store, one, two, ago=1)
        assert (await two.look()).at == (await one.look()).at == noticed


async def test_what_was_seen_after_a_loss_is_lost_again(store: ForgetfulStore) -> None:
    async with replica(store) as one, replica(store) as two:
        noticed = await lose(store, one, two, ago=10)
        loss = await two.look()
        assert loss.at is not None
        assert noticed < loss.now - 1 <= loss.at


async def test_after_a_restart_an_older_store_is_a_loss(store: ForgetfulStore, tmp_path: Path) -> None:
    async with replica(store) as one, replica(store, tmp_path / "two") as two:
        noticed = await lose(store, one, two, ago=1)
    async with replica(store, tmp_path / "two") as two:
        assert (await two.look()).at in (noticed + 1, noticed + 2, noticed + 3)


@pytest.mark.parametrize("content", ["", "x", "one two three", "id notanumber", "\x00\xff"])
async def test_an_unreadable_memory_counts_as_none(store: ForgetfulStore, tmp_path: Path, content: str) -> None:
    (tmp_path / "audit.store").write_text(content, encoding="latin-1")
    async with replica(store, tmp_path / "audit") as epoch:
        assert (await epoch.look()).at is None


def test_a_loss_is_over_after_its_time() -> None:
    assert Loss(at=100, now=149).within(50)
    assert not Loss(at=100, now=150).within(50)
    assert not Loss(at=None, now=150).within(50)


@asynccontextmanager
async def health_of(url: str, directory: Path) -> AsyncIterator[Health]:
    redis = RedisStore(url)
    journal = RedisJournal("books", redis, AuditFile(directory / "audit"))
    await journal.start()
    try:
        yield Health([journal])
    finally:
        await journal.stop()
        await redis.stop()


async def test_a_loss_is_logged_once_and_on_the_health_page(
    store: ForgetfulStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with health_of(store.url, tmp_path) as health:
        store.send("FLUSHALL")
        with caplog.at_level(logging.WARNING):
            shown = [(await health.report())["components"]["journal"] for _ in range(2)][-1]
    assert (shown["status"], "The store lost its records, noticed at 20" in shown["warning"]) == ("ok", True)
    assert [record.message for record in caplog.records] == ["store lost its records"]


def test_an_old_loss_is_not_shown() -> None:
    epoch = StoreEpoch("books", RedisStore("redis://127.0.0.1:1"))
    epoch.parts[0].understood([b"id", 1, 1_000_000, 1_000_000 + KEY_LIFETIME - 1])
    assert epoch.warning == (
        "The store lost its records, noticed at 1970-01-12 13:46:40 UTC. For 48 hours, writes are doubted."
    )
    epoch.parts[0].understood([b"id", 1, 1_000_000, 1_000_000 + KEY_LIFETIME])
    assert epoch.warning is None


async def test_a_store_that_keeps_its_records_has_no_warning(store: ForgetfulStore, tmp_path: Path) -> None:
    async with health_of(store.url, tmp_path) as health:
        assert "warning" not in (await health.report())["components"]["journal"]


@pytest.mark.parametrize(
    "damage",
    [
        "SET E x",
        "HSET E id a\nb",
        "HSET E count abc",
        "HSET E count 1e300",
        "HSET E count -5",
        "HDEL E count",
        "HDEL E began",
        "HSET E lost foo",
        "HSET E lost -1",
        "HSET E lost 99999999999",
    ],
)
@pytest.mark.parametrize("is_known", [True, False])
async def test_a_damaged_epoch_is_a_loss(store: ForgetfulStore, tmp_path: Path, damage: str, *, is_known: bool) -> None:
    async with replica(store, tmp_path / "one") as one, replica(store, tmp_path / "two") as two:
        await one.look()
        store.send(*(one.parts[0].key if word == "E" else word for word in damage.split(" ")))
        found = await (one if is_known else two).look()
        assert found.at is not None
        assert found.now - 1 <= found.at <= found.now
        assert (await one.look()).at is not None
        assert (await two.look()).at is not None


async def test_an_epoch_from_the_future_began_at_the_latest_now(store: ForgetfulStore, tmp_path: Path) -> None:
    async with replica(store, tmp_path / "one") as one:
        await one.look()
        store.send("HSET", one.parts[0].key, "id", "abc", "began", "99999999999")
        found = await one.look()
        assert found.at == pytest.approx(found.now, abs=1)

"""Hostile answers of an upstream, and hostile entries in the shared store."""

from collections.abc import AsyncIterator

import pytest

from servicekit.storage.redis.store import RedisStore
from servicekit.upstream.caching.cache import REVALIDATE, CachePolicy
from servicekit.upstream.client import Upstream
from servicekit.upstream.errors import UpstreamFailed
from servicekit.upstream.resilience.counted_quota import CountedQuota, Window
from servicekit.upstream.resilience.header_quota import HeaderQuota

from .responses import NOW, reply
from .scripted_host import ScriptedHost, answer

FRESH = CachePolicy(fresh=600, stale=600)
DAY = 24 * 3600


@pytest.mark.parametrize("after", ["999999999", "Fri, 31 Dec 9999 23:59:59 -1200", "Fri, 31 Dec 9999 23:59:59 GMT"])
async def test_a_header_that_asks_for_years_keeps_away_for_a_day(after: str) -> None:
    now = [NOW]
    told = HeaderQuota("github", "api.example", clock=lambda: now[0])
    counted = CountedQuota("meteo", "api.example", [Window("hourly", 10, 3600)], None, lambda: now[0])
    for quota in (told, counted):
        limit = quota.update(reply(429, Retry_After=after))
        assert limit is not None
        assert limit.wait == DAY
    never = {"X_RateLimit_Limit": "30", "X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "99999999999"}
    assert told.update(reply(X_RateLimit_Resource="search", **never)) is None
    now[0] += DAY
    await told.reserve(1, "search")
    await counted.reserve(1)


@pytest.fixture
async def upstream(host: ScriptedHost, valkey_url: str, service: str) -> AsyncIterator[Upstream]:
    store = RedisStore(valkey_url)
    made = Upstream(service, "library", host.url, store=store)
    yield made
    await made.stop()
    await store.stop()


@pytest.mark.parametrize("tag", ['"\xe9"', '"' + "x" * 90_000 + '"'])
async def test_an_etag_that_cannot_be_sent_back_is_not_kept(host: ScriptedHost, upstream: Upstream, tag: str) -> None:
    host.script = lambda _: answer({"books": 3}, ETag=tag)
    for _ in range(2):
        assert (await upstream.get(["shelves"], cache_policy=REVALIDATE)).json() == {"books": 3}
    assert "if-none-match" not in host.received[1].headers


async def test_what_was_read_as_it_is_does_not_pass_for_json(host: ScriptedHost, upstream: Upstream) -> None:
    host.script = lambda _: answer(b"no JSON")
    accept = {"Accept": "*/*"}
    assert (await upstream.get(["shelves"], headers=accept, cache_policy=FRESH, json=False)).body == b"no JSON"
    with pytest.raises(UpstreamFailed, match="not valid JSON"):
        await upstream.get(["shelves"], headers=accept, cache_policy=FRESH)


@pytest.mark.parametrize("content", [b"", b"garbage", b"[]\nx", b"5\nx", b"{}\n", b"\x80\x04.", b'{"status": 200}\n'])
async def test_foreign_cache_entries_are_fetched_again(
    host: ScriptedHost, upstream: Upstream, valkey_url: str, service: str, content: bytes
) -> None:
    store = RedisStore(valkey_url)
    await upstream.get(["shelves"], cache_policy=FRESH)
    (key,) = [key async for key in store.redis.scan_iter(f"mcp:{service}:upstream:*")]
    await store.redis.set(key, content, ex=60)
    await store.stop()
    assert (await upstream.get(["shelves"], cache_policy=FRESH)).json() == {"ok": True}
    assert len(host.received) == 2

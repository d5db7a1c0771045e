"""Quotas of an upstream: read from headers or counted, waited out or refused."""

from email.utils import formatdate

import pytest

from servicekit.storage.redis.store import RedisStore
from servicekit.upstream.client import Upstream
from servicekit.upstream.errors import QuotaSpent
from servicekit.upstream.http.response import UpstreamResponse
from servicekit.upstream.resilience.counted_quota import CountedQuota, Window
from servicekit.upstream.resilience.header_quota import HeaderQuota

from .responses import NOW, reply
from .scripted_host import ScriptedHost, answer


async def test_a_quota_that_headers_tell_is_obeyed_by_resource() -> None:
    quota = HeaderQuota("github", "api.example", clock=lambda: NOW)
    spent = {"X_RateLimit_Limit": "30", "X_RateLimit_Remaining": "0", "X_RateLimit_Reset": f"{NOW + 20:.0f}"}
    assert quota.update(reply(X_RateLimit_Resource="search", **spent)) is None
    await quota.reserve(1, "core")
    with pytest.raises(QuotaSpent, match=r"search quota with github is spent.*2027-01-15T08:00:50Z, in 20 s"):
        await quota.reserve(1, "search")
    assert [(state.name, state.remaining) for state in await quota.states()] == [("search", 0)]
    refused = quota.update(reply(403, X_RateLimit_Resource="search", **spent))
    assert refused is not None
    assert refused.wait == 20


@pytest.mark.parametrize(
    ("answered", "wait"),
    [
        (reply(429), 60),
        (reply(403, {"message": "You have exceeded a secondary rate limit."}), 60),
        (reply(403, {"message": "API rate limit exceeded for user ID 1."}), 60),
        (reply(403, {"message": "You have triggered an abuse detection mechanism."}), 60),
        (reply(403, Retry_After="7"), 7),
        (reply(429, Retry_After=formatdate(NOW + 9, usegmt=True)), 9),
    ],
)
async def test_an_upstream_that_asks_to_be_left_alone_is(answered: UpstreamResponse, wait: int) -> None:
    quota = HeaderQuota("github", "api.example", clock=lambda: NOW)
    told = quota.update(answered)
    assert told is not None
    assert told.wait == wait
    with pytest.raises(QuotaSpent, match="secondary"):
        await quota.reserve(1, "anything")


async def test_a_403_that_is_no_limit_is_an_answer() -> None:
    quota = HeaderQuota("github", "api.example", clock=lambda: NOW)
    assert quota.update(reply(403, {"message": "Resource not accessible"}, X_RateLimit_Limit="x")) is None
    await quota.reserve(1)
    assert await quota.states() == []


WINDOWS = [Window("minutely", 10, 60), Window("hourly", 15, 3600)]


@pytest.mark.parametrize("shared", [True, False])
async def test_replicas_share_a_counted_quota(valkey_url: str, shared: bool) -> None:
    store = RedisStore(valkey_url) if shared else None
    now = [NOW]
    name = f"quota {id(now)}"
    one = CountedQuota(name, "api.example", WINDOWS, store, clock=lambda: now[0])
    two = CountedQuota(name, "api.example", WINDOWS, store, clock=lambda: now[0]) if shared else one
    for quota in (one, two):
        await quota.reserve(4.5)
    with pytest.raises(QuotaSpent, match=r"minutely quota .* in 30 s"):
        await two.reserve(1.5)
    assert [(state.name, state.remaining) for state in await one.states()] == [("minutely", 1), ("hourly", 6)]
    await two.reserve(1)
    now[0] += 30
    await one.reserve(5)
    with pytest.raises(QuotaSpent, match="hourly"):
        await two.reserve(1)
    if store is not None:
        await store.stop()


async def test_a_429_is_believed_whatever_was_counted() -> None:
    quota = CountedQuota("open-meteo", "api.example", WINDOWS, None, clock=lambda: NOW)
    told = quota.update(reply(429, {"error": True, "reason": "Hourly API request limit exceeded."}))
    assert told is not None
    assert told.wait == 3600 - 30 - NOW // 60 % 60 * 60
    with pytest.raises(QuotaSpent):
        await quota.reserve(1)
    other = CountedQuota("open-meteo", "api.example", WINDOWS, None, clock=lambda: NOW)
    at_once = other.update(reply(429, {"error": True, "reason": "Too many concurrent requests"}))
    assert at_once is not None
    assert at_once.wait == 2


async def test_a_spent_quota_is_waited_out_or_told_and_never_sent(host: ScriptedHost) -> None:
    upstream = Upstream("tests", "library", host.url, quota=HeaderQuota("library", "host"), total_timeout=3.0)
    host.in_turn(answer({}, 429, Retry_After="1"), answer({"well": True}))
    assert (await upstream.send("POST", ["letters"], content={})).ok
    host.in_turn(answer({}, 429, Retry_After="1000"))
    for _ in range(3):
        with pytest.raises(QuotaSpent, match="secondary quota with library is spent"):
            await upstream.get(["shelves"])
    assert len(host.received) == 3
    assert upstream.breaker.state == "closed"
    await upstream.stop()

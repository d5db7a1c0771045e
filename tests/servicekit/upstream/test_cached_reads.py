"""Cached reads over real Valkey: one request for all, on every replica; fresh, stale, confirmed; without a store."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from servicekit.storage.redis.store import RedisStore
from servicekit.upstream.caching.cache import REVALIDATE, CachePolicy
from servicekit.upstream.caching.leases import Leases
from servicekit.upstream.client import Upstream
from servicekit.upstream.errors import UpstreamFailed
from servicekit.upstream.http.credentials import FixedCredentials

from .scripted_host import Received, ScriptedHost, answer, until

FRESH = CachePolicy(fresh=600, stale=600)
STALE = CachePolicy(fresh=0, stale=600)
Replica = Callable[..., Upstream]


@pytest.fixture
async def replica(host: ScriptedHost, valkey_url: str, service: str) -> AsyncIterator[Replica]:
    """Makes replicas of one service: each has connections of its own to one store."""
    opened = []

    def upstream(url: str | None = valkey_url, **options: Any) -> Upstream:
        store = RedisStore(url) if url is not None else None
        made = Upstream(service, "library", host.url, store=store, **options)
        opened.append((made, store))
        return made

    yield upstream
    for made, store in opened:
        await made.stop()
        if store is not None:
            await store.stop()


def slowly(content: bytes, host: ScriptedHost, turns: int = 50) -> None:
    """Answer after some rounds of the event loop, so that concurrent readers have the time to ask."""

    async def later() -> bytes:
        for _ in range(turns):
            await asyncio.sleep(0.001)
        return content

    host.script = lambda _: later()


@pytest.mark.parametrize("cache_policy", [FRESH, REVALIDATE])
async def test_two_hundred_readers_on_two_replicas_make_one_request(
    host: ScriptedHost, replica: Replica, cache_policy: CachePolicy
) -> None:
    slowly(answer({"books": 3}, ETag='"1"'), host)
    one, two = replica(), replica()
    replies = await asyncio.gather(
        *((one, two)[n % 2].get(["shelves", 7], {"page": 2}, cache_policy=cache_policy) for n in range(200))
    )
    assert host.targets == ["/shelves/7?page=2"]
    assert {reply.body for reply in replies} == {b'{"books": 3}'}


async def test_a_trace_shows_what_was_waited_for(
    host: ScriptedHost, replica: Replica, spans: InMemorySpanExporter
) -> None:
    answers = iter([answer({}, status=503), answer({"books": 3})])
    host.script = lambda _: next(answers)
    upstream, tracer = replica(), trace.get_tracer("tests")

    async def read(name: str) -> None:
        with tracer.start_as_current_span(name):
            await upstream.get(["shelves"], cache_policy=FRESH)

    await asyncio.gather(read("first"), read("second"))
    ended = spans.get_finished_spans()
    below = {
        name: [span.name for span in ended if span.parent is not None and span.parent.span_id == parent.context.span_id]
        for parent in ended
        if (name := parent.name) in ("first", "second")
    }
    # Either may be the one that asks.
    assert sorted(below.values(), key=len) == [
        ["GET", "single_flight"],
        ["GET", "SET", "GET", "GET", "retry_delay", "GET", "SET", "EVALSHA"],
    ]


async def test_without_a_store_each_process_makes_one(host: ScriptedHost, replica: Replica) -> None:
    slowly(answer({}), host)
    for url in (None, "redis://127.0.0.1:1/0"):
        upstream = replica(url)
        await asyncio.gather(*(upstream.get(["shelves"], cache_policy=FRESH) for _ in range(20)))
    assert len(host.received) == 2


async def test_readers_who_all_fail_all_hear_why(host: ScriptedHost, replica: Replica) -> None:
    host.script = lambda _: answer(b"garbage")
    upstream = replica()
    failures = await asyncio.gather(
        *(upstream.get(["shelves"], cache_policy=FRESH) for _ in range(20)), return_exceptions=True
    )
    assert {type(failure) for failure in failures} == {UpstreamFailed}
    assert len(host.received) == 1


async def test_a_stale_entry_is_served_and_renewed_in_the_background(host: ScriptedHost, replica: Replica) -> None:
    upstream = replica()
    first = await upstream.get(["shelves"], cache_policy=FRESH)
    hit = await upstream.get(["shelves"], cache_policy=FRESH)
    assert (hit.stale, hit.fetched_at, len(host.received)) == (False, first.fetched_at, 1)

    released = asyncio.Event()

    async def newer() -> bytes:
        await released.wait()
        return answer({"newer": True})

    host.script = lambda _: newer()
    stale = await asyncio.gather(*(upstream.get(["shelves"], cache_policy=STALE) for _ in range(20)))
    assert {(reply.stale, reply.fetched_at) for reply in stale} == {(True, first.fetched_at)}
    await until(lambda: len(host.received) == 2)
    joining = asyncio.ensure_future(upstream.get(["shelves"], cache_policy=CachePolicy()))
    await asyncio.wait([joining], timeout=0.05)
    released.set()
    joined = await joining
    assert (joined.json(), joined.stale, len(host.received)) == ({"newer": True}, False, 2)


async def test_a_stale_entry_that_is_renewed_first_is_used_only_if_that_fails(
    host: ScriptedHost, replica: Replica
) -> None:
    upstream = replica(timeout=1.0, total_timeout=1.0)
    policy = CachePolicy(fresh=0, stale=600, renew_first=True)
    host.script = lambda _: answer({"age": 1})
    first = await upstream.get(["shelves"], cache_policy=policy)
    host.script = lambda _: answer({"age": 2})
    renewed = await asyncio.gather(*(upstream.get(["shelves"], cache_policy=policy) for _ in range(10)))
    assert {(reply.json()["age"], reply.stale) for reply in renewed} == {(2, False)}
    assert len(host.received) == 2
    host.script = lambda _: answer({}, 500)
    late = await upstream.get(["shelves"], cache_policy=policy)
    assert (late.json(), late.stale, first.stale) == ({"age": 2}, True, False)


async def test_what_is_older_than_stale_is_not_shown(host: ScriptedHost, replica: Replica) -> None:
    upstream = replica()
    await upstream.get(["shelves"], cache_policy=CachePolicy(fresh=600))
    host.script = lambda _: answer({}, 400)
    reply = await upstream.get(["shelves"], cache_policy=CachePolicy(fresh=0, stale=0))
    assert (reply.status, len(host.received)) == (400, 2)


async def test_an_etag_is_confirmed_without_a_body(host: ScriptedHost, replica: Replica) -> None:
    def script(request: Received) -> bytes:
        if request.headers.get("if-none-match") == '"v1"':
            return b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nContent-Length: 0\r\n\r\n'
        return answer({"title": "Aleph"}, ETag='"v1"', Link="<x>; rel=next")

    host.script = script
    upstream = replica()
    first = await upstream.get(["books", 1], cache_policy=REVALIDATE)
    second = await upstream.get(["books", 1], cache_policy=REVALIDATE)
    assert second.json() == first.json() == {"title": "Aleph"}
    assert second.headers["link"] == "<x>; rel=next"
    assert second.fetched_at > first.fetched_at
    assert ["if-none-match" in request.headers for request in host.received] == [False, True]


async def test_answers_to_one_credential_are_never_shown_to_another(host: ScriptedHost, replica: Replica) -> None:
    host.script = lambda request: answer({"for": request.headers["authorization"]})
    for name in ("ann", "bob", "ann"):
        upstream = replica(credentials=FixedCredentials({"Authorization": name}))
        assert (await upstream.get(["me"], cache_policy=FRESH)).json() == {"for": name}
    assert len(host.received) == 2


async def test_another_form_is_another_answer(host: ScriptedHost, replica: Replica) -> None:
    host.script = lambda request: answer(request.headers["accept"].encode())
    upstream = replica()
    for accept in ("text/plain", "text/html"):
        reply = await upstream.get(["page"], headers={"Accept": accept}, cache_policy=FRESH, json=False)
        assert reply.body == accept.encode()


async def test_only_a_success_is_kept(host: ScriptedHost, replica: Replica) -> None:
    host.in_turn(answer({}, 404), answer({"found": True}))
    upstream = replica()
    statuses = [(await upstream.get(["shelves"], cache_policy=FRESH)).status for _ in range(3)]
    assert (statuses, len(host.received)) == ([404, 200, 200], 2)


async def test_a_shared_read_continues_for_the_reader_that_stays(host: ScriptedHost, replica: Replica) -> None:
    released = asyncio.Event()

    async def when_released() -> bytes:
        await released.wait()
        return answer({})

    host.script = lambda _: when_released()
    upstream = replica()
    calls = [asyncio.ensure_future(upstream.get(["shelves"], cache_policy=FRESH)) for _ in range(2)]
    await until(lambda: len(host.received) == 1)
    calls[0].cancel()
    await asyncio.wait([calls[0]])
    released.set()
    assert (await calls[1]).ok
    assert (len(host.received), host.gone) == (1, 0)

    released.clear()
    last = asyncio.ensure_future(upstream.get(["others"], cache_policy=FRESH))
    await until(lambda: len(host.received) == 2)
    last.cancel()
    await asyncio.wait([last])
    await until(lambda: host.gone == 1)
    released.set()
    assert (await upstream.get(["others"], cache_policy=FRESH)).ok, "a cancelled flight does not stand in the way"


async def test_the_lease_of_a_dead_replica_expires(
    host: ScriptedHost, replica: Replica, service: str, valkey_url: str
) -> None:
    upstream = replica()
    await upstream.get(["shelves"], cache_policy=FRESH)
    store = RedisStore(valkey_url)
    (key,) = [key async for key in store.redis.scan_iter(f"*{service}*")]
    await store.redis.delete(key)
    await store.redis.set(f"{key.decode()}:lease", "a killed process", px=100)
    assert (await upstream.get(["shelves"], cache_policy=FRESH)).ok
    assert len(host.received) == 2
    await store.stop()


async def test_a_lease_is_held_once_and_let_go_by_its_holder_only(valkey_url: str) -> None:
    store = RedisStore(valkey_url)
    one, two, key = Leases(store), Leases(store), secrets.token_hex(8)
    async with one.acquire(key) as held:
        async with two.acquire(key) as also:
            assert (held, also) == (True, False)
        async with two.acquire(key) as still_not:
            assert not still_not
    async with two.acquire(key) as now:
        assert now
        await store.redis.set(f"{key}:lease", "another's", ex=60)
    assert await store.redis.get(f"{key}:lease") == b"another's"
    await store.stop()

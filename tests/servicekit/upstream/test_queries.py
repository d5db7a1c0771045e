"""Reads with POST, as in GraphQL: cached by their body, retried, and refused by the status that their JSON states."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from servicekit.core.errors import OutcomeUnknown
from servicekit.storage.redis.store import RedisStore
from servicekit.upstream.caching.cache import CachePolicy
from servicekit.upstream.client import Upstream
from servicekit.upstream.errors import QuotaSpent, UpstreamFailed
from servicekit.upstream.resilience import retry_budget
from servicekit.upstream.resilience.header_quota import HeaderQuota

from .scripted_host import Received, ScriptedHost, answer

FRESH = CachePolicy(fresh=600)


@pytest.fixture
async def upstream(host: ScriptedHost, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Upstream]:
    monkeypatch.setattr(retry_budget, "FIRST_BACKOFF", 0.01)
    store, name = RedisStore(valkey_url), f"tests-{secrets.token_hex(4)}"
    made = Upstream(name, "library", f"{host.url}/api/v3", store=store, quota=HeaderQuota("library", "library"))
    yield made
    await made.stop()
    await store.stop()


def stated(content: Any) -> int:
    return int(content.get("status", 200))


async def test_equal_questions_share_a_response_and_others_do_not(host: ScriptedHost, upstream: Upstream) -> None:
    host.script = lambda request: answer(json.loads(request.body))

    async def ask(word: str) -> Any:
        return (await upstream.query(["books"], {"word": word}, cache_policy=FRESH)).json()

    found = await asyncio.gather(*(ask(word) for word in ("owl", "fox", "owl")), ask("owl"))
    assert [one["word"] for one in [*found, await ask("fox")]] == ["owl", "fox", "owl", "owl", "fox"]
    assert [(one.method, one.target) for one in host.received] == [("POST", "/api/v3/books")] * 2


async def test_root_replaces_the_path_of_the_base_url(host: ScriptedHost, upstream: Upstream) -> None:
    await upstream.query((), {}, root="/api/graphql")
    await upstream.send("POST", ["books"], root="/api", content={})
    assert host.targets == ["/api/graphql", "/api/books"]


async def test_a_failing_query_is_repeated(host: ScriptedHost, upstream: Upstream) -> None:
    host.in_turn(answer({}, 503), answer(b""), answer({"books": 3}))
    with pytest.raises(UpstreamFailed, match="not valid JSON"):
        await upstream.query(["books"], {}, cache_policy=FRESH)
    assert (await upstream.query(["books"], {}, cache_policy=FRESH)).json() == {"books": 3}


async def test_a_failure_that_the_json_states_is_repeated(host: ScriptedHost, upstream: Upstream) -> None:
    host.in_turn(answer({"status": 502}), answer({"books": 3}))
    assert (await upstream.query(["books"], {}, status_in=stated)).json() == {"books": 3}
    host.in_turn(answer({"status": 502}, Retry_After="60"))
    for _ in range(9):  # the host answers, so the circuit breaker stays closed
        with pytest.raises(UpstreamFailed, match=r"could not process the request.*try again in 60 s"):
            await upstream.query(["books"], {}, status_in=stated)
    assert upstream.breaker.state == "closed"


async def test_a_limit_that_the_json_states_stops_requests(host: ScriptedHost, upstream: Upstream) -> None:
    host.in_turn(answer({"status": 429}))
    for _ in range(2):
        with pytest.raises(QuotaSpent, match="secondary quota"):
            await upstream.query(["books"], {}, status_in=stated, cache_policy=FRESH)
    assert len(host.received) == 1


async def test_a_refusal_that_the_json_states_is_not_cached(host: ScriptedHost, upstream: Upstream) -> None:
    host.in_turn(answer({"status": 404}), answer({"books": 3}))
    for status in (404, 200, 200):
        assert (await upstream.query(["books"], {}, status_in=stated, cache_policy=FRESH)).status == status
    assert len(host.received) == 2


async def test_a_write_that_the_json_calls_failed_has_an_unknown_outcome(
    host: ScriptedHost, upstream: Upstream
) -> None:
    host.in_turn(answer({"status": 502}))
    with pytest.raises(OutcomeUnknown):
        await upstream.send("POST", ["books"], content={}, status_in=stated)
    assert len(host.received) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_method_that_a_host_lacks_changes_nothing(host: ScriptedHost, upstream: Upstream, method: str) -> None:
    host.script = lambda _: answer({}, 501)
    for _ in range(9):
        with pytest.raises(UpstreamFailed, match=r"501.*repeating the same request will not help"):
            await upstream.send(method, ["books"])
    assert (len(host.received), upstream.breaker.state) == (9, "closed")


async def test_redirected_query_is_refused(host: ScriptedHost, upstream: Upstream) -> None:
    def script(request: Received) -> bytes:
        return answer({}, 307, Location="/elsewhere" if "books" in request.target else "http://127.0.0.1:1/")

    host.script = script
    assert (await upstream.query(["books"], {})).status == 307
    with pytest.raises(UpstreamFailed, match="redirected to an address"):
        await upstream.query(["shelves"], {})

"""The rules of an upstream on their own: addresses that cannot be left, quotas, the breaker, the budget of retries."""

import json
from collections.abc import AsyncIterator
from email.utils import formatdate
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pydantic import TypeAdapter, ValidationError

from servicekit.core.errors import Refused
from servicekit.storage.redis.store import RedisStore
from servicekit.upstream.client import Upstream
from servicekit.upstream.errors import CircuitOpen, QuotaSpent, UpstreamFailed
from servicekit.upstream.http.response import UpstreamResponse
from servicekit.upstream.http.url import ENDING_SLASH, Origin, Repeated, UpstreamUrl
from servicekit.upstream.resilience.circuit_breaker import CircuitBreaker
from servicekit.upstream.resilience.counted_quota import CountedQuota, Window
from servicekit.upstream.resilience.header_quota import HeaderQuota
from servicekit.upstream.resilience.retry_budget import RetryBudget, retry_delay

from .scripted_host import ScriptedHost, answer, scripted_host

NOW = 1_800_000_030.0  # half a minute past a full minute


def reply(status: int = 200, content: Any = None, **headers: str) -> UpstreamResponse:
    lower = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    return UpstreamResponse(status, lower, json.dumps(content).encode(), NOW)


@given(st.lists(st.text(min_size=1, max_size=30) | st.integers(), max_size=5), st.text(max_size=30))
def test_whatever_a_segment_holds_it_stays_one_segment(segments: list[str | int], value: str) -> None:
    try:
        url = Origin("https://api.example/v3/").url(segments, {"q": value, "none": None})
    except (Refused, UnicodeEncodeError):
        unfit = [text for text in map(str, segments) if text in (".", "..") or not text.isprintable()]
        assert unfit or any(0xD800 <= ord(letter) <= 0xDFFF for letter in value)
        return
    path, _, query = url.removeprefix("https://api.example/v3").partition("?")
    assert [unquote(part) for part in path.split("/")[1:]] == [str(segment) for segment in segments]
    assert unquote(query) == f"q={value}"
    assert "#" not in url
    assert url.isascii()


@pytest.mark.parametrize("segment", ["", ".", "..", "x" * 1025, "\ud800"])
def test_a_segment_that_cannot_be_held_together_is_refused(segment: str) -> None:
    with pytest.raises(Refused):
        Origin("https://api.example").url(["repos", segment])


def test_what_no_url_can_carry_is_refused() -> None:
    with pytest.raises(Refused, match="too long for one URL"):
        Origin("https://api.example").url(["search"], {"q": "x" * 70_000})


def test_lists_are_joined_or_repeated() -> None:
    origin = Origin("https://api.example/v3")
    assert origin.url(["pets"], {"tag": ["a", "b&c"]}) == "https://api.example/v3/pets?tag=a%2Cb%26c"
    assert origin.url(["pets"], {"tag": Repeated(["a", "b&c"])}) == "https://api.example/v3/pets?tag=a&tag=b%26c"
    assert origin.url(["pets"], {"tag": Repeated([])}) == "https://api.example/v3/pets"


def test_a_path_ends_with_a_slash_on_request_only() -> None:
    origin = Origin("https://api.example/v3")
    assert origin.url(["pets", ENDING_SLASH], {"a": 1}) == "https://api.example/v3/pets/?a=1"
    for segments in (["pets", ""], ["pets", ENDING_SLASH, "x"]):
        with pytest.raises(Refused, match="is empty"):
            origin.url(segments)


@pytest.mark.parametrize(
    "url", ["api.example", "ftp://api.example", "https://", "https://a@b", "https://a?b=c", "https://a#b"]
)
def test_a_base_url_is_an_origin_and_a_path(url: str) -> None:
    with pytest.raises(ValueError, match="base URL"):
        Origin(url)


@pytest.mark.parametrize(
    ("url", "fit"),
    [
        ("https://api.example/v3", True),
        ("http://127.0.0.1:8142", True),
        ("http://api.example", False),
        ("https://api.example/?key=x", False),
        ("gopher://api.example", False),
    ],
)
def test_an_upstream_url_must_be_https_or_loopback(url: str, fit: bool) -> None:
    if fit:
        assert TypeAdapter(UpstreamUrl).validate_python(url) == url
        return
    with pytest.raises(ValidationError):
        TypeAdapter(UpstreamUrl).validate_python(url)


@pytest.mark.parametrize(
    ("location", "leads"),
    [
        ("/repositories/1", ("https://api.example/repositories/1", True)),
        ("https://api.example:443/x", ("https://api.example:443/x", True)),
        ("https://logs.blob.example/x?sig=1", ("https://logs.blob.example/x?sig=1", False)),
        ("https://blob.example/x", None),
        ("https://logs.blob.example:8443/x", None),
        ("http://api.example/x", None),
        ("https://api.example.evil.example/x", None),
        ("https://api.example@evil.example/x", None),
        ("https://evil-blob.example/", None),
        ("https://[::1", None),
        ("https://api.example:99999/", None),
        ("javascript:alert(1)", None),
        ("//evil.example", None),
        ("\\\\evil.example/x", ("https://api.example/v3/\\\\evil.example/x", True)),
        ("https://api.example\\@evil.example/", None),
        ("https://\u212aube.blob.example/", None),
        ("https://evil.example\u3002blob.example/", None),
        ("/a\x7fb", None),
        ("/" + "a" * 70_000, None),
    ],
)
def test_redirects_lead_where_the_operator_said(location: str, leads: tuple[str, bool] | None) -> None:
    address = Origin("https://api.example/v3", redirect_hosts=["*.blob.example"])
    assert address.redirected("https://api.example/v3/logs", location) == leads


@pytest.fixture
async def host() -> AsyncIterator[ScriptedHost]:
    async with scripted_host() as host:
        yield host


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


def failure(**details: Any) -> UpstreamFailed:
    return UpstreamFailed("library", "failed", kind="500", **details)


@pytest.mark.parametrize(
    ("failed", "attempt", "idempotent", "left", "again"),
    [
        (failure(), 1, True, 10.0, True),
        (failure(), 3, True, 10.0, False),
        (failure(), 1, False, 10.0, False),
        (failure(sent=False), 1, False, 10.0, True),
        (failure(retryable=False), 1, True, 10.0, False),
        (failure(retry_after=9.0), 1, True, 10.0, True),
        (failure(retry_after=30.0), 1, True, 10.0, False),
        (failure(), 1, True, 0.1, False),
        (QuotaSpent("library", "core", 5.0, 0.0), 1, False, 10.0, True),
        (QuotaSpent("library", "core", 6.0, 0.0), 1, False, 10.0, False),
        (QuotaSpent("library", "core", 5.0, 0.0), 1, False, 4.0, False),
        (CircuitOpen("library", 1.0), 1, True, 10.0, False),
    ],
)
def test_sending_again_needs_safety_time_and_hope(
    failed: UpstreamFailed | QuotaSpent, attempt: int, idempotent: bool, left: float, again: bool
) -> None:
    pause = retry_delay(failed, attempt, idempotent=idempotent, left=left, budget=RetryBudget())
    assert (pause is not None) is again
    if pause is not None:
        assert 0 <= pause <= left


@given(st.integers(0, 500))
def test_retries_never_outgrow_their_share(requests: int) -> None:
    budget = RetryBudget(ratio=0.1, most=10, per_second=0.0)
    retries = 0
    for _ in range(requests):
        budget.earn()
        retries += budget.spend()
    assert retries <= 10 + requests * 0.1


class BreakerModel(RuleBasedStateMachine):
    """Any history of requests: at most one goes to a host that rests, and a host that answers is trusted again."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.breaker = CircuitBreaker(
            "library", "host", failure_threshold=3, open_seconds=5.0, max_open_seconds=20.0, clock=lambda: self.now
        )
        self.under_way: list[Any] = []
        self.in_a_row = 0

    @rule()
    def begin(self) -> None:
        guard = self.breaker.track()
        before = self.breaker.state
        try:
            guard.__enter__()
        except CircuitOpen:
            assert before != "closed"
            return
        assert before != "open"
        self.under_way.append((guard, before == "half_open"))

    @precondition(lambda self: self.under_way)
    @rule(number=st.integers(0, 100), fails=st.sampled_from([UpstreamFailed, None, ValueError]))
    def finish(self, number: int, fails: type[Exception] | None) -> None:
        guard, probe = self.under_way.pop(number % len(self.under_way))
        before = self.breaker.state
        error = None if fails is None else failure() if fails is UpstreamFailed else ValueError()
        guard.__exit__(type(error) if error else None, error, None)
        if before == "closed":
            self.in_a_row = self.in_a_row + 1 if fails is UpstreamFailed else 0 if fails is None else self.in_a_row
            assert (self.breaker.state == "open") is (self.in_a_row >= 3)
        elif probe:
            assert (self.breaker.state == "closed") is (fails is None)
            self.in_a_row = 0 if fails is None else self.in_a_row

    @rule(seconds=st.floats(0, 30))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def one_probe_at_most(self) -> None:
        assert sum(probe for _, probe in self.under_way) <= 1


class TestBreaker(BreakerModel.TestCase):  # type: ignore[misc, name-defined]
    """Runs the model."""

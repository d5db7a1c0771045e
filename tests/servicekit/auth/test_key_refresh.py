"""When the issuer's keys are fetched again, what that changes, and that a stop ends it."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from devkit.issuer.keys import KeyPair
from servicekit.auth import jwks
from servicekit.auth.errors import VerificationUnavailable
from servicekit.auth.jwks import SigningKeys
from servicekit.telemetry.spans import tracer

from .scripted_issuer import KEYS, OAUTH, ScriptedIssuer, scripted

KEY, OTHER = KeyPair.generate(), KeyPair.generate()


@pytest.fixture
async def issuer() -> AsyncIterator[ScriptedIssuer]:
    with scripted() as running:
        running.publish(KEY)
        yield running


def keys_of(issuer: ScriptedIssuer) -> SigningKeys:
    return SigningKeys(issuer.url, None, ("RS256",))


async def fetched() -> None:
    """After the fetch that runs."""
    for task in asyncio.all_tasks():
        if task.get_name() == "jwks":
            await task


async def test_fetching_the_same_keys_again_forgets_no_token(
    issuer: ScriptedIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = keys_of(issuer)
    assert await keys.get(KEY.key_id) is not None
    first = keys.generation
    monkeypatch.setattr(jwks, "REFRESH_INTERVAL", 0.0)
    keys.refresh_if_stale()
    await fetched()
    assert issuer.asked.count(KEYS) == 2
    assert keys.generation == first
    issuer.publish(KEY, OTHER)
    keys.refresh_if_stale()
    await fetched()
    assert keys.generation > first


async def test_fresh_keys_are_not_fetched_again(issuer: ScriptedIssuer) -> None:
    keys = keys_of(issuer)
    assert await keys.get(KEY.key_id) is not None
    keys.refresh_if_stale()
    await fetched()
    assert issuer.asked.count(KEYS) == 1


@pytest.mark.parametrize(("interval", "fetches"), [(30.0, 2), (0.0, 3)])
async def test_a_failed_fetch_is_repeated_after_an_interval(
    issuer: ScriptedIssuer, monkeypatch: pytest.MonkeyPatch, interval: float, fetches: int
) -> None:
    keys = keys_of(issuer)
    assert await keys.get(KEY.key_id) is not None
    issuer.say(KEYS, b"", status=500)
    monkeypatch.setattr(jwks, "UNKNOWN_KEY_INTERVAL", interval)
    monkeypatch.setattr(jwks, "REFRESH_INTERVAL", 0.0)
    keys.refresh_if_stale()
    monkeypatch.setattr(jwks, "REFRESH_INTERVAL", 300.0)
    await fetched()
    for _ in range(3):
        keys.refresh_if_stale()
    await fetched()
    assert issuer.asked.count(KEYS) == fetches


async def test_one_fetch_serves_all_that_wait(issuer: ScriptedIssuer) -> None:
    keys = keys_of(issuer)
    found = await asyncio.gather(*(keys.get(KEY.key_id) for _ in range(20)))
    assert all(found)
    assert issuer.asked.count(KEYS) == 1


async def test_without_a_key_id_only_a_single_key_is_taken(issuer: ScriptedIssuer) -> None:
    assert await keys_of(issuer).get(None) is not None
    issuer.publish(KEY, OTHER)
    assert await keys_of(issuer).get(None) is None


async def test_a_stop_ends_the_fetch_that_runs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        keys = SigningKeys(f"http://127.0.0.1:{silent.getsockname()[1]}", None, ("RS256",))
        async with keys.running():
            await asyncio.sleep(0)
            (fetch,) = (task for task in asyncio.all_tasks() if task.get_name() == "jwks")
        await asyncio.wait({fetch}, timeout=1)
        assert fetch.cancelled()


@pytest.mark.parametrize(
    ("path", "document", "reason"),
    [
        (OAUTH, {"issuer": "https://other.example"}, "no metadata document names the issuer and its jwks_uri"),
        (KEYS, {"keys": []}, "no usable signing key in the key set"),
        (KEYS, b"[]", "the document is not a JSON object"),
        (KEYS, b"<html>", "the document is not JSON"),
        (KEYS, b" " * 300_000, "the document is larger than 262144 bytes"),
    ],
)
async def test_the_log_says_why_keys_are_missing(
    issuer: ScriptedIssuer, caplog: pytest.LogCaptureFixture, path: str, document: object, reason: str
) -> None:
    issuer.say(path, document)
    with caplog.at_level(logging.WARNING, "servicekit.auth.jwks"), pytest.raises(VerificationUnavailable):
        await keys_of(issuer).get(KEY.key_id)
    (record,) = caplog.records
    assert vars(record)["reason"] == reason


@pytest.mark.parametrize("address", ["http://keys.example/jwks", "ftp://127.0.0.1/jwks", "http:/jwks", "jwks"])
async def test_keys_are_fetched_over_https_or_from_this_machine(
    issuer: ScriptedIssuer, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    issuer.say(OAUTH, {"issuer": issuer.url, "jwks_uri": address})
    with caplog.at_level(logging.WARNING, "servicekit.auth.jwks"), pytest.raises(VerificationUnavailable):
        await keys_of(issuer).get(KEY.key_id)
    assert [vars(record)["reason"] for record in caplog.records] == [
        "no metadata document names the issuer and its jwks_uri"
    ]


async def test_the_log_quotes_nothing_from_the_network(
    issuer: ScriptedIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.say(OAUTH, {"issuer": issuer.url, "jwks_uri": "http://[MARKER/jwks"})
    with caplog.at_level(logging.WARNING, "servicekit.auth.jwks"), pytest.raises(VerificationUnavailable):
        await keys_of(issuer).get(KEY.key_id)
    issuer.answers.clear()
    assert "MARKER" not in str([vars(record) for record in caplog.records])


async def test_a_large_key_set_within_the_bound_is_read(issuer: ScriptedIssuer) -> None:
    filler = {"kty": "oct", "k": "x" * 240_000}
    issuer.publish(filler, KEY)
    assert await keys_of(issuer).get(KEY.key_id) is not None


async def test_keys_without_an_id_are_taken_by_their_place(issuer: ScriptedIssuer) -> None:
    entries = [{name: value for name, value in key.jwk().items() if name != "kid"} for key in (KEY, OTHER)]
    issuer.publish(*entries)
    keys = keys_of(issuer)
    assert await keys.get(None) is None
    issuer.publish(entries[0])
    assert await keys_of(issuer).get(None) is not None


@pytest.mark.parametrize("key_set", [None, "http://localhost/jwks"])
async def test_the_span_of_a_fetch_names_the_host_of_the_keys(
    issuer: ScriptedIssuer, spans: InMemorySpanExporter, key_set: str | None
) -> None:
    jwks_url = key_set and key_set.replace("localhost", f"localhost:{issuer.url.rpartition(':')[2]}")
    with tracer.start_as_current_span("test"):
        assert await SigningKeys(issuer.url, jwks_url, ("RS256",)).get(KEY.key_id) is not None
    hosts = [
        (span.attributes or {})["server.address"] for span in spans.get_finished_spans() if span.name == "GET jwks"
    ]
    assert hosts == ["localhost" if key_set else "127.0.0.1"]

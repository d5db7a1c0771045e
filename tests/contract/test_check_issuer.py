"""`check` on issuers, collectors and upstreams: each defect is found and its remedy named."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from devkit.issuer.keys import KeyPair
from devkit.issuer.testing import RunningIssuer
from devkit.simulators.registry import find_simulator
from tests.servicekit.auth.scripted_issuer import KEYS, OAUTH, ScriptedIssuer, scripted

from .checking import Checked, check
from .conftest import DESCRIPTIONS, WITH_AUDIT_FILE
from .domains import variables

NAME = WITH_AUDIT_FILE[0]
PREFIX = DESCRIPTIONS[NAME].prefix


@pytest.fixture
def host() -> Iterator[ScriptedIssuer]:
    with scripted() as issuer:
        issuer.say(OAUTH, {"issuer": issuer.url, "jwks_uri": f"{issuer.url}{KEYS}"})
        issuer.publish(KeyPair.generate())
        yield issuer


async def checked(issuer: str, **settings: str) -> Checked:
    given = {"public_url": DESCRIPTIONS[NAME].resource, "issuer": issuer, **settings}
    return await check(NAME, variables(DESCRIPTIONS[NAME], given))


def failures(found: Checked) -> set[str]:
    return {name for name in found.failed() if name.startswith("issuer.")}


async def test_a_working_issuer_passes(host: ScriptedIssuer) -> None:
    found = await checked(host.url)
    assert failures(found) == set()
    assert found.status("issuer.metadata") == found.status("issuer.keys") == "ok"


async def test_the_development_issuer_passes(issuer: RunningIssuer) -> None:
    assert failures(await checked(issuer.url)) == set()


async def introspecting(url: str, path: str, secret: str) -> Checked:
    return await checked(
        url,
        introspection_url=f"{url}{path}",
        introspection_client_id="dev-m2m",
        introspection_client_secret=secret,
    )


async def test_introspection_is_tried(issuer: RunningIssuer, host: ScriptedIssuer) -> None:
    working = await introspecting(issuer.url, "/introspect", issuer.machine_secret)
    assert working.status("issuer.introspection") == "ok"
    refused = await introspecting(issuer.url, "/introspect", "wrong")
    assert "the endpoint answers 401" in refused.said("issuer.introspection")
    assert f"Set {PREFIX}INTROSPECTION_CLIENT_ID" in refused.said("issuer.introspection")
    host.say("/introspect", {"active": True})
    gullible = await introspecting(host.url, "/introspect", "s")
    assert "any text is an active token" in gullible.said("issuer.introspection")


async def test_another_issuer_in_the_metadata_is_refused(host: ScriptedIssuer) -> None:
    host.say(OAUTH, {"issuer": f"{host.url}/", "jwks_uri": f"{host.url}{KEYS}"})
    found = await checked(host.url)
    assert failures(found) == {"issuer.metadata"}
    assert f"Set {PREFIX}ISSUER exactly as the issuer writes it" in found.said("issuer.metadata")


async def test_metadata_without_keys_is_refused(host: ScriptedIssuer) -> None:
    host.say(OAUTH, {"issuer": host.url})
    assert "names no jwks_uri" in (await checked(host.url)).said("issuer.metadata")


async def test_keys_over_http_are_refused(host: ScriptedIssuer) -> None:
    host.say(OAUTH, {"issuer": host.url, "jwks_uri": "http://keys.example.com/jwks"})
    assert "is not https" in (await checked(host.url)).said("issuer.metadata")


async def test_missing_metadata_is_named(host: ScriptedIssuer) -> None:
    host.answers.clear()
    assert "Answered with status 404." in (await checked(host.url)).said("issuer.metadata")


@pytest.mark.parametrize("document", [{"keys": []}, {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}])
async def test_a_set_without_usable_keys_is_refused(host: ScriptedIssuer, document: dict[str, object]) -> None:
    host.say(KEYS, document)
    found = await checked(host.url)
    assert failures(found) == {"issuer.keys"}
    assert "no usable signing key for RS256, ES256, EdDSA" in found.said("issuer.keys")


@pytest.mark.parametrize("document", [b"<html>", b"[]", {"keys": 5}])
async def test_a_page_is_no_key_set(host: ScriptedIssuer, document: object) -> None:
    host.say(KEYS, document)
    assert failures(await checked(host.url)) == {"issuer.keys"}


async def test_a_key_set_of_its_own_needs_no_metadata(host: ScriptedIssuer) -> None:
    host.answers.pop(OAUTH)
    found = await checked(host.url, jwks_url=f"{host.url}{KEYS}")
    assert failures(found) == set()


@pytest.mark.parametrize(("shift", "words"), [(timedelta(minutes=-2), "behind"), (timedelta(minutes=2), "ahead of")])
async def test_a_wrong_clock_is_warned_of(host: ScriptedIssuer, shift: timedelta, words: str) -> None:
    date = format_datetime(datetime.now(UTC) + shift, usegmt=True)
    host.say(KEYS, {"keys": [KeyPair.generate().jwk()]}, 200, Date=date)
    said = (await checked(host.url)).said("issuer.clock")
    assert words in said
    assert "Synchronise both clocks" in said


@pytest.mark.parametrize(("status", "words"), [(401, "refuses the credentials"), (404, "answers with status 404")])
async def test_a_collector_that_refuses_is_warned_of(host: ScriptedIssuer, status: int, words: str) -> None:
    host.say("/v1/traces", {}, status)
    found = await checked(host.url, otlp_endpoint=host.url)
    assert found.status("telemetry.collector") == "warn"
    assert words in found.said("telemetry.collector")


async def test_the_collector_gets_its_credentials(host: ScriptedIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    host.say("/v1/traces", {})
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20collector-secret-5d1c")
    found = await checked(host.url, otlp_endpoint=host.url)
    assert found.status("telemetry.collector") == "ok"
    sent = host.headers[host.asked.index("/v1/traces")]
    assert sent["authorization"] == "Bearer collector-secret-5d1c"
    assert "collector-secret-5d1c" not in found.result.output


async def test_no_request_reaches_an_upstream(host: ScriptedIssuer) -> None:
    found = await checked("http://127.0.0.1:1", **dict.fromkeys(upstream_fields(), host.url))
    assert found.status("upstream.connection") == "ok"
    assert host.asked == []


def upstream_fields() -> list[str]:
    """The settings with an upstream's URL."""
    simulator = DESCRIPTIONS[NAME].simulator
    assert simulator is not None
    environment = find_simulator(simulator).environment("http://127.0.0.1:9")
    return [name.lower() for name, value in environment.items() if "://" in value]

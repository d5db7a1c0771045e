"""The routes around the endpoint: exact Host and Origin, CORS, health, metadata, and the page for people."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from servicekit.audit.file import AuditFile
from servicekit.core.health import EVERY_CALL, Health
from servicekit.journal.redis import RedisJournal
from servicekit.storage.redis.store import RedisStore
from tests.servicekit.apps.general_app import READ
from tests.servicekit.conftest import Site, era_headers, get, post, request

from .raw_socket import connected

LIST = request("tools/list")


class Part:
    """A component in a given state."""

    def __init__(self, name: str, state: str = "ok") -> None:
        self.name = name
        self.state = state
        self.checks = 0
        self.needed_for: tuple[str, ...] = EVERY_CALL
        self.parts: dict[str, str] = {}

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def check(self) -> None:
        self.checks += 1
        if self.state == "failing":
            raise OSError("postgres://keeper:SECRET@shelf.internal")
        if self.state == "hanging":
            await asyncio.Event().wait()


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "localhost", "127.0.0.1:1", "", "{0}.evil.example", "{0}, {0}", "{0}\t."]
)
def test_another_host_is_refused(site: Site, host: str) -> None:
    own = site.base_url.removeprefix("http://")
    for path in ("/mcp", "/", "/health", "/.well-known/oauth-protected-resource"):
        response = get(f"{site.base_url}{path}", headers={"Host": host.format(own).replace("\t", "")})
        assert response.status_code == (421 if host else 400)
        assert "evil" not in response.text


def test_two_hosts_or_none_are_refused(site: Site) -> None:
    with connected(site.base_url) as connection:
        connection.send(f"GET / HTTP/1.1\r\nHost: {connection.host}\r\nHost: {connection.host}\r\n\r\n".encode())
        assert connection.status() in (400, 421)
    with connected(site.base_url) as connection:
        connection.send(b"GET / HTTP/1.0\r\n\r\n")
        assert connection.status() in (400, 421)


def test_probes_may_use_any_host_and_learn_nothing(site: Site) -> None:
    assert get(f"{site.base_url}/live", headers={"Host": "10.0.0.7:8000"}).json() == {"status": "alive"}
    ready = get(f"{site.base_url}/ready", headers={"Host": "10.0.0.7:8000"})
    assert (ready.status_code, ready.json()) == (200, {"status": "degraded"})  # its journal's store does not exist


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost", "https://app.example.evil.example"]
)
def test_another_origin_is_refused(serve: Any, origin: str) -> None:
    with serve(allowed_origins="https://app.example") as site:
        response = site.post(LIST, Origin=origin)
        assert response.status_code == 403
        assert "Access-Control-Allow-Origin" not in response.headers


def test_an_allowed_origin_may_call_and_read_the_challenge(serve: Any) -> None:
    with serve(allowed_origins="https://app.example") as site:
        response = site.post(LIST, Origin="https://app.example")
        assert response.status_code == 200
        assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"
        assert "WWW-Authenticate" in response.headers["Access-Control-Expose-Headers"]
        refused = post(site.endpoint, json=LIST, headers={"Origin": "https://app.example"})
        assert (refused.status_code, "WWW-Authenticate" in refused.headers) == (401, True)


def test_the_own_page_may_call_unless_it_only_says_how_to_connect(serve: Any) -> None:
    for portal, status in (("connect", 403), ("tools", 200), ("calls", 200)):
        with serve(portal=portal) as site:
            assert site.post(LIST, Origin=site.base_url).status_code == status
            assert site.post(LIST, Origin=site.base_url.replace("127.0.0.1", "localhost")).status_code == 403


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "TRACE"])
def test_only_post_reaches_the_endpoint(site: Site, method: str) -> None:
    import httpx2

    with httpx2.Client(trust_env=False) as client:
        signed_in = client.request(method, site.endpoint, headers=site.headers(READ))
        stranger = client.request(method, site.endpoint)
    assert (signed_in.status_code, signed_in.headers["Allow"]) == (405, "POST")
    assert stranger.status_code == 401


@pytest.mark.parametrize("given", ["short", "x" * 200, "bad id with spaces", "line\\nbreak", "<script>123"])
def test_a_request_id_that_no_proxy_makes_is_replaced(site: Site, given: str) -> None:
    got = get(f"{site.base_url}/live", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert got != given
    assert len(got) == 32


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/metrics", "/.env", "/mcp/x", "/..%2f..%2fetc/passwd", "/%00"]
)
def test_nothing_else_is_served(site: Site, path: str) -> None:
    response = get(f"{site.base_url}{path}")
    assert response.status_code == 404
    assert response.json() == {"detail": "Not found. The MCP endpoint is /mcp."}


@pytest.mark.parametrize("era", ["auto", "legacy"])
def test_a_proxy_sees_nothing_of_an_answer_before_there_is_one(serve: Any, era: str) -> None:
    """A head that went out is a call that cannot be made again elsewhere when this replica dies."""
    seconds = 1.0
    with serve(call_timeout=seconds) as site, connected(site.base_url) as connection:
        body = json.dumps(request("tools/call", {"name": "wait", "arguments": {}}, era)).encode()
        headers = {**site.headers(READ), **era_headers("tools/call", "wait", era)}
        began = time.monotonic()
        connection.head(**headers, Content_Type="application/json", Content_Length=str(len(body)))
        connection.send(body)
        assert connection.status() == 200
        assert time.monotonic() - began > seconds / 2


def test_health_when_everything_works(serve: Any, valkey_url: str, tmp_path: Path) -> None:
    store = RedisStore(valkey_url)
    journal = RedisJournal("health", store, AuditFile(tmp_path / "audit"))
    with serve(components=(Part("database"), store), journal=journal) as site:
        report = get(f"{site.base_url}/health").json()
        assert report["status"] == "ok"
        assert {name: part["status"] for name, part in report["components"].items()} == {
            "database": "ok",
            "store": "ok",
            "journal": "ok",
        }
        assert all(part["latency_ms"] >= 0 for part in report["components"].values())
        assert get(f"{site.base_url}/ready").status_code == 200


def test_a_server_whose_writes_fail_is_ready_for_reads(serve: Any) -> None:
    with serve(components=(Part("database"),)) as site:  # its journal's store does not exist
        health = get(f"{site.base_url}/health")
        report = health.json()
        assert (health.status_code, report["status"]) == (200, "degraded")
        assert report["calls"] == {"reads": "ok", "writes": "unavailable"}
        assert report["components"]["journal"] == {"status": "unavailable"}
        assert get(f"{site.base_url}/ready").status_code == 200


def test_a_server_that_only_reads_needs_nothing_for_writes(serve: Any) -> None:
    with serve(components=(Part("database"),), read_only=True) as site:
        report = get(f"{site.base_url}/health").json()
        assert (report["status"], report["calls"]) == ("ok", {"reads": "ok"})


@pytest.mark.parametrize("failing", [(), ("reads",), ("writes",), ("reads", "writes")])
async def test_readiness_fails_only_when_no_call_can_succeed(failing: tuple[str, ...]) -> None:
    parts = [Part("free", "failing"), *(Part(kind, "failing" if kind in failing else "ok") for kind in EVERY_CALL)]
    for part, needed_for in zip(parts, ((), ("reads",), ("writes",)), strict=True):
        part.needed_for = needed_for
    report = await Health(parts).report()
    assert report["calls"] == {kind: "unavailable" if kind in failing else "ok" for kind in EVERY_CALL}
    assert report["status"] == ("ok", "degraded", "unavailable")[len(failing)]


async def test_the_parts_of_a_component_are_shown() -> None:
    part = Part("database")
    part.parts = {"primary": "ok", "replica": "unavailable"}
    report = await Health([part]).report()
    assert (report["status"], report["components"]["database"]["parts"]) == ("ok", part.parts)


@pytest.mark.parametrize("state", ["failing", "hanging"])
def test_health_when_a_component_does_not_work(serve: Any, state: str) -> None:
    broken = Part("database", state)
    with serve(components=(broken, Part("store"))) as site:
        health, ready = get(f"{site.base_url}/health"), get(f"{site.base_url}/ready")
        assert (health.status_code, ready.status_code, get(f"{site.base_url}/live").status_code) == (503, 503, 200)
        assert ready.json() == {"status": "unavailable"}
        assert health.json()["components"]["database"] == {"status": "unavailable"}
        assert health.json()["components"]["store"]["status"] == "ok"
        assert "SECRET" not in health.text
        assert site.post(LIST).status_code == 200  # calls that need no database are still served


def test_a_crowd_of_probes_makes_one_check(serve: Any) -> None:
    part = Part("database")
    with serve(components=(part,)) as site:
        for _ in range(10):
            assert get(f"{site.base_url}/ready").status_code == 200
        assert part.checks <= 2


async def test_a_draining_server_is_alive_and_not_ready() -> None:
    health = Health([])
    health.shutting_down = True
    assert (await health.report())["status"] == "draining"

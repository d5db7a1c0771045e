"""Subscriptions: who hears what, on which replica, for how long, and how a stream ends."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import ListenNotSupportedError, Subscription
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourceUpdated, ToolsListChanged
from pydantic import SecretStr

from devkit.issuer.testing import RunningIssuer
from servicekit.access.policy import Denial, Policy
from servicekit.registry.registry import Registry
from servicekit.server.service import Service
from servicekit.testing.service import caller, connect, serving
from tests.servicekit.apps.general_app import app_settings
from tests.servicekit.apps.subscriptions_app import READ, SECRET, subscriptions_app
from tests.servicekit.apps.writes_database import until
from tests.servicekit.auth.test_api_keys import Keys
from tests.servicekit.conftest import at, post, request
from tests.servicekit.storage.test_store_outage import OwnStore, own_store

__all__ = ["own_store"]

NOTE = "note://n1"
PATIENCE = 10.0  # seconds
GONE = Denial("Gone.", frozenset(), frozenset())


@dataclass
class Replicas:
    """Replicas of one service over HTTP."""

    issuer: RunningIssuer
    base_urls: list[str] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)

    @asynccontextmanager
    async def client(
        self, replica: int = 0, *scopes: str, key: str | None = None, **claims: Any
    ) -> AsyncIterator[Client]:
        """The official client at one replica, with a token of these claims unless it has a key."""
        url = f"{self.base_urls[replica]}/mcp"
        headers = {"Authorization": f"Bearer {key or self.issuer.mint(url, scopes=scopes or (READ,), **claims)}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=20) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            yield client


@contextmanager
def replicas(issuer: RunningIssuer, count: int, **settings: Any) -> Iterator[Replicas]:
    """So many replicas, on one store."""
    made, name = Replicas(issuer), f"notes-{secrets.token_hex(4)}"

    def build(port: int) -> Service:
        service = subscriptions_app(app_settings(**at(port, issuer.url), **settings), name=name)
        made.services.append(service)
        return service

    with ExitStack() as stack:
        made.base_urls += [stack.enter_context(serving(build)) for _ in range(count)]
        yield made


@pytest.fixture(scope="module")
def pair(issuer: RunningIssuer, valkey_url: str) -> Iterator[Replicas]:
    """Two replicas for the tests that break nothing."""
    with replicas(issuer, 2, redis_url=valkey_url, subscriptions_caller=3) as made:
        yield made


async def heard(subscription: Subscription) -> Any:
    """The next event."""
    async with asyncio.timeout(PATIENCE):
        return await anext(subscription)


async def ended(subscription: Subscription) -> bool:
    """Whether the stream ends gracefully, whatever it says before."""
    async with asyncio.timeout(PATIENCE):
        async for _ in subscription:
            pass
    return True


async def touch(client: Client, note: str = "n1") -> None:
    result = await client.call_tool("touch", {"note_id": note})
    assert not result.is_error


async def test_a_change_reaches_subscribers_of_every_replica(pair: Replicas) -> None:
    async with (
        pair.client(0) as here,
        pair.client(1) as there,
        here.listen(resource_subscriptions=[NOTE]) as near,
        there.listen(resource_subscriptions=[NOTE]) as far,
    ):
        assert near.honored.resource_subscriptions == [NOTE]
        await touch(here)
        assert await heard(near) == await heard(far) == ResourceUpdated(NOTE)
        await touch(there)
        assert await heard(near) == await heard(far) == ResourceUpdated(NOTE)


async def test_other_tenants_and_other_notes_stay_silent(pair: Replicas) -> None:
    async with (
        pair.client(0) as acme,
        pair.client(1, tenant="globex") as globex,
        globex.listen(resource_subscriptions=[NOTE, "note://last"]) as subscription,
    ):
        await touch(acme)
        await touch(globex, "n2")
        await touch(globex, "last")
        assert await heard(subscription) == ResourceUpdated("note://last")


async def test_a_change_is_announced_in_the_subscribed_spelling(pair: Replicas) -> None:
    async with (
        pair.client(0) as here,
        pair.client(1) as there,
        there.listen(resource_subscriptions=["note://%6e1", "note://N1", NOTE, "note://last"]) as subscription,
    ):
        await touch(here)
        await touch(here, "last")
        told = {(await heard(subscription)).uri for _ in range(4)}
        assert told == {"note://%6e1", "note://N1", NOTE, "note://last"}


async def test_changes_are_merged_for_a_slow_reader() -> None:
    service = subscriptions_app()
    async with (
        service.running(),
        connect(service, caller(READ)) as client,
        client.listen(resource_subscriptions=[NOTE, "note://last"]) as subscription,
    ):
        announce = service.subscriptions._change_feed.announce  # type: ignore[union-attr]
        for _ in range(5000):  # without yielding to the event loop, so no client can have read any
            await announce("acme", NOTE)
        await announce("acme", "note://last")
        assert [await heard(subscription), await heard(subscription)] == [
            ResourceUpdated(NOTE),
            ResourceUpdated("note://last"),
        ]


@pytest.mark.parametrize(
    ("uris", "words"),
    [
        (["note://x1"], "No note x1"),
        (["nothing://here"], "There is no such resource"),
        ([f"note://{number}" for number in range(101)], "at most 100 resources"),
    ],
)
async def test_what_cannot_be_read_cannot_be_subscribed_to(pair: Replicas, uris: list[str], words: str) -> None:
    async with pair.client() as client:
        with pytest.raises(MCPError, match=words):
            async with client.listen(resource_subscriptions=uris):
                pytest.fail("it was acknowledged")


def test_a_megabyte_of_uris_is_not_looked_up(pair: Replicas, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []
    find = Registry.find_resource

    def counting(registry: Registry, uri: str) -> Any:
        looked_up.append(uri)
        return find(registry, uri)

    monkeypatch.setattr(Registry, "find_resource", counting)
    wanted = {"notifications": {"resourceSubscriptions": [f"note://{number}" for number in range(50_000)]}}
    response = listen_over_http(pair, wanted)
    assert "at most 100 resources" in response.json()["error"]["message"]
    assert not looked_up


def listen_over_http(pair: Replicas, wanted: dict[str, Any]) -> httpx2.Response:
    url = f"{pair.base_urls[0]}/mcp"
    return post(url, json=request("subscriptions/listen", wanted, "auto"), headers=listen_headers(pair))


def listen_headers(pair: Replicas) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {pair.issuer.mint(f'{pair.base_urls[0]}/mcp', scopes=[READ])}",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "subscriptions/listen",
    }


def test_a_client_of_http_1_0_cannot_subscribe(pair: Replicas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HTTPConnection, "_http_vsn", 10)
    monkeypatch.setattr(HTTPConnection, "_http_vsn_str", "HTTP/1.0")
    host = pair.base_urls[0].removeprefix("http://")
    body = json.dumps(request("subscriptions/listen", {"notifications": {"toolsListChanged": True}}, "auto"))
    headers = {**listen_headers(pair), "Content-Type": "application/json", "Host": host}
    connection = HTTPConnection(host, timeout=PATIENCE)
    with closing(connection):
        connection.request("POST", "/mcp", body, headers)
        response = connection.getresponse()
        assert response.status == 400
        assert "HTTP/1.1" in json.loads(response.read())["error"]["message"]


def test_a_bug_in_a_subscription_is_logged(
    pair: Replicas, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(Registry, "find_resource", broken)
    response = listen_over_http(pair, {"notifications": {"resourceSubscriptions": [NOTE]}})
    assert response.json()["error"] == {"code": -32603, "message": "Internal server error"}
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == ["hunter2"]


def test_a_missing_scope_is_a_step_up(pair: Replicas) -> None:
    response = listen_over_http(pair, {"notifications": {"resourceSubscriptions": ["secret://n1"]}})
    assert response.status_code == 403
    assert f'scope="{SECRET}"' in response.headers["WWW-Authenticate"]


async def test_what_never_changes_is_left_out_of_the_acknowledgement(pair: Replicas) -> None:
    async with (
        pair.client() as client,
        client.listen(
            resource_subscriptions=["notes://rules", NOTE], tools_list_changed=True, prompts_list_changed=True
        ) as subscription,
    ):
        assert subscription.honored.resource_subscriptions == [NOTE]
        assert subscription.honored.tools_list_changed
        assert not subscription.honored.prompts_list_changed  # it has none


async def test_streams_are_bounded_for_each_caller(pair: Replicas) -> None:
    async with pair.client() as client, pair.client(0, subject="bob") as other, AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(client.listen(resource_subscriptions=[NOTE]))
        with pytest.raises(MCPError, match="You have 3 open subscriptions"):
            await stack.enter_async_context(client.listen(resource_subscriptions=[NOTE]))
        async with other.listen(resource_subscriptions=[NOTE]):
            pass


async def test_a_closed_stream_makes_room(pair: Replicas) -> None:
    async with pair.client(0, READ, subject="carol") as client:

        async def opens() -> bool:
            try:
                async with client.listen(resource_subscriptions=[NOTE]):
                    return True
            except MCPError:  # the server learns of a closed stream a moment later
                return False

        for _ in range(8):
            await until(opens)


async def test_a_stream_ends_when_its_key_is_removed(issuer: RunningIssuer, valkey_url: str, tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys.yaml")
    gone, changed, kept = (keys.add(subject, scopes=[READ]) for subject in ("gone", "changed", "kept"))
    with replicas(issuer, 1, redis_url=valkey_url, api_keys_file=str(keys.path)) as made:
        async with (
            made.client(key=gone) as one,
            made.client(key=changed) as two,
            made.client(key=kept) as three,
            made.client() as four,
            one.listen(resource_subscriptions=[NOTE]) as of_gone,
            two.listen(resource_subscriptions=[NOTE]) as of_changed,
            three.listen(resource_subscriptions=[NOTE]) as of_kept,
            four.listen(resource_subscriptions=[NOTE]) as of_token,
        ):
            keys.remove(gone)
            keys.change(changed, scopes=[])
            assert await ended(of_gone)
            assert await ended(of_changed)
            await touch(three)
            assert await heard(of_kept) == await heard(of_token) == ResourceUpdated(NOTE)


async def test_a_stream_ends_with_the_credential(pair: Replicas) -> None:
    # Expired, and within the leeway of 5 s: it is still good for a moment.
    async with (
        pair.client(0, READ, subject="dan", lifetime=-1) as client,
        client.listen(resource_subscriptions=[NOTE]) as subscription,
    ):
        assert await ended(subscription)


async def test_a_stream_ends_when_its_token_may_be_revoked(issuer: RunningIssuer) -> None:
    introspection: dict[str, Any] = {
        "introspection_url": f"{issuer.url}/introspect",
        "introspection_client_id": "dev-m2m",
        "introspection_client_secret": SecretStr(issuer.machine_secret),
        "introspection_cache_seconds": 1.0,
    }
    with replicas(issuer, 1, **introspection) as made:
        async with made.client() as client, client.listen(resource_subscriptions=[NOTE]) as subscription:
            assert await ended(subscription)
        async with made.client() as client, client.listen(resource_subscriptions=[NOTE]):
            pass  # opened again: the token is still good


async def test_a_policy_edit_announces_changed_lists(issuer: RunningIssuer, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1\n")
    with replicas(issuer, 1, policy_file=str(policy)) as made:
        async with made.client() as client, client.listen(tools_list_changed=True) as subscription:
            policy.write_text("version: 1\ndefault: {tools: ['*_whoami']}\n")
            assert await heard(subscription) == ToolsListChanged()
            (tool,) = (await client.list_tools()).tools
            assert tool.name == made.services[0].identity.own_tool("whoami")


@pytest.mark.parametrize(
    "edit",
    [
        "version: 1\ndefault: {tools: ['*']}\n",
        "version: 1\ndefault: {resources: ['notes://*']}\n",
        "version: 1\ndefault: {max_records: 1}\n",
    ],
)
async def test_a_policy_edit_ends_streams_that_it_closes(issuer: RunningIssuer, tmp_path: Path, edit: str) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1\n")
    with replicas(issuer, 1, policy_file=str(policy)) as made:
        async with (
            made.client() as client,
            client.listen(resource_subscriptions=[NOTE, "note://n2"]) as closed,
            client.listen(tools_list_changed=True) as open_to_all,
        ):
            policy.write_text(edit)
            assert await ended(closed)
            assert await heard(open_to_all) == ToolsListChanged()


async def test_subscriptions_keep_the_record_limit(issuer: RunningIssuer, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1\ndefault: {max_records: 1}\n")
    with replicas(issuer, 1, policy_file=str(policy)) as made:
        async with made.client() as client, client.listen(resource_subscriptions=[NOTE]) as subscription:
            assert subscription.honored.resource_subscriptions == [NOTE]
            with pytest.raises(MCPError, match="Subscribe to at most 1 resources"):
                async with client.listen(resource_subscriptions=[NOTE, "note://n2"]):
                    pytest.fail("it was acknowledged")


async def test_a_stream_ends_when_the_right_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    service = subscriptions_app()
    async with service.running(), connect(service, caller(READ)) as client:
        assert service.subscriptions is not None
        for happening in (service.subscriptions.policy_changed, partial(touch, client)):
            async with client.listen(resource_subscriptions=[NOTE], tools_list_changed=True) as subscription:
                with monkeypatch.context() as patch:
                    patch.setattr(Policy, "denial", lambda _, __, row: GONE if row.kind == "resource" else None)
                    if (waited := happening()) is not None:
                        await waited
                    with pytest.raises(StopAsyncIteration):
                        await heard(subscription)


async def test_close_ends_every_stream_gracefully() -> None:
    service = subscriptions_app()
    async with service.running(), connect(service, caller(READ)) as client:
        async with client.listen(resource_subscriptions=[NOTE]) as subscription:
            await touch(client)
            assert service.subscriptions is not None
            service.subscriptions.close()
            assert await heard(subscription) == ResourceUpdated(NOTE)
            assert await ended(subscription)
        with pytest.raises(MCPError, match="is stopping"):
            async with client.listen(resource_subscriptions=[NOTE]):
                pytest.fail("it was acknowledged")


async def test_streams_outlive_an_outage_of_the_store(issuer: RunningIssuer, own_store: OwnStore) -> None:
    with replicas(issuer, 2, redis_url=own_store.url, store_outage="fail_open") as made:
        async with (
            made.client(0) as here,
            made.client(1) as there,
            there.listen(resource_subscriptions=[NOTE, "note://n2"]) as far,
        ):
            own_store.stop()
            await touch(here)
            own_store.start()
            assert {await heard(far), await heard(far)} == {ResourceUpdated(NOTE), ResourceUpdated("note://n2")}
            await touch(here, "n2")
            assert await heard(far) in (ResourceUpdated(NOTE), ResourceUpdated("note://n2"))


async def test_the_session_era_is_not_offered_what_needs_a_session() -> None:
    service = subscriptions_app()
    async with service.running(), connect(service, caller(READ), mode="legacy") as client:
        assert client.server_capabilities.resources is not None
        assert not client.server_capabilities.resources.subscribe
        with pytest.raises(ListenNotSupportedError):
            async with client.listen(resource_subscriptions=[NOTE]):
                pytest.fail("it was acknowledged")

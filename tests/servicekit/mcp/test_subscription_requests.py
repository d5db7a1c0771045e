"""Requests for a subscription: what they are refused for, what is acknowledged, and how many are open."""

import json
from contextlib import AsyncExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client.subscriptions import ListenNotSupportedError
from mcp.shared.exceptions import MCPError

from devkit.issuer.testing import RunningIssuer
from servicekit.registry.registry import Registry
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.subscriptions_app import READ, SECRET, subscriptions_app
from tests.servicekit.apps.writes_database import until
from tests.servicekit.conftest import post, request

from .subscribers import NOTE, PATIENCE, Replicas, replicas


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


async def test_subscriptions_keep_the_record_limit(issuer: RunningIssuer, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1\ndefault: {max_records: 1}\n")
    with replicas(issuer, 1, policy_file=str(policy)) as made:
        async with made.client() as client, client.listen(resource_subscriptions=[NOTE]) as subscription:
            assert subscription.honored.resource_subscriptions == [NOTE]
            with pytest.raises(MCPError, match="Subscribe to at most 1 resources"):
                async with client.listen(resource_subscriptions=[NOTE, "note://n2"]):
                    pytest.fail("it was acknowledged")


async def test_the_session_era_is_not_offered_what_needs_a_session() -> None:
    service = subscriptions_app()
    async with service.running(), connect(service, caller(READ), mode="legacy") as client:
        assert client.server_capabilities.resources is not None
        assert not client.server_capabilities.resources.subscribe
        with pytest.raises(ListenNotSupportedError):
            async with client.listen(resource_subscriptions=[NOTE]):
                pytest.fail("it was acknowledged")

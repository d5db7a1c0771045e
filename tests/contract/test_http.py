"""What every server owes to HTTP: challenges, metadata, health, and a clear no."""

import re
from importlib.metadata import version

import httpx2
import pytest

from .conftest import Running

ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


def call(name: str, revision: str | None) -> tuple[dict[str, object], dict[str, str]]:
    """A tools/call request of either era, written by hand."""
    params: dict[str, object] = {"name": name, "arguments": {}}
    headers = dict(ACCEPT)
    if revision is not None:
        params["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": revision,
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        headers |= {"MCP-Protocol-Version": revision, "Mcp-Method": "tools/call", "Mcp-Name": name}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}, headers


async def test_a_stranger_is_challenged(running: Running) -> None:
    async with httpx2.AsyncClient() as http:
        response = await http.post(running.endpoint, json={}, headers=ACCEPT)
        challenge = response.headers["WWW-Authenticate"]
        metadata_url = re.search(r'resource_metadata="([^"]+)"', challenge)
        assert metadata_url is not None
        metadata = (await http.get(metadata_url[1])).json()
    assert response.status_code == 401
    assert "error=" not in challenge  # RFC 6750 §3.1: no code where no credentials came
    assert metadata["resource"] == running.endpoint
    assert metadata["authorization_servers"] == [running.issuer.url]
    assert set(metadata["scopes_supported"]) <= set(running.description.scopes)
    assert f'scope="{" ".join(metadata["scopes_supported"])}"' in challenge


@pytest.mark.parametrize("version", [None, "2026-07-28"])
async def test_every_tool_steps_up_over_http(running: Running, version: str | None) -> None:
    async with httpx2.AsyncClient(headers=running.headers()) as http:
        for name, tool in running.service.registry.tools.items():
            body, headers = call(name, version)
            response = await http.post(running.endpoint, json=body, headers=headers)
            if not tool.scopes:
                assert response.status_code == 200
                continue
            assert response.status_code == 403, name
            challenge = response.headers["WWW-Authenticate"]
            assert 'error="insufficient_scope"' in challenge
            assert f'scope="{" ".join(sorted(tool.scopes))}"' in challenge
            assert "resource_metadata=" in challenge


@pytest.mark.parametrize("path", ["/live", "/ready", "/health"])
async def test_health_needs_no_caller_and_holds_no_secret(running: Running, path: str) -> None:
    async with httpx2.AsyncClient() as http:
        response = await http.get(f"{running.base_url}{path}")
    assert response.status_code == 200, response.text
    assert "postgres" not in response.text
    assert "://" not in response.text
    if path == "/health":
        name = running.description.name
        kit = version("mcp-fleet-servicekit")
        assert response.json()["versions"] == {name: running.description.version, "servicekit": kit}


async def test_the_page_for_people_says_how_to_connect(running: Running) -> None:
    async with httpx2.AsyncClient() as http:
        response = await http.get(f"{running.base_url}/")
    assert response.status_code == 200
    assert f"claude mcp add --transport http {running.description.name} {running.endpoint}" in response.text
    tools = running.service.registry.tools.values()
    assert not any(tool.description.splitlines()[0] in response.text for tool in tools), "strangers see no tool list"


async def test_every_other_path_is_not_there(running: Running) -> None:
    async with httpx2.AsyncClient() as http:
        for path in ("/docs", "/openapi.json", "/metrics", "/mcp/x", "/sse", "/..%2fmcp"):
            response = await http.get(f"{running.base_url}{path}")
            assert response.status_code == 404, path

"""The HTTP+SSE transport of 2024-11-05: with the official client, over several replicas, refusals, and how it ends."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.sse import sse_client
from mcp.shared.exceptions import MCPError

from devkit.issuer.testing import RunningIssuer
from servicekit.server.service import Service
from servicekit.testing.service import serving
from tests.servicekit.apps.general_app import READ, app_settings, general_app
from tests.servicekit.conftest import Site, at, get, post, request

INITIALIZE = request(
    "initialize",
    {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "old", "version": "1"}},
)


@pytest.fixture
def old(serve: Any) -> Iterator[Site]:
    """A server that also serves the old transport."""
    with serve(sse="true", subscriptions_caller=2) as site:
        yield site


@pytest.fixture
def pair(issuer: RunningIssuer, valkey_url: str) -> Iterator[list[Site]]:
    """Two replicas behind one public URL, which share a store."""
    with ExitStack() as stack:
        sites: list[Site] = []
        for _ in range(2):

            def build(port: int) -> Service:
                public = sites[0].endpoint if sites else f"http://127.0.0.1:{port}/mcp"
                return general_app(
                    **{**at(port, issuer.url), "public_url": public, "sse": True, "redis_url": valkey_url}
                )

            sites.append(Site(stack.enter_context(serving(build)), issuer))
        yield sites


class Stream:
    """An open stream, read event by event."""

    def __init__(self, site: Site, lines: AsyncIterator[str], http: httpx2.AsyncClient, token: str) -> None:
        self._site, self._lines, self._http = site, lines, http
        self._headers = {"Authorization": f"Bearer {token}"}
        self.address = ""

    async def event(self) -> tuple[str, str]:
        """The next event's kind and data."""
        kind = data = ""
        async for line in self._lines:
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                data = line.removeprefix("data: ")
            elif not line and kind:
                return kind, data
        raise EOFError

    async def message(self) -> Any:
        """The next message."""
        kind, data = await self.event()
        assert (kind, data.isascii()) == ("message", True)
        return json.loads(data)

    async def send(self, message: Any, site: Site | None = None) -> httpx2.Response:
        """Post a message, to another replica where one is named."""
        return await self._http.post(
            f"{(site or self._site).base_url}{self.address}", json=message, headers=self._headers
        )


@asynccontextmanager
async def opened(site: Site, token: str) -> AsyncIterator[Stream]:
    """A stream with the address to which messages go."""
    async with httpx2.AsyncClient(trust_env=False, timeout=20) as http:
        headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
        async with http.stream("GET", f"{site.base_url}/sse", headers=headers) as response:
            assert response.status_code == 200, response.status_code
            stream = Stream(site, response.aiter_lines(), http, token)
            kind, stream.address = await stream.event()
            assert (kind, stream.address.startswith("/messages?session_id=")) == ("endpoint", True)
            yield stream


async def test_the_official_client_lists_calls_reads_and_is_refused(old: Site) -> None:
    headers = {"Authorization": f"Bearer {old.token(READ)}"}
    async with Client(sse_client(f"{old.base_url}/sse", headers=headers), mode="legacy") as client:
        assert "get_book" in {tool.name for tool in (await client.list_tools()).tools}
        done = await client.call_tool("get_book", {"number": 7})
        assert done.structured_content["title"] == "acme volume 7"
        refused = await client.call_tool("get_book", {"number": 9999})
        assert (refused.is_error, refused.content[0].text) == (True, "No book 9999. List them with list_books.")
        assert (await client.get_prompt("recommend", {"genre": "Krimi\u2028ä"})).messages
        with pytest.raises(MCPError, match="There is no such tool"):
            await client.call_tool("no_such_tool", {})


async def test_a_client_of_that_revision_gets_it(old: Site) -> None:
    async with opened(old, old.token(READ)) as stream:
        assert (await stream.send(INITIALIZE)).status_code == 202
        answer = await stream.message()
        assert (answer["id"], answer["result"]["protocolVersion"]) == (1, "2024-11-05")
        initialized = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert (await stream.send(initialized)).status_code == 202
        assert (await stream.send(request("no/such"))).status_code == 202
        assert (await stream.message())["error"]["code"] == -32601


async def test_messages_reach_the_stream_through_another_replica(pair: list[Site]) -> None:
    first, second = pair
    token = first.token(READ)
    async with opened(first, token) as stream:
        for number, site in enumerate((second, first, second), 1):
            message = request("tools/call", {"name": "get_book", "arguments": {"number": number}})
            assert (await stream.send({**message, "id": number}, site)).status_code == 202
            answer = await stream.message()
            assert (answer["id"], answer["result"]["structuredContent"]["number"]) == (number, number)


async def test_without_a_shared_store_another_replica_says_so(serve: Any) -> None:
    key = "k" * 40
    with serve(sse="true", state_keys=key) as first, serve(sse="true", state_keys=key) as second:
        token = first.issuer.mint([first.endpoint, second.endpoint], scopes=[READ])
        async with opened(first, token) as stream:
            refused = await stream.send(INITIALIZE, second)
        assert (refused.status_code, "share no store" in refused.json()["detail"]) == (404, True)


async def test_a_stream_is_its_callers_own(old: Site) -> None:
    async with opened(old, old.token(READ)) as stream:
        other = {"Authorization": f"Bearer {old.token(READ, subject='bob')}"}
        stolen = post(f"{old.base_url}{stream.address}", json=INITIALIZE, headers=other)
        forged = post(f"{old.base_url}/messages?session_id=forged", json=INITIALIZE, headers=other)
    assert (stolen.status_code, forged.status_code) == (404, 404)


async def test_messages_for_a_stream_that_ended_are_refused(old: Site) -> None:
    async with opened(old, old.token(READ)) as stream:
        address = stream.address
    async with opened(old, old.token(READ)) as other:
        other.address = address
        refused = await other.send(INITIALIZE)
        while refused.status_code == 202:  # the server has not noticed yet that its client left
            refused = await other.send(INITIALIZE)
    assert (refused.status_code, "has ended" in refused.json()["detail"]) == (404, True)


def test_a_stranger_is_challenged_on_both_paths(old: Site) -> None:
    for response in (get(f"{old.base_url}/sse"), post(f"{old.base_url}/messages?session_id=x", json=INITIALIZE)):
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer ")


async def test_a_missing_scope_is_a_challenge_with_its_status(old: Site) -> None:
    async with opened(old, old.token(READ)) as stream:
        refused = await stream.send(request("tools/call", {"name": "add_book", "arguments": {"title": "x"}}))
    assert (refused.status_code, 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]) == (403, True)


async def test_a_caller_has_few_streams(old: Site) -> None:
    token = old.token(READ)
    async with opened(old, token), opened(old, token):
        refused = get(f"{old.base_url}/sse", headers={"Authorization": f"Bearer {token}"})
        assert (refused.status_code, "Too many open streams" in refused.json()["detail"]) == (503, True)


async def test_a_stream_ends_with_its_token(old: Site) -> None:
    async with opened(old, old.token(READ, lifetime=1)) as stream:
        with pytest.raises(EOFError):
            await stream.event()


@pytest.mark.parametrize(("method", "path"), [("POST", "/sse"), ("GET", "/messages"), ("DELETE", "/sse")])
def test_other_methods_are_refused(old: Site, method: str, path: str) -> None:
    headers = {"Authorization": f"Bearer {old.token(READ)}"}
    with httpx2.Client(trust_env=False) as client:
        response = client.request(method, f"{old.base_url}{path}", headers=headers)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET" if path == "/sse" else "POST")


def test_it_is_off_by_default(site: Site) -> None:
    assert get(f"{site.base_url}/sse").status_code == 404
    assert post(f"{site.base_url}/messages", json=INITIALIZE).status_code == 404
    assert app_settings().sse is False

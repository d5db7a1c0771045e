"""Signs in and steps up with the Python SDK 2.x. Arguments: the MCP endpoint, and the mode of the client."""

import asyncio
import sys
from importlib.metadata import version

import httpx2
from browser_visit import Storage, Visit, say
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.oauth2 import AuthorizationCodeResult
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata


async def main(url: str, mode: str) -> None:
    visit = Visit()

    async def come_back() -> AuthorizationCodeResult:
        back = await visit.end()
        return AuthorizationCodeResult(code=back["code"], state=back["state"], iss=back["iss"])

    metadata = OAuthClientMetadata(client_name="Python 2", redirect_uris=[visit.redirect_uri])
    provider = OAuthClientProvider(url, metadata, Storage(), visit.begin, come_back)
    async with (
        httpx2.AsyncClient(auth=provider, timeout=90, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        for uri in ("book://1", "books://secret-rules", "book://1", "books://secret-rules"):
            result = await client.read_resource(uri)
            say(read=uri, text=result.contents[0].text[:60], visits=visit.count)
    say(end=version("mcp"))


asyncio.run(main(*sys.argv[1:]))

"""Signs in and steps up with the Python SDK 1.x. Argument: the MCP endpoint."""

import asyncio
import sys
from importlib.metadata import version

from browser_visit import Storage, Visit, say
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamablehttp_client
from mcp.shared.auth import OAuthClientMetadata
from pydantic import AnyUrl


async def main(url: str) -> None:
    visit = Visit()

    async def come_back() -> tuple[str, str | None]:
        back = await visit.end()
        return back["code"], back["state"]

    metadata = OAuthClientMetadata(client_name="Python 1", redirect_uris=[AnyUrl(visit.redirect_uri)])
    provider = OAuthClientProvider(url, metadata, Storage(), visit.begin, come_back)
    async with streamablehttp_client(url, auth=provider) as (read, write, _), ClientSession(read, write) as session:
        await session.initialize()
        for uri in ("book://1", "books://secret-rules", "book://1", "books://secret-rules"):
            result = await session.read_resource(AnyUrl(uri))
            say(read=uri, text=result.contents[0].text[:60], visits=visit.count)
    say(end=version("mcp"))


asyncio.run(main(*sys.argv[1:]))

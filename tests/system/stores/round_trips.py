"""A proxy that counts round trips: how often a client spoke after the server did."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from devkit.loopback.ports import LOOPBACK


class RoundTrips:
    """The round trips of all connections through the proxy."""

    def __init__(self, url: str) -> None:
        self.count = 0
        self._server = urlsplit(url)

    def through(self, port: int) -> str:
        """The URL, through the proxy."""
        credentials = self._server.netloc.rpartition("@")[0]
        return self._server._replace(netloc=f"{credentials}@{LOOPBACK}:{port}").geturl()

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect a client to the server until either of them closes."""
        replied = True
        server_reader, server_writer = await asyncio.open_connection(self._server.hostname, self._server.port)

        async def pass_replies() -> None:
            nonlocal replied
            while data := await server_reader.read(65536):
                replied = True
                writer.write(data)
            writer.close()

        replies = asyncio.create_task(pass_replies())
        while data := await reader.read(65536):
            self.count += replied
            replied = False
            server_writer.write(data)
        server_writer.close()
        await replies


@asynccontextmanager
async def counted(url: str) -> AsyncIterator[tuple[str, RoundTrips]]:
    """A URL that leads to the same server, and the count of round trips through it."""
    trips = RoundTrips(url)
    server = await asyncio.start_server(trips.relay, LOOPBACK, 0)
    async with server:
        yield trips.through(server.sockets[0].getsockname()[1]), trips

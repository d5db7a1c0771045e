"""HTTP health checks."""

import asyncio
from contextlib import suppress

from devkit.loopback.ports import LOOPBACK

TIMEOUT = 2.0


async def answers_ok(port: int, path: str) -> bool:
    """Whether `GET path` on a port of the loopback address returns 200.

    Uses a plain socket: the supervisor checks twenty times a second while the stack starts.
    """
    with suppress(OSError, TimeoutError, IndexError, asyncio.LimitOverrunError):
        async with asyncio.timeout(TIMEOUT):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                request = f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nConnection: close\r\n\r\n"
                writer.write(request.encode())
                status = await reader.readline()
                return status.split()[1] == b"200"
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
    return False

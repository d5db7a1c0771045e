"""The load client notices wrong answers, and reads both forms of a body."""

import asyncio
from itertools import repeat
from typing import Any

import pytest

from .client import Burst, Step, WrongAnswer, burst

JSON = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"sum":423}'
STEP = Step(b"POST /mcp HTTP/1.1\r\ncontent-length: 0\r\n\r\n", b"200", b'"sum":423')


async def measured(*parts: bytes, step: Step = STEP, seconds: float = 0.05) -> Burst:
    """A burst against a server that sends these parts for each request, and then closes if one is empty."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
            if b"" in parts:
                break
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port: Any = server.sockets[0].getsockname()[1]
        return await burst(port, [repeat(step)] * 2, seconds)


async def test_body_with_a_length_is_read_whole() -> None:
    found = await measured(JSON[:45], JSON[45:])
    assert len(found.seconds) > 1


async def test_chunked_body_is_read_whole() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    found = await measured(head, b'b\r\n{"sum":423}\r\n', b"0\r\n\r\n")
    assert len(found.seconds) > 1


async def test_uncounted_requests_are_not_reported() -> None:
    found = await measured(JSON, step=STEP._replace(counted=False))
    assert found.seconds == []
    assert found.elapsed > 0


async def test_users_without_steps_end_the_burst() -> None:
    async with asyncio.timeout(5):
        found = await burst_of_one_step()
    assert len(found.seconds) == 1


async def burst_of_one_step() -> Burst:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            writer.write(JSON)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        return await burst(server.sockets[0].getsockname()[1], [iter([STEP])], 60.0)


@pytest.mark.parametrize(
    "answer", [JSON.replace(b"423", b"424"), JSON.replace(b"200", b"500")], ids=["another body", "another status"]
)
async def test_wrong_answer_ends_the_burst(answer: bytes) -> None:
    with pytest.raises(WrongAnswer, match="got"):
        await measured(answer)


async def test_closed_connection_ends_the_burst() -> None:
    with pytest.raises(WrongAnswer, match="closed the connection"):
        await measured(JSON[:45], b"")

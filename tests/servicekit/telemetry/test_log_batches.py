"""Lines of calls are written in batches: none is lost, none is out of order, and errors do not wait."""

import asyncio
import io
import json
import logging

import pytest

from servicekit.telemetry.log_batches import INTERVAL, BatchedRecord, BatchingHandler
from servicekit.telemetry.logs import JsonFormatter


class Stream(io.StringIO):
    """A stream that says when a batch was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = asyncio.Event()

    def flush(self) -> None:
        self.written.set()


@pytest.fixture
def stream() -> Stream:
    return Stream()


@pytest.fixture
def handler(stream: Stream) -> BatchingHandler:
    handler = BatchingHandler(stream)
    handler.setFormatter(JsonFormatter("books"))
    return handler


def record(number: int) -> BatchedRecord:
    return BatchedRecord("servicekit.calls.books", "call", {"number": number, "client": "Bearer SECRETabcdef123456"})


def numbers(stream: Stream) -> list[int]:
    return [json.loads(line)["number"] for line in stream.getvalue().splitlines()]


async def test_a_batch_is_written_within_its_interval(handler: BatchingHandler, stream: Stream) -> None:
    for batch in (range(1000), range(1000, 1010)):
        before = list(numbers(stream))
        for number in batch:
            handler.handle(record(number))
        assert numbers(stream) == before
        async with asyncio.timeout(INTERVAL + 5):
            while len(numbers(stream)) <= batch[-1]:
                stream.written.clear()
                await stream.written.wait()
        assert numbers(stream) == list(range(batch[-1] + 1))


async def test_an_error_follows_the_lines_before_it(handler: BatchingHandler, stream: Stream) -> None:
    handler.handle(record(1))
    error = {"levelno": logging.ERROR, "levelname": "ERROR", "msg": "crash", "number": 2}
    handler.handle(logging.makeLogRecord(error))
    handler.handle(record(3))
    assert numbers(stream) == [1, 2]
    handler.flush()
    assert numbers(stream) == [1, 2, 3]


def test_without_an_event_loop_a_line_is_written_at_once(handler: BatchingHandler, stream: Stream) -> None:
    handler.handle(record(1))
    assert numbers(stream) == [1]


def test_lines_of_an_ended_event_loop_are_kept(handler: BatchingHandler, stream: Stream) -> None:
    async def serve(number: int) -> None:
        handler.handle(record(number))

    asyncio.run(serve(1))
    asyncio.run(serve(2))
    handler.flush()
    assert numbers(stream) == [1, 2]


async def test_a_line_that_cannot_be_formatted_costs_no_other(
    handler: BatchingHandler, stream: Stream, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        def __str__(self) -> str:
            raise ValueError("no text")

    handler.handle(record(1))
    handler.handle(BatchedRecord("servicekit.calls.books", "call", {"number": 2, "client": Broken()}))
    handler.handle(record(3))
    handler.flush()
    assert numbers(stream) == [1, 3]
    assert "no text" in capsys.readouterr().err


async def test_a_full_queue_is_written_at_once(handler: BatchingHandler, stream: Stream) -> None:
    for number in range(2000):
        handler.handle(record(number))
    assert numbers(stream) == list(range(2000))


async def test_batched_lines_are_redacted(handler: BatchingHandler, stream: Stream) -> None:
    handler.handle(record(1))
    handler.flush()
    (line,) = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert "SECRET" not in str(line)
    assert (line["event"], line["level"], line["logger"]) == ("call", "info", "servicekit.calls.books")


@pytest.mark.parametrize("text", ["lone \ud83d surrogate", "NUL \0", "line\u2028break"])
def test_any_text_makes_a_line(text: str, handler: BatchingHandler, stream: Stream) -> None:
    handler.handle(BatchedRecord("servicekit.calls.books", "call", {"client": text}))
    assert json.loads(stream.getvalue())["client"] == text

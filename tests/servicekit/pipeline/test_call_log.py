"""The line of a call is the same whether it is written straight to the process's handler or as a log record."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.core.caller import Caller
from servicekit.pipeline.call_log import CallLog
from servicekit.pipeline.operation_span import RequestMetadata, operation_span
from servicekit.pipeline.request import Reply, RequestInfo
from servicekit.registry.tools import read
from servicekit.telemetry.log_batches import BatchingHandler
from servicekit.telemetry.logs import JsonFormatter, direct_handler


async def add(a: int) -> str:
    """Add."""
    return str(a)


ADD = read(add, scope="books:read")
texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["Bearer abcdefgh12345678", "ghp_" + "a" * 24, "token=secret99", "ann@example.org", 'é"\\']),
)


@contextmanager
def only_handler() -> Iterator[BatchingHandler]:
    """The process's only handler, which writes to a string; pytest's own stand aside."""
    handler, before, level = BatchingHandler(io.StringIO()), logging.root.handlers[:], logging.root.level
    handler.setFormatter(JsonFormatter("books"))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.INFO)
    try:
        yield handler
    finally:
        logging.root.handlers[:] = before
        logging.root.setLevel(level)


def lines(handler: BatchingHandler) -> list[dict[str, Any]]:
    """What was written since the last time, without what differs from one line to the next."""
    handler.flush()
    stream: Any = handler._stream
    written = [json.loads(line) for line in stream.getvalue().split("\n") if line]
    stream.seek(0)
    stream.truncate()
    return [{name: value for name, value in line.items() if name not in ("time", "duration_ms")} for line in written]


@given(
    subject=texts,
    tenant=st.none() | texts,
    client=texts | st.just("\ud83d"),
    request_id=texts,
    outcome=st.sampled_from(["ok", "refused", "denied"]),
    replayed=st.booleans(),
)
def test_both_ways_write_the_same_line(
    subject: str, tenant: str | None, client: str, request_id: str, outcome: Any, replayed: bool
) -> None:
    caller = Caller(subject, "books-agent", tenant, frozenset(), "oauth")
    request = RequestInfo(request_id, "2026-07-28", client)
    reply = Reply(outcome, "42", meta={"fleet/replayed": True} if replayed else {})
    log, other = CallLog("books", {ADD.label: "abc"}), logging.NullHandler()
    logger = logging.getLogger("servicekit.calls.books")
    with only_handler() as handler, operation_span("tools/call", ADD, RequestMetadata()) as span:
        span.set_reply(reply)
        assert direct_handler(logger) is not None
        log.call(ADD, caller, request, reply, span)
        direct = lines(handler)
        logger.addHandler(other)  # so that records are made for it
        assert direct_handler(logger) is None
        log.call(ADD, caller, request, reply, span)
        logger.removeHandler(other)
        assert direct == lines(handler)
    assert len(direct) == 1
    assert direct[0]["operation"] == "tools/call add"


def test_another_handler_sees_every_record(caplog: pytest.LogCaptureFixture) -> None:
    with only_handler() as handler, operation_span("tools/call", ADD, RequestMetadata()) as span:
        logging.root.addHandler(caplog.handler)
        caller = Caller("ann", "agent", None, frozenset(), "oauth")
        CallLog("books").call(ADD, caller, RequestInfo("r", "2026-07-28"), Reply("ok", "42"), span)
        assert len(lines(handler)) == 1
    assert [vars(record)["subject"] for record in caplog.records if record.getMessage() == "call"] == ["ann"]

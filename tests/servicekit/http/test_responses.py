"""The response to one request, whatever the client's connection does: one head, one end, nothing after it."""

import asyncio
import gc
import json
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest
from mcp_types import ProgressNotification, ProgressNotificationParams
from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from servicekit.core import progress
from servicekit.core.health import Health
from servicekit.core.progress import progress_sent_to, report_progress
from servicekit.http.body import BodyReader
from servicekit.http.head import Head
from servicekit.http.refusal import Refusal
from servicekit.http.responses import Response
from tests.servicekit.apps.general_app import READ, app_settings
from tests.servicekit.conftest import Site, request
from tests.servicekit.http.two_stacks import Sent, scope_of


class Peer:
    """The client's side of a connection. While it does not read, what is sent waits, as in uvicorn."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.got: list[str] = []

    async def send(self, message: Message) -> None:
        await self.reads.wait()
        kind = "head" if message["type"] == "http.response.start" else "part" if message["more_body"] else "end"
        self.got.append(kind)


HEAD = Head(scope_of(Sent(b"", ())))
NOTICE = ProgressNotification(params=ProgressNotificationParams(progress_token=1, progress=1))


async def test_a_stream_that_began_too_slowly_is_one_response(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_SEND_TIMEOUT", 0.01)
    peer = Peer()
    response = Response(peer.send, HEAD, Health(()))
    with progress_sent_to(response.progress_to(1)):
        await report_progress(1)
    peer.reads.set()
    await response.result(b"{}")
    assert peer.got == ["head", "end"]


async def test_a_comment_that_waits_with_the_result_is_dropped() -> None:
    peer = Peer()
    response = Response(peer.send, HEAD, Health(()))
    sending = [asyncio.create_task(one) for one in (response.result(b"{}"), response.ping())]
    await asyncio.sleep(0)
    peer.reads.set()
    await asyncio.gather(*sending)
    assert peer.got == ["head", "end"]


async def test_nothing_follows_the_end_of_a_stream() -> None:
    peer = Peer()
    peer.reads.set()
    response = Response(peer.send, HEAD, Health(()))
    await response.notify(NOTICE)
    await response.result(b"{}")
    await response.notify(NOTICE)
    assert peer.got == ["head", "part", "end"]


async def test_a_body_that_was_cut_off_is_no_message() -> None:
    """A client that disconnects before the end of its body does not want the call."""
    whole = b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}'
    events: list[dict[str, Any]] = [
        {"type": "http.request", "body": whole, "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return events.pop(0)

    with pytest.raises(Refusal):
        await BodyReader(app_settings()).read(Head(scope_of(Sent(b"", ()))), receive)


def test_a_request_leaves_nothing_to_the_garbage_collector(site: Site) -> None:
    body = json.dumps(request("ping"))
    headers = {**site.headers(READ), "Content-Type": "application/json"}

    def serve(times: int) -> None:
        for _ in range(times):
            connection.request("POST", "/mcp", body, headers)
            assert connection.getresponse().read()

    with closing(HTTPConnection(site.base_url.removeprefix("http://"))) as connection:
        serve(5)
        gc.collect()
        gc.disable()
        try:
            serve(20)
            alive = sum(type(known) is RequestResponseCycle for known in gc.get_objects())
        finally:
            gc.enable()
    assert alive < 20

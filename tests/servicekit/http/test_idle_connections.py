"""When a connection without a request is closed."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.responses import PlainTextResponse

from servicekit.http.uvicorn_protocol import bounded_protocol

from .raw_socket import connected


@contextmanager
def serving(keep_alive: float, header_timeout: float) -> Iterator[str]:
    """A server of one text that waits so many seconds for requests and for their heads; its base URL."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        PlainTextResponse("yes"),
        http=bounded_protocol(4096, header_timeout, 4096, 5),
        ws="none",
        log_config=None,
        timeout_keep_alive=keep_alive,  # type: ignore[arg-type]  # it takes a fraction, too
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def ask(base_url: str, times: int, then: bytes, within: float) -> bool:
    """Whether the connection is closed in time after so many answers and these bytes."""
    with connected(base_url) as connection:
        for number in range(1, times + 1):
            connection.head("GET", "/")
            assert connection.received_times(b"yes", number)
        connection.send(then)
        return connection.closed(within)


def test_an_idle_connection_is_closed_after_the_keep_alive() -> None:
    with serving(keep_alive=0.2, header_timeout=30) as base_url:
        assert ask(base_url, 3, b"", within=2)


def test_an_idle_connection_outlasts_the_head_timeout() -> None:
    with serving(keep_alive=30, header_timeout=0.1) as base_url:
        assert not ask(base_url, 3, b"", within=0.4)


def test_a_begun_head_is_limited_on_a_kept_connection() -> None:
    with serving(keep_alive=30, header_timeout=0.2) as base_url:
        for then in (b"G", b"\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n"):
            assert ask(base_url, 2, then, within=2)


def test_a_begun_head_outlasts_the_keep_alive() -> None:
    with serving(keep_alive=0.5, header_timeout=30) as base_url:
        assert not ask(base_url, 2, b"GET / HT", within=1)

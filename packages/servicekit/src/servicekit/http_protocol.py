"""uvicorn's HTTP/1.1 reader, with the two bounds it lacks: how large a head may be, and how long it may take."""

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


def bounded_protocol(max_header_bytes: int, header_timeout: float) -> type[asyncio.Protocol]:
    """A protocol class for uvicorn's `http` option.

    Args:
        max_header_bytes: a head beyond this is answered 400 and the connection closed.
        header_timeout: seconds from the connection, or from a request's first byte, to the end of its head.
    """
    bounds = {"max_header_bytes": max_header_bytes, "header_timeout": header_timeout}
    return type("BoundedProtocol", (BoundedProtocol,), bounds)


class BoundedProtocol(HttpToolsProtocol):
    """One connection. A peer can neither fill memory with a head that never ends nor hold a socket by sending none."""

    max_header_bytes: ClassVar[int]
    header_timeout: ClassVar[float]

    _head_bytes = 0
    _reading_head = True
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start the clock for the first head."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Count before parsing: an unfinished header line is held by the parser and reaches no callback."""
        if self._reading_head:
            head = data.partition(b"\r\n\r\n")[0]
            self._head_bytes += len(head)
            if self._head_bytes > self.max_header_bytes:
                self.send_400_response("The request's headers are too large.")
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Start the clock for a later head on the same connection."""
        if self._deadline is None:
            self._await_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Stop the clock: the body has bounds of its own."""
        self._reading_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """What comes next is another head."""
        self._reading_head = True
        self._head_bytes = 0
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(self.header_timeout, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        self.transport.close()

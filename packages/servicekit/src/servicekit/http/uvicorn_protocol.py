"""uvicorn's HTTP/1.1 protocol with limits that it lacks: size and time of heads, bytes on the wire, slow readers.

It also serves requests that offer an upgrade to another protocol, as if they had not.
"""

import asyncio
import math
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from servicekit.auth.mtls import certificate_names
from servicekit.core.asgi_scope import CERTIFICATE_NAMES, SEND_WHOLE
from servicekit.http.write_timeout import WriteTimeout

# Wire bytes per body byte: a chunk of one byte takes six (RFC 9112 §7.1), with reserve.
_WIRE_BYTES_FACTOR = 16
_NEW_CONNECTION_SECONDS = 2.0  # for the first request of a new connection during shutdown
_MAX_PIPELINED = 8  # requests on one connection that wait for the responses before theirs


def bounded_protocol(
    max_header_bytes: int, header_timeout: float, max_body_bytes: int, write_timeout: float
) -> type[asyncio.Protocol]:
    """A protocol class for uvicorn's `http` option.

    Args:
        max_header_bytes: a larger head is answered 400, and the connection is closed.
        header_timeout: seconds from the connection, or from a request's first byte, to the end of its head; also from
            an early response to the end of the request's body.
        max_body_bytes: the largest body that the application accepts. A connection that sends 16 times as much after
            one head, in chunk framing or trailers, is closed.
        write_timeout: seconds after which a peer that reads less than 1 KiB per second is disconnected.
    """
    bounds = {
        "max_header_bytes": max_header_bytes,
        "header_timeout": header_timeout,
        "max_wire_bytes": _WIRE_BYTES_FACTOR * max_body_bytes,
        "write_timeout": write_timeout,
    }
    return type("BoundedProtocol", (BoundedProtocol,), bounds)


class BoundedProtocol(HttpToolsProtocol):
    """One connection. A peer cannot fill memory with an endless head, or hold a socket without sending one.

    One timer serves the deadlines of reading. It is set when it would fire too late, and looks at the deadline when it
    fires: requests on a busy connection set the deadline and leave the timer alone.
    """

    max_header_bytes: ClassVar[int]
    header_timeout: ClassVar[float]
    max_wire_bytes: ClassVar[int]
    write_timeout: ClassVar[float]

    _certificate_names: tuple[str, ...] = ()
    _head_bytes = 0
    _wire_bytes = 0
    _reading_head = True
    _head_begun = True  # the first head is due from the connection on, later ones from their first byte
    _read_deadline = math.inf  # in the loop's time, as the next
    _read_timer_at = math.inf
    _read_timer: asyncio.TimerHandle | None = None
    _active_cycle: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Limit the time for the first head."""
        super().connection_made(transport)
        self._write_limit = WriteTimeout(transport, self.loop, self.write_timeout)
        self._certificate_names = certificate_names(transport.get_extra_info("peercert"))
        self._limit_reading(self.header_timeout)

    def data_received(self, data: bytes) -> None:
        """Count bytes, then parse: the parser buffers an unfinished header line without a callback."""
        if self._reading_head:
            if not self._head_begun:
                self._begin_head()  # here as well, since blank lines before a head reach no callback
            end = data.find(b"\r\n\r\n")
            self._head_bytes += len(data) if end < 0 else end
            if self._head_bytes > self.max_header_bytes:
                self.send_400_response("The request's headers are too large.")
                return
        else:
            self._wire_bytes += len(data)
            if self._wire_bytes > self.max_wire_bytes:
                self.transport.close()
                return
        try:
            self._parse(data)
        except httptools.HttpParserError:
            self.logger.warning("Invalid HTTP request received.")
            self.send_400_response("Invalid HTTP request received.")

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            offset: int = upgrade.args[0]
        else:
            return
        rest = memoryview(data)
        while True:
            self._ignore_upgrade()
            rest = rest[offset:]
            try:
                self.parser.feed_data(rest)
            except httptools.HttpParserUpgrade as upgrade:  # of the next request, which came in the same packet
                offset = upgrade.args[0]
            else:
                return

    def _ignore_upgrade(self) -> None:
        """Parse the last head again, without `Upgrade`: RFC 9110 §7.8 lets a server ignore this header.

        With it, httptools takes the head for the end of HTTP and skips the body. A new parser is needed, as the old one
        drops what follows a request that closes its connection.
        """
        method, version = self.parser.get_method(), self.parser.get_http_version()
        if method == b"CONNECT":
            raise httptools.HttpParserError("This server is no proxy.")
        lines = [b"%s %s HTTP/%s" % (method, self.url, version.encode())]
        lines += [b"%s: %s" % field for field in self.headers if field[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as in uvicorn
        self.parser.feed_data(b"\r\n".join([*lines, b"", b""]))

    def on_message_begin(self) -> None:
        """Limit the time for a head that came in one packet with the end of another request."""
        if not self._head_begun:
            self._begin_head()
        super().on_message_begin()
        if self._certificate_names:
            self.scope[CERTIFICATE_NAMES] = self._certificate_names  # type: ignore[typeddict-unknown-key]  # our own

    def on_header(self, name: bytes, value: bytes) -> None:
        """Store a field of the head, and drop trailers: uvicorn would add them after the header checks."""
        if self._reading_head:
            name = name.lower()
            value = value.strip()  # spaces and tabs, as the parser refuses other controls (RFC 9110 §5.5)
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Start the request, and stop limiting the time: the application bounds the body."""
        if self.parser.should_upgrade():
            return  # `_ignore_upgrade` follows
        if self.expect_100_continue and self.parser.get_http_version() == "1.0":
            self.expect_100_continue = False  # RFC 9110 §10.1.1: a client of HTTP/1.0 knows no interim responses
        self._reading_head = False
        self._read_deadline = math.inf
        cycle: RequestResponseCycle | None = self.cycle
        idle = cycle is None or cycle.response_complete
        super().on_headers_complete()
        whole = self.cycle.send, partial(self._send_whole, self.cycle)
        self.scope[SEND_WHOLE] = whole  # type: ignore[typeddict-unknown-key]
        if idle:
            self._active_cycle = self.cycle
        elif len(self.pipeline) < _MAX_PIPELINED:
            self.flow.resume_reading()  # uvicorn pauses here, and would not see the peer disconnect

    def on_body(self, body: bytes) -> None:
        """Hand over a part of the body, unless the response is complete without it."""
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.body += body
            if len(cycle.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()
            cycle.message_event.set()

    def on_message_complete(self) -> None:
        """Prepare for the next head."""
        if self.parser.should_upgrade():
            return
        self._reading_head = True
        self._head_begun = False
        self._head_bytes = self._wire_bytes = 0
        self._read_deadline = math.inf
        cycle = self.cycle
        if cycle.response_complete:
            self._limit_reading(self.timeout_keep_alive)
        else:
            cycle.more_body = False
            cycle.message_event.set()

    def on_response_complete(self) -> None:
        """Start the next request or limit the time until it comes, and the time for the peer to read the response.

        Replaces uvicorn's method, which starts and cancels a timer with each response.
        """
        self.server_state.total_requests += 1
        if self.transport.get_write_buffer_size():
            self._write_limit.start()  # closing waits until the peer has read everything
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._active_cycle = cycle
            self._start_asgi_task(cycle, app)
        elif not self._reading_head:
            self._limit_reading(self.header_timeout)  # the rest of the body after an early response
        elif not self._head_begun:
            self._limit_reading(self.timeout_keep_alive)

    def _send_whole(
        self, cycle: RequestResponseCycle, status: int, fields: Sequence[tuple[bytes, bytes]], body: bytes
    ) -> bool:
        """Send a whole response as `RequestResponseCycle.send` does, but with one system call and in one packet.

        Returns False where that has to wait until the peer has read earlier responses.

        Raises:
            ValueError: a field has a line break.
        """
        if cycle.disconnected or cycle.response_started or self.flow.write_paused:
            return False
        lines = [b"%b: %b\r\n" % field for field in (*cycle.default_headers, *fields)]
        if (b"connection", b"close") in fields:
            cycle.keep_alive = False
        elif not cycle.keep_alive:
            lines.append(b"connection: close\r\n")
        head = b"".join(lines)
        if head.count(b"\r") != len(lines) or head.count(b"\n") != len(lines):
            raise ValueError("a header field has a line break")
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        is_head = cycle.scope["method"] == "HEAD"
        self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[status], head, b"" if is_head else body))
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
        return True

    def shutdown(self) -> None:
        """Close an idle connection at once, a busy one after its response, a new one after a delay for its request."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None:
            self.loop.call_later(_NEW_CONNECTION_SECONDS, super().shutdown)
        else:
            super().shutdown()

    def pause_writing(self) -> None:
        """Start the write timer: the peer reads slower than the application writes."""
        super().pause_writing()
        self._write_limit.start()

    def resume_writing(self) -> None:
        """Stop the write timer: the peer has caught up."""
        super().resume_writing()
        self._write_limit.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers and notify the running request; uvicorn only notifies the last one of the connection."""
        self._read_deadline = math.inf
        if self._read_timer is not None:
            self._read_timer.cancel()
        self._write_limit.stop()
        if self._active_cycle is not None and not self._active_cycle.response_complete:
            self._active_cycle.disconnected = True
            self._active_cycle.message_event.set()
        super().connection_lost(exc)

    def _begin_head(self) -> None:
        self._head_begun = True
        self._limit_reading(self.header_timeout)

    def _limit_reading(self, seconds: float) -> None:
        self._read_deadline = self.loop.time() + seconds
        if self._read_deadline < self._read_timer_at:
            if self._read_timer is not None:
                self._read_timer.cancel()
            self._read_timer_at = self._read_deadline
            self._read_timer = self.loop.call_later(seconds, self._check_read_deadline)

    def _check_read_deadline(self) -> None:
        self._read_timer, self._read_timer_at = None, math.inf
        left = self._read_deadline - self.loop.time()
        if left <= 0:
            self.transport.close()
        elif left < math.inf:
            self._limit_reading(left)

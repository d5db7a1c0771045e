"""uvicorn's HTTP/1.1 protocol with limits that it lacks: size and time of heads, bytes on the wire, slow readers."""

import asyncio
import socket
import struct
import sys
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from servicekit.auth.mtls import certificate_names
from servicekit.core.asgi_scope import CERTIFICATE_NAMES

# Wire bytes per body byte: a chunk of one byte takes six (RFC 9112 §7.1), with reserve.
_WIRE_BYTES_FACTOR = 16
_NEW_CONNECTION_SECONDS = 2.0  # for the first request of a new connection during shutdown
_MAX_PIPELINED = 8  # requests on one connection that wait for the responses before theirs
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_MIN_READ_RATE = 1024  # bytes per second; the unread rest of a response is held in this server's memory
_BYTES_ACKED = struct.Struct("=120xQ")  # `tcpi_bytes_acked` of Linux's `struct tcp_info` (linux/tcp.h)


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
    """One connection. A peer cannot fill memory with an endless head, or hold a socket without sending one."""

    max_header_bytes: ClassVar[int]
    header_timeout: ClassVar[float]
    max_wire_bytes: ClassVar[int]
    write_timeout: ClassVar[float]

    _certificate_names: tuple[str, ...] = ()
    _head_bytes = 0
    _wire_bytes = 0
    _reading_head = True
    _read_deadline: asyncio.TimerHandle | None = None
    _write_deadline: asyncio.TimerHandle | None = None
    _acked_before = 0
    _active_cycle: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Start the timer of the first head."""
        super().connection_made(transport)
        self._certificate_names = certificate_names(transport.get_extra_info("peercert"))
        self._start_read_timer()

    def data_received(self, data: bytes) -> None:
        """Count bytes before parsing: the parser buffers an unfinished header line without a callback."""
        if self._reading_head:
            self._start_read_timer()  # blank lines before a head stop uvicorn's timer and reach no callback
            head = data.partition(b"\r\n\r\n")[0]
            self._head_bytes += len(head)
            if self._head_bytes > self.max_header_bytes:
                self.send_400_response("The request's headers are too large.")
                return
        else:
            self._wire_bytes += len(data)
            if self._wire_bytes > self.max_wire_bytes:
                self.transport.close()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Start the timer of a later head on the same connection."""
        self._start_read_timer()
        super().on_message_begin()
        self.scope[CERTIFICATE_NAMES] = self._certificate_names  # type: ignore[typeddict-unknown-key]  # our own key

    def on_header(self, name: bytes, value: bytes) -> None:
        """Store a field of the head, and drop trailers: uvicorn would add them after the header checks."""
        if self._reading_head:
            super().on_header(
                name, value.strip(b" \t")
            )  # RFC 9110 §5.5: surrounding white space is not part of a value

    def on_headers_complete(self) -> None:
        """Stop the timer: the application bounds the body."""
        self._reading_head = False
        self._stop_read_timer()
        cycle: RequestResponseCycle | None = self.cycle
        idle = cycle is None or cycle.response_complete
        super().on_headers_complete()
        if idle:
            self._active_cycle = self.cycle
        elif len(self.pipeline) < _MAX_PIPELINED:
            self.flow.resume_reading()  # uvicorn pauses here, and would not see the peer disconnect

    def on_message_complete(self) -> None:
        """Prepare for the next head."""
        self._reading_head = True
        self._head_bytes = self._wire_bytes = 0
        self._stop_read_timer()
        if self.cycle.response_complete:
            self._start_read_timer()  # uvicorn starts its idle timeout with a response only
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Limit the time for the rest of the body after an early response, and for the peer to read the response."""
        if self.pipeline:
            self._active_cycle = self.pipeline[-1][0]
        super().on_response_complete()
        if not self._reading_head:
            self._start_read_timer()
        if self.transport.get_write_buffer_size():
            self._start_write_timer()  # closing waits until the peer has read everything

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
        self._start_write_timer()

    def resume_writing(self) -> None:
        """Stop the write timer: the peer has caught up."""
        super().resume_writing()
        self._stop_write_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers and notify the running request; uvicorn only notifies the last one of the connection."""
        self._stop_read_timer()
        self._stop_write_timer()
        if self._active_cycle is not None and not self._active_cycle.response_complete:
            self._active_cycle.disconnected = True
            self._active_cycle.message_event.set()
        super().connection_lost(exc)

    def _start_read_timer(self) -> None:
        if self._read_deadline is None:
            self._read_deadline = self.loop.call_later(self.header_timeout, self._read_timed_out)

    def _stop_read_timer(self) -> None:
        if self._read_deadline is not None:
            self._read_deadline.cancel()
            self._read_deadline = None

    def _read_timed_out(self) -> None:
        self._read_deadline = None
        self.transport.close()

    def _start_write_timer(self) -> None:
        if self._write_deadline is None:
            self._acked_before = self._acked_bytes()
            self._write_deadline = self.loop.call_later(self.write_timeout, self._check_write_progress)

    def _stop_write_timer(self) -> None:
        if self._write_deadline is not None:
            self._write_deadline.cancel()
            self._write_deadline = None

    def _check_write_progress(self) -> None:
        self._write_deadline = None
        if not self.transport.get_write_buffer_size():
            return
        if self._acked_bytes() - self._acked_before >= _MIN_READ_RATE * self.write_timeout:
            self._start_write_timer()  # slow, but reading
        else:
            # A reset (SO_LINGER 0) also drops the data that the kernel holds for this peer.
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.transport.abort()

    def _acked_bytes(self) -> int:
        """Bytes that the peer has acknowledged; 0 on other systems than Linux.

        The write buffer cannot show slow reading: Linux reports a socket as writable only after a third of its send
        buffer, up to megabytes, has been read.
        """
        if sys.platform != "linux":
            return 0
        connection = self.transport.get_extra_info("socket")
        info: bytes = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_ACKED.size)
        return _BYTES_ACKED.unpack(info)[0] if len(info) == _BYTES_ACKED.size else 0

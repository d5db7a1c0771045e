"""uvicorn's HTTP/1.1 reader, with the bounds it lacks: how large a head may be, how long it may take, and what a peer
may still send after it was answered."""

import asyncio
import socket
import struct
import sys
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from servicekit.auth.mtls import certificate_names
from servicekit.core.asgi_scope import CERTIFICATE_NAMES

# A chunk of one byte takes six on the wire (RFC 9112 §7.1); a body refused for its size may still be on its way.
_WIRE_BYTES = 16
_NEW = 2.0  # seconds
_PIPELINED = 8  # requests that wait on one connection for the answer before theirs
_NO_LINGERING = struct.pack("ii", 1, 0)
_SLOWEST = 1024  # bytes a second; who takes less does not read, and holds what it is sent in our memory
_BYTES_ACKED = struct.Struct("=120xQ")  # of the kernel's `struct tcp_info` (linux/tcp.h)


def bounded_protocol(
    max_header_bytes: int, header_timeout: float, max_body_bytes: int, write_timeout: float
) -> type[asyncio.Protocol]:
    """A protocol class for uvicorn's `http` option.

    Args:
        max_header_bytes: a head beyond this is answered 400 and the connection closed.
        header_timeout: seconds from the connection, or from a request's first byte, to the end of its head; and from
            an answer that came early to the end of the body it did not wait for.
        max_body_bytes: the largest body the application accepts; a connection that sends 16 times as much after one
            head, in chunk framing or trailers, is closed.
        write_timeout: seconds after which a peer that takes less than 1 KiB a second of what it is sent is cut off.
    """
    bounds = {
        "max_header_bytes": max_header_bytes,
        "header_timeout": header_timeout,
        "max_wire_bytes": _WIRE_BYTES * max_body_bytes,
        "write_timeout": write_timeout,
    }
    return type("BoundedProtocol", (BoundedProtocol,), bounds)


class BoundedProtocol(HttpToolsProtocol):
    """One connection. A peer can neither fill memory with a head that never ends nor hold a socket by sending none."""

    max_header_bytes: ClassVar[int]
    header_timeout: ClassVar[float]
    max_wire_bytes: ClassVar[int]
    write_timeout: ClassVar[float]

    _certificate_names: tuple[str, ...] = ()
    _head_bytes = 0
    _wire_bytes = 0
    _reading_head = True
    _deadline: asyncio.TimerHandle | None = None
    _write_deadline: asyncio.TimerHandle | None = None
    _taken_before = 0
    _answering: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start the clock for the first head."""
        super().connection_made(transport)
        self._certificate_names = certificate_names(transport.get_extra_info("peercert"))
        self._start_clock()

    def data_received(self, data: bytes) -> None:
        """Count before parsing: an unfinished header line is held by the parser and reaches no callback."""
        if self._reading_head:
            self._start_clock()  # blank lines before a head stop uvicorn's own clock and reach no callback
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
        """Start the clock for a later head on the same connection."""
        self._start_clock()
        super().on_message_begin()
        self.scope[CERTIFICATE_NAMES] = self._certificate_names  # type: ignore[typeddict-unknown-key]  # a key of ours

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the fields of the head; trailers would join them unseen by every check, so they are dropped."""
        if self._reading_head:
            super().on_header(name, value.strip(b" \t"))  # RFC 9110 §5.5: white space around a value is not part of it

    def on_headers_complete(self) -> None:
        """Stop the clock: the body has bounds of its own."""
        self._reading_head = False
        self._stop_clock()
        cycle: RequestResponseCycle | None = self.cycle
        idle = cycle is None or cycle.response_complete
        super().on_headers_complete()
        if idle:
            self._answering = self.cycle
        elif len(self.pipeline) < _PIPELINED:
            self.flow.resume_reading()  # uvicorn stops, and would not see the peer hang up

    def on_message_complete(self) -> None:
        """What comes next is another head."""
        self._reading_head = True
        self._head_bytes = self._wire_bytes = 0
        self._stop_clock()
        if self.cycle.response_complete:
            self._start_clock()  # uvicorn watches an idle connection only from an answer on
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer may come before the whole body: nobody waits for the rest, so it gets no more time than a head."""
        if self.pipeline:
            self._answering = self.pipeline[-1][0]
        super().on_response_complete()
        if not self._reading_head:
            self._start_clock()
        if self.transport.get_write_buffer_size():
            self._start_write_clock()  # closing waits for the rest to be read, which may be never

    def shutdown(self) -> None:
        """Close an idle connection, and a busy one after its answer. One that is new has a request on its way, most
        likely, and gets a moment to be a busy one."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None:
            self.loop.call_later(_NEW, super().shutdown)
        else:
            super().shutdown()

    def pause_writing(self) -> None:
        """The peer does not keep up: whoever sends waits, and the clock runs."""
        super().pause_writing()
        self._start_write_clock()

    def resume_writing(self) -> None:
        """It does again."""
        super().resume_writing()
        self._stop_write_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks, and tell the request that is being answered: uvicorn tells only the one that came last."""
        self._stop_clock()
        self._stop_write_clock()
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()
        super().connection_lost(exc)

    def _start_clock(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.header_timeout, self._too_slow)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        self.transport.close()

    def _start_write_clock(self) -> None:
        if self._write_deadline is None:
            self._taken_before = self._taken()
            self._write_deadline = self.loop.call_later(self.write_timeout, self._not_read)

    def _stop_write_clock(self) -> None:
        if self._write_deadline is not None:
            self._write_deadline.cancel()
            self._write_deadline = None

    def _not_read(self) -> None:
        self._write_deadline = None
        if not self.transport.get_write_buffer_size():
            return
        if self._taken() - self._taken_before >= _SLOWEST * self.write_timeout:
            self._start_write_clock()  # slow, and at it
        else:
            # Without lingering the system forgets what it holds for this peer, and tells it so.
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
            self.transport.abort()

    def _taken(self) -> int:
        """Bytes that the peer's system has acknowledged, as it does while somebody reads; 0 where none are counted."""
        if sys.platform != "linux":
            return 0
        connection = self.transport.get_extra_info("socket")
        told: bytes = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_ACKED.size)
        return _BYTES_ACKED.unpack(told)[0] if len(told) == _BYTES_ACKED.size else 0

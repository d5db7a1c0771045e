"""The time limit for a peer to read its response."""

import asyncio
import socket
import struct
import sys
from typing import Final

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
_MIN_READ_RATE: Final = 1024  # bytes per second; the unread rest of a response is held in this server's memory
_BYTES_ACKED: Final = struct.Struct("=120xQ")  # `tcpi_bytes_acked` of Linux's `struct tcp_info` (linux/tcp.h)


class WriteTimeout:
    """The time limit of one connection for reading what was written to it.

    Args:
        seconds: after which a peer that reads less than 1 KiB per second is disconnected.
    """

    __slots__ = ("_acked_before", "_loop", "_seconds", "_timer", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._transport, self._loop, self._seconds = transport, loop, seconds
        self._timer: asyncio.TimerHandle | None = None
        self._acked_before = 0

    def start(self) -> None:
        """Limit the time from now on, unless it is limited."""
        if self._timer is None:
            self._acked_before = self._acked_bytes()
            self._timer = self._loop.call_later(self._seconds, self._check_progress)

    def stop(self) -> None:
        """The peer has caught up, or is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check_progress(self) -> None:
        self._timer = None
        if not self._transport.get_write_buffer_size():
            return
        if self._acked_bytes() - self._acked_before >= _MIN_READ_RATE * self._seconds:
            self.start()  # slow, but reading
        else:
            # A reset (SO_LINGER 0) also drops the data that the kernel holds for this peer.
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._transport.abort()

    def _acked_bytes(self) -> int:
        """Bytes that the peer has acknowledged; 0 on other systems than Linux.

        The write buffer cannot show slow reading: Linux reports a socket as writable only after a third of its send
        buffer, up to megabytes, has been read.
        """
        if sys.platform != "linux":
            return 0
        connection = self._transport.get_extra_info("socket")
        info: bytes = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_ACKED.size)
        return _BYTES_ACKED.unpack(info)[0] if len(info) == _BYTES_ACKED.size else 0

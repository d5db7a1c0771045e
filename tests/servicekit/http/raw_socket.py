"""A plain socket, for requests that no HTTP client sends."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


class Connection:
    """One TCP connection; everything read so far is in `received`."""

    def __init__(self, opened: socket.socket, host: str) -> None:
        self._socket = opened
        self.host = host
        self.received = b""

    def send(self, data: bytes) -> None:
        """Send, or notice that the peer has gone."""
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return

    def head(self, method: str = "POST", path: str = "/mcp", **headers: str) -> None:
        """Send a request head; underscores in names are hyphens."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def status(self, within: float = 5.0) -> int:
        """The status of the next answer."""
        self._read_until(lambda: b"\r\n\r\n" in self.received, within)
        return int(self.received.split(b" ", 2)[1])

    def received_times(self, text: bytes, times: int = 1, within: float = 5.0) -> bool:
        """Whether so many occurrences of the text arrive in time, counted from the first byte in `received`."""
        self._read_until(lambda: self.received.count(text) >= times, within)
        return self.received.count(text) == times

    def aborted(self, within: float = 10.0) -> bool:
        """Whether the peer resets the connection in time, while nothing is read."""
        poll = select.poll()
        poll.register(self._socket, select.POLLERR)  # and nothing else: there is always something to read
        return bool(poll.poll(within * 1000))

    def take_slowly(self, over: float) -> bytes:
        """What there is to read, a little at a time for so many seconds, and then all of it."""
        begun, taken = time.monotonic(), b""
        readable = select.poll()
        readable.register(self._socket, select.POLLIN)
        while readable.poll(1000):
            chunk = self._socket.recv(4096 if time.monotonic() - begun < over else 1 << 20)
            if not chunk:
                break
            taken += chunk
            if time.monotonic() - begun < over:
                threading.Event().wait(0.02)
        return taken

    def closed(self, within: float = 5.0) -> bool:
        """Whether the peer ends the connection in time."""
        return self._read_until(lambda: False, within)

    def _read_until(self, enough: object, within: float) -> bool:
        deadline = time.monotonic() + within
        while not enough():  # type: ignore[operator]
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                chunk = self._socket.recv(65536)
            except ConnectionResetError:
                return True
            except TimeoutError:
                return False
            if not chunk:
                return True
            self.received += chunk
        return False


@contextmanager
def connected(base_url: str, receive_buffer: int | None = None) -> Iterator[Connection]:
    """A connection to a server, closed at the end of the block.

    Args:
        receive_buffer: bytes that the system takes in before anything is read; its own choice where absent.
    """
    host = urlsplit(base_url).netloc
    name, _, port = host.rpartition(":")
    with socket.socket() as opened:
        if receive_buffer is not None:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        opened.settimeout(5)
        opened.connect((name, int(port)))
        yield Connection(opened, host)

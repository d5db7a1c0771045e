"""A TCP proxy before Postgres that watches for COMMIT, and stops the world at one side of it."""

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Literal

Moment = Literal["before", "after", "never"]
COMMIT = b"COMMIT"


class CommitProxy:
    """Forwards to Postgres. When armed, the next COMMIT that a client sends fires `strike`.

    ``before``: the COMMIT never reaches Postgres. ``after``: Postgres has answered it, and the client never reads that.
    ``never``: disarmed.

    Args:
        port: where Postgres listens, on this machine.
        strike: what happens at that moment, such as killing the client.
    """

    def __init__(self, port: int, strike: Callable[[], None]) -> None:
        self._target = port
        self._strike = strike
        self._moment: Moment | None = None
        self._skip = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.fired = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, moment: Moment, skip: int = 0) -> None:
        """Fire once, at the next COMMIT, or after so many more."""
        self.fired.clear()
        with self._lock:
            self._moment, self._skip = moment, skip

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            connection = _Connection(client, server)
            threading.Thread(target=self._forward_requests, args=(connection,), daemon=True).start()
            threading.Thread(target=self._forward_replies, args=(connection,), daemon=True).start()

    def _take(self, moment: Moment) -> bool:
        """Whether this connection is the one to fire; only one is."""
        with self._lock:
            if self._moment != moment:
                return False
            if self._skip:
                self._skip -= 1
                return False
            self._moment = None
            return True

    def _forward_requests(self, connection: "_Connection") -> None:
        while data := connection.read(connection.client):
            if COMMIT in data:
                if self._take("before"):
                    self._fire()
                    break
                if self._take("after"):
                    connection.doomed.set()
            connection.write(connection.server, data)
        connection.close()

    def _forward_replies(self, connection: "_Connection") -> None:
        while data := connection.read(connection.server):
            if connection.doomed.is_set() and COMMIT in data:
                self._fire()
                break
            connection.write(connection.client, data)
        connection.close()

    def _fire(self) -> None:
        self._strike()
        self.fired.set()


class _Connection:
    """Two sockets, and whether the client may still hear that its commit went through."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.doomed = threading.Event()

    @staticmethod
    def read(source: socket.socket) -> bytes:
        try:
            return source.recv(65536)
        except OSError:
            return b""

    @staticmethod
    def write(target: socket.socket, data: bytes) -> None:
        try:
            target.sendall(data)
        except OSError:
            return

    def close(self) -> None:
        for end in (self.client, self.server):
            # A close alone is not heard at the other end while another thread still reads.
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

"""Where a server's records go in tests: a collector that keeps what it gets, and stores that answer with an error."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Collector:
    """Keeps every OTLP export, as bytes in which texts stand in UTF-8.

    Attributes:
        bodies: the exports by path, such as ``/v1/traces``.
    """

    def __init__(self) -> None:
        self.url = ""
        self.bodies: dict[str, list[bytes]] = {}

    def read(self) -> bytes:
        """Everything so far."""
        return b"\n".join(body for bodies in list(self.bodies.values()) for body in list(bodies))


@contextmanager
def collector() -> Iterator[Collector]:
    """A collector on a free port."""
    kept = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            kept.bodies.setdefault(self.path, []).append(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002  # the name is the library's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()


def redis_error(text: str) -> Callable[[bytes], bytes]:
    """Answers every command with an error that holds `text`."""
    line = text.replace("\r", " ").replace("\n", " ").encode()
    return lambda sent: b"-ERR unknown command, with args beginning with: '" + line + b"'\r\n" if sent else b""


def postgres_error(text: str) -> Callable[[bytes], bytes]:
    """Answers a connection with an error that holds `text` in its message, detail and hint."""

    def answer(sent: bytes) -> bytes:
        if sent[4:8] == b"\x04\xd2\x16\x2f":  # SSLRequest
            return b"N"
        fields = {b"S": b"FATAL", b"V": b"FATAL", b"C": b"28000"} | dict.fromkeys((b"M", b"D", b"H"), text.encode())
        body = b"".join(name + value + b"\0" for name, value in fields.items()) + b"\0"
        return b"E" + (len(body) + 4).to_bytes(4) + body

    return answer


@contextmanager
def store_that_answers(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """A store on a free port whose answer to whatever it is sent is `answer`; yields ``host:port``."""
    listener = socket.create_server(("127.0.0.1", 0))

    connections: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with suppress(OSError):
            while sent := connection.recv(65536):
                connection.sendall(answer(sent))

    def accept() -> None:
        with suppress(OSError):
            while True:
                connections.append(listener.accept()[0])
                threading.Thread(target=serve, args=(connections[-1],), daemon=True).start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join()
        for each in (listener, *connections):
            each.close()

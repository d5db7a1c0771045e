"""A machine without faults."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.devkit.doctor.machine import Machine


class _Index(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def index() -> Iterator[str]:
    """A server that answers like a package index: its front page does not exist."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Index) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def machine(tmp_path: Path, index: str) -> Machine:
    """Its folder has spaces and umlauts in its name."""
    return Machine(tmp_path / "Grüße aus Köln", index)

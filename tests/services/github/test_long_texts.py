"""A server answers other requests while it works on a long text."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx2
import pytest

from devkit.simulators.github.git_store import FILE_MODE
from servicekit.testing.service import serving
from tests.fixtures.api_keys import Keys

from .scene import READ, Hub

HOSTILE = {
    "spaces.txt": b"a <" + b" " * (4 * 2**20 - 3),
    "invisible.txt": "\u200b\n".encode() * 2**20,
    "tags.txt": b"<user_ \n" * 2**19,
    "lines.txt": b"\n" * 4 * 2**20,
}


class Live:
    """Asks a server whether it lives, again and again; `longest` is the longest time without an answer."""

    def __init__(self, base_url: str) -> None:
        self._url, self._over = f"{base_url}/live", threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.longest, self.answers = 0.0, 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        with httpx2.Client() as http:
            while not self._over.is_set():
                started = time.monotonic()
                assert http.get(self._url).status_code == 200
                self.longest = max(self.longest, time.monotonic() - started)
                self.answers += 1


@pytest.fixture
def served(hub: Hub, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Base URL and key of a server over HTTP, with the hostile files on the website's branch `hostile`."""
    git = hub.simulator.world.repositories["acme/website"].git
    tree = git.add_tree({path: (FILE_MODE, git.add_blob(content)) for path, content in HOSTILE.items()})
    git.set_ref("refs/heads/hostile", git.add_commit(tree, [], "Put", "A <a@example.com>", datetime.now(UTC)))
    keys = Keys(tmp_path / "keys.yaml", [READ])
    key = keys.add()

    def build(port: int) -> Any:
        return hub.service(port=port, public_url=f"http://127.0.0.1:{port}/mcp", api_keys_file=str(keys.path))

    with serving(build) as base_url:
        yield base_url, key


def ask(base_url: str, key: str, method: str, params: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json, text/event-stream"}
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    reply = httpx2.post(f"{base_url}/mcp", json=message, headers=headers, timeout=60)
    found: dict[str, Any] = reply.json()["result"]
    return found


@pytest.mark.parametrize("path", HOSTILE)
def test_live_answers_while_a_long_resource_is_read(served: tuple[str, str], path: str) -> None:
    base_url, key = served
    uri = f"repo://acme/website/hostile/contents/{path}"
    ask(base_url, key, "resources/read", {"uri": "repo://acme/website/main/contents/README.md"})
    started = time.monotonic()
    with Live(base_url) as live:
        (content,) = ask(base_url, key, "resources/read", {"uri": uri})["contents"]
    whole = time.monotonic() - started
    assert content["text"].startswith('<user_content source="repository">')
    assert content["text"].rstrip().endswith("missing.") or content["text"].endswith("</user_content>")
    assert live.longest < max(0.5 * whole, 0.5)  # on the loop, the work would be one silence of nearly all the time

"""How every server stops on a signal, started by its own commands."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from .conftest import Running

pytestmark = pytest.mark.slow

_PATIENCE = 20  # seconds
_HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "tests", "version": "1"},
    },
}


@contextmanager
def stdio(running: Running) -> Iterator[subprocess.Popen[str]]:
    """The server over stdio, after its first answer."""
    process = subprocess.Popen(
        [running.program, "stdio"],
        env=running.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(_HELLO) + "\n")
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        assert answer["result"]["serverInfo"]["name"] == running.description.name
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stdio_ends_cleanly_at_a_signal(running: Running, number: signal.Signals) -> None:
    with stdio(running) as process:
        process.send_signal(number)
        out, error = process.communicate(timeout=_PATIENCE)
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in error


def test_stdio_ends_cleanly_with_its_input(running: Running) -> None:
    with stdio(running) as process:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
        out, error = process.communicate(timeout=_PATIENCE)
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in error

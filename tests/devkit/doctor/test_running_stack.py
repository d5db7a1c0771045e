"""`devkit doctor` on a stack that runs: every part answers, a dead server, an issuer that the servers do not trust."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devkit.loopback.ports import find_listener, free_port, is_listening
from tests.fixtures.checkout import Checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    made = Checkout(tmp_path / "checkout")
    yield made
    made.close()


def records(checkout: Checkout, **variables: str) -> dict[str, list[str]]:
    """Level, message and remedy by check."""
    command = [sys.executable, "-m", "devkit", "doctor", "--records"]
    environment = {**checkout.environment, **variables}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return {check: [level, *rest] for level, check, *rest in lines}


@pytest.mark.slow
def test_stack_is_checked_as_a_client_uses_it(checkout: Checkout, tmp_path: Path) -> None:
    assert "metadata" not in records(checkout)
    checkout.up()
    healthy = records(checkout)
    assert {healthy[check][0] for check in ("issuer", "portal", "metadata", "orders")} == {"ok"}
    assert "orders_whoami called" in healthy["orders"][1]

    port = free_port()
    variables = {"DEVKIT_ISSUER_PORT": str(port), "DEVKIT_STATE": str(tmp_path / "other")}
    issuer = [sys.executable, "-m", "devkit", "issuer"]
    with subprocess.Popen(issuer, env={**checkout.environment, **variables}) as other:
        checkout.wait_for(lambda: is_listening(port))
        found = records(checkout, DEVKIT_ISSUER_PORT=str(port))
        other.kill()
    assert [found["metadata"][0], found["orders"][0]] == ["ok", "problem"]
    assert "orders refused the list of its tools" in found["orders"][1]
    assert "DEVKIT_ISSUER_PORT" in found["orders"][2]

    listener = find_listener(checkout.port)
    assert listener is not None
    os.kill(listener[0], signal.SIGSTOP)
    found = records(checkout)
    os.kill(listener[0], signal.SIGCONT)
    assert found["orders"] == [
        "problem",
        f"orders does not answer on port {checkout.port}.",
        "make down; make up # its output has the reason",
    ]
    assert found["issuer"][0] == "ok"

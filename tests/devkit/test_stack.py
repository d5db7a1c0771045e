"""The stack with the real orders server: start, calls, kill, restart with its data, stop."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

from devkit.loopback.ports import free_port, is_listening
from devkit.settings import WORKSPACE
from devkit.stack.service_environment import POLICY
from devkit.supervisor.watchdog import members

PORTS = ("DEVKIT_POSTGRES_PORT", "DEVKIT_VALKEY_PORT", "DEVKIT_ISSUER_PORT", "DEVKIT_VIEWER_PORT")


class Checkout:
    """A workspace with the real orders server, separate ports and separate state."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / ".dev"
        self.port = free_port()
        service = folder / "services" / "orders"
        service.mkdir(parents=True)
        description = (WORKSPACE / "services" / "orders" / "pyproject.toml").read_text()
        (service / "pyproject.toml").write_text(description.replace("8101", str(self.port)))
        # Watched instead of the real source, so that a save restarts only this server, which runs the real code.
        (service / "src").mkdir()
        self.source = service / "src" / "saved.py"
        (folder / POLICY).parent.mkdir()
        (folder / POLICY).write_bytes((WORKSPACE / POLICY).read_bytes())
        (folder / ".venv").symlink_to(sys.prefix)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ORDERS_")},
            **{name: str(free_port()) for name in PORTS},
            "DEVKIT_WORKSPACE": str(folder),
            "DEVKIT_STATE": str(self.state),
        }
        self.ports = [self.port, *(int(self.environment[name]) for name in PORTS)]
        self._ups: list[subprocess.Popen[bytes]] = []

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def up(self) -> subprocess.Popen[bytes]:
        """Start the stack and wait until it is ready."""
        with (self.folder / "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "devkit", "up"], env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        self._ups.append(process)
        self.wait_for(lambda: "READY in" in self.log or process.poll() is not None)
        assert "READY in" in self.log, self.log
        return process

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "devkit", *arguments]
        return subprocess.run(program, env=self.environment, capture_output=True, text=True, check=False, timeout=120)

    def wait_for(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 120
        while not true():
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)

    def close(self) -> None:
        for process in self._ups:
            process.kill()
            process.wait()
        self.wait_for(lambda: not members(str(self.state)))


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    made = Checkout(tmp_path / "checkout")
    yield made
    made.close()


@pytest.mark.slow
async def test_stack_runs_restarts_and_stops(checkout: Checkout) -> None:
    first = checkout.up()
    assert "make call SERVICE=orders TOOL=orders_whoami" in checkout.log

    who = json.loads(checkout.run("call", "orders", "orders_whoami", "--subject", "ann").stdout)
    assert (who["subject"], who["tenant"]) == ("ann", "acme")
    found = json.loads(checkout.run("call", "orders", "search_orders", '{"query": "paid", "limit": 1}').stdout)
    number = found["items"][0]["number"]
    refused = checkout.run("call", "orders", "search_orders", '{"limit": "many"}')
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "limit" in refused.stderr
    renamed = checkout.run("call", "orders", "get_order", json.dumps({"orderId": number}))
    assert json.loads(renamed.stdout)["number"] == number
    assert "Read orderId as order_id." in renamed.stderr
    unknown = checkout.run("call", "orders", "no_such_tool")
    assert unknown.returncode == 1
    assert "Traceback" not in unknown.stderr

    anchors = checkout.state / "up.log"
    anchors.write_text(checkout.log)
    audited = checkout.run("audit", "orders", "verify", "--anchors", str(anchors))
    assert (audited.returncode, audited.stderr) == (0, "")
    assert re.search(r"^[1-9]\d* entries in .*, all unchanged\. Compared with 1 anchor", audited.stdout, re.MULTILINE)

    second = checkout.run("up")
    assert second.returncode == 2
    assert f"already running (process {first.pid})" in second.stderr

    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", "devkit", "stdio", "orders"], env=checkout.environment
    )
    async with Client(parameters) as client:
        result = await client.call_tool("search_orders", {"query": number})
        assert result.structured_content["items"][0]["number"] == number

    checkout.source.write_text("saved = True\n")
    checkout.wait_for(lambda: "orders is ready again" in checkout.log)

    first.send_signal(signal.SIGKILL)
    first.wait()
    again = checkout.up()
    assert "Migrated" not in checkout.log
    kept = json.loads(checkout.run("call", "orders", "search_orders", json.dumps({"query": number})).stdout)
    assert kept["items"][0]["number"] == number

    assert "Loaded 30 orders" in checkout.run("seed", "orders", "--size", "30").stdout

    started = time.monotonic()
    assert checkout.run("down").stdout == f"Stopped the stack (process {again.pid}).\n"
    assert time.monotonic() - started < 10
    assert again.wait(5) == 0
    assert not members(str(checkout.state))
    assert not any(is_listening(port) for port in checkout.ports)


@pytest.mark.slow
def test_seed_without_a_stack_starts_postgres(checkout: Checkout) -> None:
    done = checkout.run("seed", "orders", "--size", "25")
    assert done.returncode == 0, done.stderr
    assert "Loaded 25 orders" in done.stdout
    assert not members(str(checkout.state))
    assert not any(is_listening(port) for port in checkout.ports)

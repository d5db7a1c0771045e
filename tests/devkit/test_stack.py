"""The stack with the real orders server: start, calls, kill, restart with its data, stop."""

import json
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

from devkit.loopback.ports import is_listening
from devkit.supervisor.watchdog import members
from tests.fixtures.checkout import Checkout


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

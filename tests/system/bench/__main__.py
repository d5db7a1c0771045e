"""`make bench`: tool calls over Streamable HTTP, ours with everything on against its peers with nothing on."""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from typing import Any, Final

import asyncpg

from devkit.issuer.testing import issuer_in_thread
from devkit.loopback.ports import free_port
from devkit.stores.databases import DatabaseUrls, bootstrap
from devkit.stores.testing import password_of, postgres_for_tests, valkey_for_tests
from servicekit.journal.tables import create_statements

from .client import ERAS, Burst, Call, Era, burst
from .server import SCHEMA, SCOPE, SERVERS

CALLS: Final = (
    Call("add", {"a": 20, "b": 22}, '"structuredContent":{"sum":42}'),
    Call("get_account", {"account_id": "a77"}, '"balance":77000'),
)
NAMES: Final = {"kit": "ours, all on", "sdk": f"MCPServer {version('mcp')}", "fastmcp": f"FastMCP {version('fastmcp')}"}
_START: Final = 30.0  # seconds

Measured = dict[str, list[Burst]]


@contextmanager
def running(name: str, options: dict[str, Any]) -> Iterator[int]:
    """One server in a process of its own; gives its port."""
    port = free_port()
    command = [sys.executable, "-m", "tests.system.bench.server", name]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdin is not None
    process.stdin.write(json.dumps({**options, "port": port}).encode() + b"\n")
    process.stdin.flush()
    try:
        yield port
    finally:
        process.terminate()
        process.wait(20)


async def prepare(admin_url: str) -> DatabaseUrls:
    """A database with 100 accounts of two tenants, and the journal's tables."""
    urls = await bootstrap(admin_url, "bench", password_of=password_of)
    owner = await asyncpg.connect(urls.owner)
    for statement in (
        f"CREATE SCHEMA {SCHEMA}",
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO bench_writer",
        f"""CREATE TABLE {SCHEMA}.accounts (tenant_id text, id text, owner text, balance bigint,
            PRIMARY KEY (tenant_id, id))""",
        f"""INSERT INTO {SCHEMA}.accounts SELECT tenant, 'a' || n, 'Owner ' || n, n * 1000
            FROM generate_series(1, 100) n, unnest(ARRAY['acme', 'globex']) tenant""",
        f"ALTER TABLE {SCHEMA}.accounts ENABLE ROW LEVEL SECURITY",  # the owner, whom the peers are, is not bound by it
        f"""CREATE POLICY tenant ON {SCHEMA}.accounts TO bench_writer
            USING (tenant_id = current_setting('app.tenant', true))""",
        f"GRANT SELECT ON {SCHEMA}.accounts TO bench_writer",
        *create_statements(SCHEMA, "bench_writer"),
        f"ANALYZE {SCHEMA}.accounts",
    ):
        await owner.execute(statement)
    await owner.close()
    return urls


async def measure(ports: dict[str, int], tokens: dict[str, str], call: Call, era: Era, how: Any) -> Measured:
    """Rounds of bursts, the servers in turn, so that what the machine does besides falls on all of them."""
    measured: Measured = defaultdict(list)
    for number in range(how.rounds + 1):
        for name, port in ports.items():
            found = await burst(
                port, call, era, tokens[name], connections=how.connections, duration=how.seconds if number else 1.0
            )
            if number:  # the first is for warming up
                measured[name].append(found)
    return measured


def show(call: Call, era: Era, measured: Measured) -> None:
    """The figures of one tool in one era, with ours as the measure."""
    print(f"\n{call.tool}, {era}")
    print(f"  {'':<18}{'calls/s':>9}{'p50 ms':>9}{'p99 ms':>9}   ours is")
    figures = {name: _figures(bursts) for name, bursts in measured.items()}
    ours = figures["kit"]
    for name, (rate, p50, p99) in figures.items():
        line = f"  {NAMES[name]:<18}{rate:>9.0f}{p50:>9.2f}{p99:>9.2f}"
        if name != "kit":
            line += f"   {ours[0] / rate:.2f} x the calls, {ours[1] / p50:.2f} x the p50, {ours[2] / p99:.2f} x the p99"
        print(line)


def _figures(bursts: list[Burst]) -> tuple[float, float, float]:
    rate = statistics.median(len(found.seconds) / found.elapsed for found in bursts)
    cuts = statistics.quantiles((seconds * 1000 for found in bursts for seconds in found.seconds), n=100)
    return rate, cuts[49], cuts[98]


async def reachable(ports: dict[str, int]) -> None:
    """Wait until every server accepts connections."""
    end = time.monotonic() + _START
    for name, port in ports.items():
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                if time.monotonic() > end:
                    raise SystemExit(f"{name} did not start") from None
                await asyncio.sleep(0.1)
            else:
                writer.close()
                break


async def compare(ports: dict[str, int], tokens: dict[str, str], how: Any) -> None:
    """Every tool in every era."""
    await reachable(ports)
    for call in CALLS:
        for era in ERAS:
            show(call, era, await measure(ports, tokens, call, era, how))


def main() -> None:
    """Start everything, measure, and print."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each burst")
    parser.add_argument("--connections", type=int, default=16)
    how = parser.parse_args()
    print(
        f"{how.connections} connections, {how.rounds} bursts of {how.seconds:g} s each, the servers in turn; client, "
        "stores and servers on one machine.\nOurs verifies a token, checks scope and policy, counts in Valkey, binds "
        "the tenant and keeps an audit entry\nfor each call; the peers do none of that."
    )
    with ExitStack() as stack:
        urls = asyncio.run(prepare(stack.enter_context(postgres_for_tests()).admin_url))
        redis = stack.enter_context(valkey_for_tests())
        issuer = stack.enter_context(issuer_in_thread([SCOPE]))
        options = {"issuer": issuer.url, "redis": redis, "owner": urls.owner, "writer": urls.writer}
        ports = {name: stack.enter_context(running(name, options)) for name in SERVERS}
        tokens = {name: issuer.mint(f"http://127.0.0.1:{port}/mcp", scopes=[SCOPE]) for name, port in ports.items()}
        asyncio.run(compare(ports, tokens, how))


if __name__ == "__main__":
    main()

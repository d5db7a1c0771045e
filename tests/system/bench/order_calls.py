"""Calls of the orders server in a large database: `python -m tests.system.bench.order_calls READER_URL WRITER_URL`.

The database is filled by `orders-mcp seed --size 1000000`. Each kind of call runs through the official client and the
whole server in one process, one call after the other, with values that are drawn from the data (`--seed`). Then the
statements of one call are explained: the pages of 8 KB that they read, and their indexes. Prints a table in Markdown;
``--write`` puts it into docs/performance.md under ``--heading``.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import asyncpg
from mcp.client import Client

from devkit.workspace.composition import compose
from servicekit.server.service import Service
from servicekit.storage.postgres import database
from servicekit.storage.postgres.connection import TenantConnection
from servicekit.testing.service import caller, connect
from tests.fixtures.databases import connected

from .order_call_kinds import Call, Drawn, kinds
from .page import machine, write_section

_MANAGER: Final = caller("orders:read", "orders:write", "orders:approve", tenant="acme")
_BUSY: Final = 10**9
_HEADER: Final = (
    "| call | found | p50 ms | p99 ms | statements | pages read | indexes, and tables read from end to end |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | --- |"
)


class RecordedConnection(TenantConnection):
    """A connection that keeps the statements of a call, without those of its audit entry."""

    __slots__ = ()

    statements: ClassVar[list[tuple[str, tuple[Any, ...]]] | None] = None

    async def _execute(self, query: str, arguments: Any, *others: Any, **options: Any) -> Any:
        kept = RecordedConnection.statements
        if kept is not None and "orders." in query and "audit" not in query:
            kept.append((query, tuple(arguments)))
        return await super()._execute(query, arguments, *others, **options)


@dataclass(frozen=True)
class Reading:
    """What the statements of one call read."""

    statements: int
    pages: int
    names: Sequence[str]


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A plan and everything below it."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


async def reading_of(client: Client, reader: "asyncpg.Connection[Any]", call: Call) -> Reading:
    """Run a call, and explain its statements on another connection of the reader."""
    kept = RecordedConnection.statements = []
    try:
        await client.call_tool(*call)
    finally:
        RecordedConnection.statements = None
    pages, names = 0, []
    for query, arguments in kept:
        plan = json.loads(await reader.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", *arguments))[0]
        pages += plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
        run = [node for node in nodes(plan["Plan"]) if node["Actual Loops"]]
        names += [node["Index Name"] for node in run if "Index Name" in node]
        names += [f"**{node['Relation Name']}**" for node in run if "Seq Scan" in node["Node Type"]]
    return Reading(len(kept), pages, list(dict.fromkeys(names)))


def _longest(content: Any) -> int:
    """The length of the longest list in a result."""
    if isinstance(content, list):
        return max([len(content), *map(_longest, content)])
    return max(map(_longest, content.values()), default=0) if isinstance(content, dict) else 0


async def timed(client: Client, of: Callable[[], Call], calls: int) -> tuple[list[float], float]:
    """Milliseconds of each call, in order, and the mean number of records of a result."""
    times, found = [], 0
    for _ in range(calls):
        call = of()
        began = time.perf_counter()
        result = await client.call_tool(*call)
        times.append((time.perf_counter() - began) * 1000)
        if result.is_error:
            raise RuntimeError(f"{call}: {result.content}")
        found += _longest(result.structured_content)
    return sorted(times), found / calls


def service(reader: str, writer: str) -> Service:
    """The server, without limits."""
    limits = dict.fromkeys(("limit_server", "limit_caller", "limit_tool"), _BUSY)
    urls = {"public_url": "http://127.0.0.1:1/mcp", "reader_url": reader, "writer_url": writer, "toolsets": "all"}
    return compose("orders", {**urls, **limits, "statement_timeout": 60, "call_timeout": 60, "log_level": "error"})


async def measure(reader_url: str, writer_url: str, calls: int, seed: int, only: str) -> str:
    """The table and what it depends on."""
    luck = random.Random(seed)
    database.TenantConnection = RecordedConnection  # type: ignore[misc]  # for this process
    orders = service(reader_url, writer_url)
    lines = [_HEADER]
    async with (
        connected(reader_url, "acme", server_settings={"jit": "off"}) as reader,
        orders.running(),
        connect(orders, _MANAGER) as client,
    ):
        drawn = await Drawn.from_data(reader, luck)
        for kind, of in kinds(drawn, luck).items():
            if only not in kind:
                continue
            await client.call_tool(*of())  # prepares its statements
            times, found = await timed(client, of, calls)
            read = await reading_of(client, reader, of())
            p50, p99 = statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.99))]
            lines.append(
                f"| {kind} | {found:.0f} | {p50:.1f} | {p99:.0f} | {read.statements} | {read.pages} "
                f"| {', '.join(read.names)} |"
            )
            print(lines[-1], flush=True)
        count = await reader.fetchval("SELECT reltuples FROM pg_class WHERE oid = 'orders.orders'::regclass")
        server = await reader.fetchval(
            "SELECT current_setting('server_version') || ', shared_buffers ' || current_setting('shared_buffers')"
        )
    facts = (
        f"{count / 1e6:.1f} million orders of `orders-mcp seed`, four in five of them of the tenant that calls",
        "Command: `python -m tests.system.bench.order_calls READER_URL WRITER_URL --write`",
        f"Date: {datetime.now(UTC):%Y-%m-%d}",
        f"{machine()[0].partition(';')[0]}, load average {os.getloadavg()[0]:.0f}",
        f"Postgres {server}",
        f"{calls} calls of each kind, one after the other, client and server in one process",
    )
    return "\n\n".join(["\n".join(f"- {fact}" for fact in facts), "\n".join(lines)])


def main() -> None:
    """Measure, print and perhaps write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reader")
    parser.add_argument("writer")
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="kinds whose name contains this")
    parser.add_argument("--write", action="store_true", help="put the section into docs/performance.md")
    parser.add_argument("--heading", default="Lists and reports of orders", help="of the section")
    options = parser.parse_args()
    section = asyncio.run(measure(options.reader, options.writer, options.calls, options.seed, options.only))
    print(section)
    if options.write:
        write_section(options.heading, section)


if __name__ == "__main__":
    main()

"""Queries of logs: every field that they name is in a line of a server that succeeds, refuses and fails."""

import asyncio
import re
import secrets
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from devkit.issuer.testing import RunningIssuer
from devkit.settings import WORKSPACE
from devkit.stores.databases import DatabaseUrls
from devkit.stores.testing import PostgresServer
from orders_mcp.sample_data.plan import Plan
from tests.fixtures.databases import owner_of, seeded

from .server import serving

QUERIES = sorted(file for file in (WORKSPACE / "deploy" / "queries").rglob("*") if file.is_file())
Line = dict[str, Any]

# What is no field in the languages of CloudWatch Logs Insights and LogQL.
_WORDS = {
    *("fields", "filter", "sort", "stats", "limit", "by", "as", "desc", "in", "and", "or", "like", "count", "pct"),
    *("max", "coalesce", "json", "line_format", "unwrap", "topk", "quantile_over_time", "h"),
}


def without_literals(text: str) -> str:
    """A query without comments, patterns and the texts that fields are compared with."""
    text = "\n".join(line for line in text.splitlines() if not line.startswith(("#", "--")))
    return re.sub(r"\{[^{}]*\}(?!\})", "", re.sub(r'(?<!line_format )"[^"]*"|/\^.*?/(?=\n)|`[^`]*`', "", text))


def fields_of(query: Path) -> set[str]:
    """The fields of log lines that a query names."""
    text = query.read_text(encoding="utf-8")
    if query.parent.name == "cloud-logging":
        return set(re.findall(r"json_?[Pp]ayload\.(\w+)", text))
    templates = set(re.findall(r"\{\{\.(\w+)\}\}", text))
    text = re.sub(r'line_format "[^"]*"', "", without_literals(text))
    own = set(re.findall(r"\bas (\w+)", text))
    names = set(re.findall(r"(?<![@\w.])[a-z_]+\b(?!\.)", text))
    return templates | names - own - _WORDS


@pytest.fixture(scope="module")
def broken(postgres: PostgresServer) -> DatabaseUrls:
    """A database with a table too few, and with customers that have no address: calls find both out."""
    urls = seeded(postgres.admin_url, "orders", "queries_orders", Plan(size=10, seed=1, until=date(2026, 1, 1)))

    async def damage() -> None:
        async with owner_of(urls) as connection:
            await connection.execute("ALTER TABLE orders.inventory RENAME TO lost")
            await connection.execute("ALTER TABLE orders.customers ALTER COLUMN email DROP NOT NULL")
            await connection.execute("UPDATE orders.customers SET email = NULL")

    asyncio.run(damage())
    return urls


@pytest.fixture(scope="module")
def lines(
    broken: DatabaseUrls, valkey_url: str, issuer: RunningIssuer, tmp_path_factory: pytest.TempPathFactory
) -> list[Line]:
    """The log of a server: calls that succeed, are refused, crash and lack a dependency, and a wrong credential."""
    with serving(broken, valkey_url, issuer, tmp_path_factory.mktemp("log") / "orders") as server:
        server.post("ping", Authorization="Bearer wrong")
        for name, arguments in {
            "get_order": {"order_id": "no number"},
            "search_orders": {},
            "get_inventory": {"skus": ["MUG-01"]},
            "no_such_tool": {},
        }.items():
            server.post("tools/call", {"name": name, "arguments": arguments})
        last = secrets.token_hex(8)
        server.post("tools/call", {"name": "orders_whoami", "arguments": {}}, **{"X-Request-ID": last})
        server.line(event="call", request_id=last)
        return server.lines()


def test_the_log_has_each_kind_of_line(lines: list[Line]) -> None:
    outcomes = {line["outcome"] for line in lines if line["event"] == "call"}
    assert {"ok", "invalid_arguments", "crash", "unavailable", "-32602"} <= outcomes
    assert {"call", "crash", "dependency unavailable", "credential rejected"} <= {line["event"] for line in lines}


@pytest.mark.parametrize("query", QUERIES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_field_of_a_query_is_in_a_line(query: Path, lines: list[Line]) -> None:
    fields = fields_of(query)
    assert {"event"} <= fields
    assert fields - {name for line in lines for name in line} == set()

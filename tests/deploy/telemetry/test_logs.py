"""The log: on standard error only, readable on a terminal and by machines, without secrets."""

import json
import logging
import os
import pty
import re
import secrets
import subprocess
from dataclasses import replace
from typing import get_args

import pytest

from devkit.issuer.testing import RunningIssuer
from devkit.settings import WORKSPACE
from devkit.stores.databases import DatabaseUrls
from devkit.workspace.composition import compose_to_describe
from servicekit.pipeline.request import Outcome
from servicekit.registry.listing import fingerprint
from servicekit.telemetry.logs import ConsoleFormatter

from .server import START, Server

PROGRAM = WORKSPACE / ".venv" / "bin" / "orders-mcp"
PLANTED = "ghp_" + "SECRET" * 5


@pytest.fixture(scope="session")
def environment(urls: DatabaseUrls) -> dict[str, str]:
    """The variables that `stdio` needs."""
    return {
        "ORDERS_PUBLIC_URL": "http://127.0.0.1:1/mcp",
        "ORDERS_READER_URL": urls.reader,
        "ORDERS_WRITER_URL": urls.writer,
        "ORDERS_STDIO_TENANT": "acme",
        "ORDERS_STDIO_SCOPES": "orders:read",
        "ORDERS_LOG_LEVEL": "debug",
    }


def message(number: int, method: str, **params: object) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


HANDSHAKE = message(
    1, "initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo={"name": "tests", "version": "1"}
)
CONVERSATION = "\n".join(
    [
        HANDSHAKE,
        '{"jsonrpc": "2.0", "method": "notifications/initialized"}',
        message(2, "tools/call", name="orders_whoami", arguments={}),
        message(3, "tools/call", name="get_order", arguments={"order_id": PLANTED}),
        message(4, "no/such"),
    ]
)


@pytest.mark.slow
def test_stdio_writes_only_messages_to_standard_output(environment: dict[str, str]) -> None:
    with subprocess.Popen(
        [PROGRAM, "stdio"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(CONVERSATION + "\n")
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in range(4)]
        process.stdin.close()
        rest, log = process.stdout.read(), process.stderr.read()
        assert process.wait(START) == 0
    assert {answer["id"] for answer in answers} == {1, 2, 3, 4}
    assert rest == ""
    lines = [json.loads(line) for line in log.splitlines()]
    calls = {line["operation"]: line["outcome"] for line in lines if line["event"] == "call"}
    assert calls == {"tools/call orders_whoami": "ok", "tools/call get_order": "invalid_arguments", "_OTHER": "-32601"}
    assert PLANTED not in log


@pytest.mark.slow
def test_a_terminal_gets_aligned_text_in_colour(environment: dict[str, str]) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [PROGRAM, "stdio"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as process:
        os.close(theirs)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(CONVERSATION + "\n")
        process.stdin.flush()
        for _ in range(4):
            process.stdout.readline()
        process.stdin.close()
        written = b""
        try:
            while chunk := os.read(ours, 65536):
                written += chunk
        except OSError:  # Linux ends a terminal like this
            pass
        os.close(ours)
    text = written.decode()
    assert "INFO    call" in text
    assert "\x1b[2moutcome=\x1b[0mok" in text
    assert '{"time"' not in text


def test_without_a_terminal_there_is_no_colour() -> None:
    record = logging.makeLogRecord({"msg": "call", "levelno": 40, "levelname": "ERROR", "outcome": "crash"})
    assert "\x1b" not in ConsoleFormatter().format(record)
    coloured = ConsoleFormatter(colour=True).format(record)
    assert "\x1b[31mERROR" in coloured
    assert "\x1b[2moutcome=\x1b[0mcrash" in coloured


def test_planted_secrets_are_in_no_line(server: Server) -> None:
    planted = f"Bearer {PLANTED}"
    server.post("tools/call", {"name": "search_orders", "arguments": {"query": planted}})
    server.post("tools/call", {"name": "search_orders", "arguments": {PLANTED: planted}})
    server.post("tools/call", {"name": planted})
    server.post("ping", Authorization=planted)
    server.post("ping", **{"X-API-Key": PLANTED})
    server.post("ping", **{"X-Request-ID": planted, "User-Agent": planted, "Cookie": f"session={PLANTED}"})
    meta = {"io.modelcontextprotocol/clientInfo": {"name": planted, "version": planted}}
    request_id = secrets.token_hex(8)
    server.post("tools/call", {"name": "orders_whoami", "_meta": meta}, **{"X-Request-ID": request_id})
    line = server.line(event="call", request_id=request_id)
    assert line["outcome"] == "ok"
    assert "SECRET" not in server.log_file.read_text()
    assert "SECRET" not in server.page()


def first_column(tables: str) -> set[str]:
    """The names in backticks that the first column of Markdown tables lists."""
    cells = [row.split("|")[1] for row in tables.splitlines() if row.startswith("|")]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_the_operations_page_lists_every_log_field(server: Server) -> None:
    request_id = secrets.token_hex(8)
    server.post("tools/call", {"name": "orders_whoami"}, **{"X-Request-ID": request_id})
    line = server.line(event="call", request_id=request_id)
    page = (WORKSPACE / "docs" / "operations.md").read_text()
    fields, _, outcomes = page.partition("## Logs")[2].partition("## ")[0].partition("| outcome |")
    assert set(line) <= first_column(fields)
    assert first_column(outcomes) == set(get_args(Outcome))


@pytest.mark.parametrize(
    ("method", "params", "operation", "outcome"),
    [
        ("tools/call", {"name": "no_such_tool"}, "tools/call _OTHER", "-32602"),
        ("resources/read", {"uri": "no://such"}, "resources/read _OTHER", "-32602"),
        ("no/such", {}, "_OTHER", "-32601"),
        (
            "tools/call",
            {"name": "orders_whoami", "_meta": {"fleet/timeout_ms": "soon"}},
            "tools/call orders_whoami",
            "-32602",
        ),
        ("tools/call", {"name": "update_order_notes"}, "tools/call update_order_notes", "denied"),
    ],
)
def test_a_refused_message_has_a_line(
    method: str, params: dict[str, object], operation: str, outcome: str, server: Server, issuer: RunningIssuer
) -> None:
    token = issuer.mint(f"{server.base_url}/mcp", scopes=["orders:read"], tenant="acme", subject="loud")
    request_id = secrets.token_hex(8)
    server.post(method, params, Authorization=f"Bearer {token}", **{"X-Request-ID": request_id, "User-Agent": "curl"})
    line = server.line(event="call", request_id=request_id)
    assert (line["operation"], line["outcome"]) == (operation, outcome)
    assert (line["subject"], line["tenant"], line["client"]) == ("loud", "acme", "curl")
    assert {"client_id", "duration_ms", "protocol", "trace_id", "span_id"} <= set(line)


def test_the_description_hash_matches_the_listing(server: Server) -> None:
    request_id = secrets.token_hex(8)
    server.post("tools/call", {"name": "orders_whoami"}, **{"X-Request-ID": request_id})
    tool = compose_to_describe("orders").registry.tools["orders_whoami"]
    assert server.line(event="call", request_id=request_id)["description_hash"] == fingerprint(tool)
    assert fingerprint(replace(tool, description="Other.")) != fingerprint(tool)

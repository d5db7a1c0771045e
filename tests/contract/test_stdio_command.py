"""The command `stdio` as clients run it: flags, one-line errors, and nothing but messages on standard output."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

pytestmark = pytest.mark.slow

NOWHERE = "postgresql://user@127.0.0.1:1/orders"
ORDERS = {"ORDERS_WRITER_URL": NOWHERE, "ORDERS_READER_URL": NOWHERE, "ORDERS_LOG_LEVEL": "error"}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


def environment(**more: str) -> dict[str, str]:
    """The environment of a client's child: no setting of a server unless named."""
    return {"PATH": os.environ["PATH"], **more}


def arguments(name: str, *flags: str) -> list[str]:
    """Runs `stdio` of a server with the interpreter of the tests."""
    return ["-m", f"{name}_mcp", "stdio", *flags]


def run(name: str, *flags: str, sent: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Run `stdio` until it ends after its input."""
    return subprocess.run(
        [sys.executable, *arguments(name, *flags)],
        input=sent,
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def whoami(*flags: str, **more: str) -> dict[str, Any]:
    """The orders server's answer to a client that runs it with these flags and settings."""
    parameters = StdioServerParameters(
        command=sys.executable, args=arguments("orders", *flags), env=environment(**ORDERS, **more)
    )
    async with Client(stdio_client(parameters)) as client:
        answer = (await client.call_tool("orders_whoami", {})).structured_content
    assert answer is not None
    return answer


async def test_flags_name_the_user_and_beat_the_settings() -> None:
    answer = await whoami(
        *("--scopes", "orders:read,orders:write", "--tenant", "globex", "--subject", "ann"),
        ORDERS_STDIO_TENANT="acme",
        ORDERS_STDIO_SUBJECT="bob",
        ORDERS_STDIO_SCOPES="orders:approve",
    )
    assert (answer["subject"], answer["tenant"]) == ("ann", "globex")
    assert answer["scopes"] == ["orders:read", "orders:write"]
    assert answer["may_write"] is True


async def test_read_only_refuses_writes() -> None:
    answer = await whoami("--scopes", "orders:read orders:write", "--read-only")
    assert answer["may_write"] is False


async def test_no_setting_is_needed_without_a_database() -> None:
    parameters = StdioServerParameters(
        command=sys.executable, args=arguments("weather", "--scopes", "weather:read"), env=environment()
    )
    async with Client(stdio_client(parameters)) as client:
        assert "get_forecast" in {tool.name for tool in (await client.list_tools()).tools}


@pytest.mark.parametrize(
    ("flags", "settings", "words"),
    [
        (
            ("--scopes", "weather:raed"),
            {},
            "Scope 'weather:raed' does not exist. Use some of: weather:read weather:write.",
        ),
        ((), {"WEATHER_POLICY_FILE": "/nowhere"}, "Invalid file: The policy file cannot be read"),
        (("--read-onyl",), {}, "No such option: --read-onyl"),
        ((), {"WEATHER_PORT": "x"}, "WEATHER_PORT: "),
    ],
)
def test_errors_are_words_on_standard_error(flags: tuple[str, ...], settings: dict[str, str], words: str) -> None:
    done = run("weather", *flags, **settings)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_user_without_scopes_is_warned() -> None:
    done = run("weather")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == 'No scopes are given, so that most tools refuse. Use --scopes "weather:read weather:write".\n'


def start(*flags: str, **more: str) -> subprocess.Popen[str]:
    """Start `stdio` of the weather server."""
    return subprocess.Popen(
        [sys.executable, *arguments("weather", *flags)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(**more),
        text=True,
    )


def test_standard_output_carries_only_messages() -> None:
    sent: list[object] = [INITIALIZE, {"jsonrpc": "2.0", "method": "notifications/initialized"}]
    sent += [{"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "weather_whoami"}}]
    with start(WEATHER_LOG_LEVEL="debug") as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write("".join(json.dumps(one) + "\n" for one in sent) + "not a message\n")
        server.stdin.flush()
        answers = [json.loads(server.stdout.readline()) for _ in range(2)]
        rest, errors = server.communicate(timeout=60)
    answers += [json.loads(line) for line in rest.splitlines()]
    assert {answer["jsonrpc"] for answer in answers} == {"2.0"}
    assert {1, 2} <= {answer.get("id") for answer in answers}
    assert server.returncode == 0
    assert errors


def test_a_client_that_is_gone_ends_the_server_quietly() -> None:
    with start("--scopes", "weather:read") as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stderr is not None
        server.stdout.close()
        server.stdin.write(json.dumps(INITIALIZE) + "\n")
        server.stdin.close()
        assert server.wait(30) == 0
        assert "Traceback" not in server.stderr.read()

"""Every server from its own command: stdio speaks the same protocol on the same data, and bad settings stop a start."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from typer.testing import CliRunner

from .clients import ERAS, Era
from .conftest import DESCRIPTIONS, WITH_AUDIT_FILE, Running
from .domains import variables


@pytest.mark.slow
@pytest.mark.parametrize("era", ERAS)
async def test_stdio_serves_the_operating_system_user(running: Running, era: Era) -> None:
    prefix = running.description.prefix
    environment = running.environment | {
        f"{prefix}STDIO_TENANT": "acme",
        f"{prefix}STDIO_SCOPES": " ".join(running.description.scopes),
        f"{prefix}LOG_FORMAT": "json",
    }
    parameters = StdioServerParameters(command=str(running.program), args=["stdio"], env=environment)
    async with Client(stdio_client(parameters), mode=era) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        identity = (await client.call_tool(running.service.identity.own_tool("whoami"), {})).structured_content
    assert names == set(running.service.registry.tools)
    assert identity is not None
    assert (identity["auth_method"], identity["tenant"]) == ("stdio", "acme")


@pytest.mark.slow
def test_missing_settings_are_named_all_at_once(running: Running) -> None:
    finished = subprocess.run([running.program, "serve"], env={}, capture_output=True, text=True, check=False)
    assert finished.returncode == 2
    assert f"{running.description.prefix}PUBLIC_URL: is required" in finished.stderr
    if running.description.database:
        assert f"{running.description.prefix}READER_URL: is required" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert finished.stdout == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "words"),
    [("POLICY_FILE", "The policy file ends early"), ("API_KEYS_FILE", "The API key file ends early")],
)
def test_a_file_that_ends_early_stops_a_start_in_words(
    running: Running, tmp_path: Path, setting: str, words: str
) -> None:
    file = tmp_path / "cut.yaml"
    file.write_text("---\nversion: 1\n")
    environment = running.environment | {f"{running.description.prefix}{setting}": str(file)}
    finished = subprocess.run([running.program, "serve"], env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 2
    assert finished.stderr.startswith(f"Invalid file: {words}")
    assert "Traceback" not in finished.stderr


@pytest.mark.slow
def test_a_server_starts_without_what_only_development_needs(running: Running) -> None:
    """Importing a service must not pull in the developer kit, nor the libraries of its commands."""
    module = f"{running.description.name}_mcp.app"
    check = f"import sys, {module}; print([name for name in ('devkit', 'alembic', 'rich') if name in sys.modules])"
    finished = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"


def test_the_audit_trail_verifies_after_all_these_tests(running: Running) -> None:
    if running.service.identity.own_tool("list_my_actions") not in running.service.registry.tools:
        pytest.skip(f"{running.description.name} only reads and keeps no journal")
    environment = running.environment
    if (audit_file := getattr(running.service.settings, "audit_file", None)) is not None:  # the server's own
        environment = environment | {f"{running.description.prefix}AUDIT_FILE": str(audit_file)}
    finished = subprocess.run(
        [running.program, "audit", "verify"], env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "all unchanged" in finished.stdout
    tail = subprocess.run(
        [running.program, "audit", "tail", "--count", "5"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(json.loads(line)["operation"] for line in tail.stdout.splitlines())


@pytest.mark.parametrize("file", [None, "/nowhere/audit.jsonl"])
@pytest.mark.parametrize("name", WITH_AUDIT_FILE)
def test_a_trail_that_is_not_there_is_said_plainly(name: str, file: str | None) -> None:
    description = DESCRIPTIONS[name]
    settings = {"public_url": description.resource, **({"audit_file": file} if file else {})}
    program = import_module(f"{name}_mcp.__main__").program
    finished = CliRunner().invoke(program, ["audit", "verify"], env=variables(description, settings))
    assert (finished.exit_code, finished.stdout) == (2, "")
    assert (
        finished.stderr
        == f"{description.prefix}AUDIT_FILE names no existing file. Set it to the service's audit file.\n"
    )

"""`check` from the command line, and what it finds."""

import json
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from typing import NamedTuple

import anyio
from click.testing import Result
from typer.testing import CliRunner


class Checked(NamedTuple):
    """One run of `check --json`."""

    result: Result
    findings: dict[str, dict[str, str]]
    """By name; of several with one name, the last that is not ok."""

    def status(self, name: str) -> str:
        return self.findings[name]["status"]

    def failed(self) -> set[str]:
        """The names of failed checks."""
        return {name for name, finding in self.findings.items() if finding["status"] == "fail"}

    def said(self, name: str) -> str:
        """The detail and the remedy of a finding that is not ok, on one line."""
        finding = self.findings[name]
        assert finding["status"] != "ok", finding
        assert finding["remedy"]
        return f"{finding['detail']} {finding['remedy']}"


async def check(name: str, environment: Mapping[str, str], *options: str) -> Checked:
    """Run `check` of a service."""
    result = await invoke(name, environment, "check", "--json", *options)
    assert result.exit_code in (0, 1), result.output
    found: dict[str, dict[str, str]] = {}
    for finding in json.loads(result.stdout):
        if found.get(finding["check"], {"status": "ok"})["status"] == "ok":
            found[finding["check"]] = finding
    return Checked(result, found)


async def invoke(name: str, environment: Mapping[str, str], *arguments: str) -> Result:
    """Run a command of a service, in a thread, since it starts an event loop of its own."""
    program = import_module(f"{name}_mcp.__main__").program
    return await anyio.to_thread.run_sync(partial(CliRunner().invoke, program, arguments, env=environment))

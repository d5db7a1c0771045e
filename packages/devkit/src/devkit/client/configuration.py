"""Configuration of MCP clients for the servers of the development stack."""

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from devkit.settings import DevkitSettings
from devkit.stack.service_environment import ServiceEnvironment
from devkit.workspace.services import ServiceDescription
from devkit.workspace.state_directory import StateDirectory


class ClientName(StrEnum):
    """Supported clients."""

    CLAUDE_CODE = "claude-code"
    CLAUDE_DESKTOP = "claude-desktop"
    CURSOR = "cursor"
    VSCODE = "vscode"


def instructions(settings: DevkitSettings, client: ClientName, services: Sequence[ServiceDescription]) -> str:
    """The instructions for one client: what to paste, and where. The servers run with `make up`."""
    writers: Mapping[ClientName, Callable[[DevkitSettings, Sequence[ServiceDescription]], str]] = {
        ClientName.CLAUDE_CODE: _claude_code,
        ClientName.CLAUDE_DESKTOP: _claude_desktop,
        ClientName.CURSOR: _cursor,
        ClientName.VSCODE: _vscode,
    }
    return writers[client](settings, services)


def _claude_code(_settings: DevkitSettings, services: Sequence[ServiceDescription]) -> str:
    browser = [f"claude mcp add --transport http {one.name} {one.resource}" for one in services]
    header = [
        f"claude mcp add --transport http {one.name} {one.resource} "
        f'--header "Authorization: Bearer $(make -s token SERVICE={one.name})"'
        for one in services
    ]
    servers = {one.name: {"type": "http", "url": one.resource} for one in services}
    return "\n\n".join(
        [
            "# Claude Code. To sign in through the browser, run this, then type /mcp in a session and authenticate.",
            "\n".join(browser),
            "# Or with a token instead of a browser (valid for an hour; run it in this folder):",
            "\n".join(header),
            "# Or for all users of a project: .mcp.json in its root",
            _json({"mcpServers": servers}),
        ]
    )


def _claude_desktop(settings: DevkitSettings, services: Sequence[ServiceDescription]) -> str:
    state = StateDirectory(settings.state_directory)
    state.ensure()
    environment = ServiceEnvironment(settings, state)
    servers = {
        one.name: {
            "command": str(one.program(settings.workspace)),
            "args": ["stdio"],
            "env": environment.stdio(one, subject="dev", tenant="acme"),
        }
        for one in services
    }
    remote = shlex.join(["npx", "-y", "mcp-remote", services[0].resource]) if services else ""
    return "\n\n".join(
        [
            "# Claude Desktop: Settings > Developer > Edit Config, paste, restart.",
            "# The server runs over stdio as your user, on this stack's databases; the passwords work on this machine.",
            _json({"mcpServers": servers}),
            f"# Or with a sign-in through the browser (needs Node), as `command` and `args`: {remote}",
        ]
    )


def _cursor(_settings: DevkitSettings, services: Sequence[ServiceDescription]) -> str:
    servers = {one.name: {"url": one.resource} for one in services}
    return "\n\n".join(
        [
            "# Cursor: .cursor/mcp.json in the project (or ~/.cursor/mcp.json). It signs in through the browser.",
            _json({"mcpServers": servers}),
        ]
    )


def _vscode(_settings: DevkitSettings, services: Sequence[ServiceDescription]) -> str:
    servers = {one.name: {"type": "http", "url": one.resource} for one in services}
    return "\n\n".join(
        [
            "# VS Code: .vscode/mcp.json in the project. It signs in through the browser.",
            _json({"servers": servers}),
        ]
    )


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2)

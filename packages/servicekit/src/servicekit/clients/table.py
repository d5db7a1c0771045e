"""Clients that keep their servers in a configuration file: the file's form, and the entry of one server.

Looked up in November 2026, and compared with what the clients' own `mcp add` commands write where they have one.
An entry has only the server's address: every client signs in by OAuth when it connects.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}
MCP_REMOTE: Final = "mcp-remote@0.15.1"
"""The npm package that gives a client without OAuth over HTTP a server over stdio, and signs in for it."""


@dataclass(frozen=True, slots=True)
class ClientFile:
    """The form of a client's configuration file.

    Attributes:
        place: where it is for most users, such as ``~/.cursor/mcp.json``.
        table: the name of the object that has one entry a server, such as ``mcpServers``.
        entry: the entry of a server, from the URL of its endpoint.
        toml: whether the file is TOML; JSON otherwise.
    """

    place: str
    table: str
    entry: Callable[[str], dict[str, object]]
    toml: bool = False


def is_local(url: str) -> bool:
    """Whether only this machine reaches the URL."""
    return urlsplit(url).hostname in _LOOPBACK


def is_public_https(url: str) -> bool:
    """Whether a client that runs in its vendor's cloud may reach the URL."""
    return urlsplit(url).scheme == "https" and not is_local(url)


def _typed(url: str) -> dict[str, object]:
    return {"type": "http", "url": url}


def _bare(url: str) -> dict[str, object]:
    return {"url": url}


def _gemini(url: str) -> dict[str, object]:
    return {"httpUrl": url}  # `url` without a type is the transport of 2024-11-05 there


def _over_stdio(url: str) -> dict[str, object]:
    # Claude Desktop does not connect to addresses in its file; mcp-remote refuses plain HTTP beyond this machine.
    allowed = ["--allow-http"] if urlsplit(url).scheme == "http" and not is_local(url) else []
    return {"command": "npx", "args": ["-y", MCP_REMOTE, url, *allowed]}


FILES: Final[dict[str, ClientFile]] = {
    "claude-code": ClientFile(".mcp.json in the project", "mcpServers", _typed),
    "claude-desktop": ClientFile("claude_desktop_config.json", "mcpServers", _over_stdio),
    "cursor": ClientFile("~/.cursor/mcp.json", "mcpServers", _bare),
    "vscode": ClientFile(".vscode/mcp.json", "servers", _typed),
    "gemini-cli": ClientFile("~/.gemini/settings.json", "mcpServers", _gemini),
    "codex": ClientFile("~/.codex/config.toml", "mcp_servers", _bare, toml=True),
}
"""By the client's name, as `Connection.client` has it."""

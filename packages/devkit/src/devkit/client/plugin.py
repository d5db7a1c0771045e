"""The Claude Code plugin that adds every server, and the marketplace that offers it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from servicekit.clients.table import FILES

NAME: Final = "mcp-fleet"
FOLDER: Final = Path("deploy", "claude-code")
_MANIFEST: Final = Path(".claude-plugin", "plugin.json")
_AUTHOR: Final = {"name": "MCP Fleet"}


def plugin_texts(workspace: Path, servers: Mapping[str, str], version: str) -> Iterator[tuple[Path, str]]:
    """Path and content of every file.

    Args:
        servers: endpoint URLs in the development stack by name. The variable ``ORDERS_MCP_URL`` names another.
        version: of the plugin.
    """
    form = FILES["claude-code"]
    description = f"Connects Claude Code to the servers of the fleet: {', '.join(servers)}."
    plugin = {"name": NAME, "version": version, "description": description, "author": _AUTHOR}
    entries = {name: form.entry(f"${{{_variable(name)}:-{url}}}") for name, url in servers.items()}
    marketplace = {
        "name": NAME,
        "owner": _AUTHOR,
        "description": description,
        "plugins": [{"name": NAME, "source": f"./{FOLDER.as_posix()}", "description": description}],
    }
    yield workspace / ".claude-plugin" / "marketplace.json", _json(marketplace)
    yield workspace / FOLDER / _MANIFEST, _json(plugin)
    yield workspace / FOLDER / ".mcp.json", _json({form.table: entries})


def _variable(name: str) -> str:
    return f"{name.upper()}_MCP_URL"


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"

"""Configuration of MCP clients for the servers of the development stack, as text to paste."""

import json
from collections.abc import Mapping
from pathlib import Path

from devkit.client.installed import Machine, installations
from servicekit.clients import Connection, Kind, connections, texts
from servicekit.clients.connections import file_text
from servicekit.clients.table import FILES

TITLES = {one.client: one.title for one in connections("server", "http://127.0.0.1/mcp")}
"""Titles of the known clients by name."""


def overview(machine: Machine, servers: Mapping[str, str], workspace: Path) -> str:
    """Which clients are on this machine, where each keeps its configuration, and how to connect those."""
    known = installations(machine)
    found = {name: one for name, one in known.items() if one.sign is not None}
    width = max(len(title) for title in TITLES.values())
    lines = [
        f"{TITLES[name]:<{width}}  {_state(one.sign)}  {_short(one.file, machine.home)}" for name, one in known.items()
    ]
    others = [name for name in TITLES if name not in found]
    instructed = [instructions(name, servers, workspace) for name in found]
    last = [f"# Others: make connect CLIENT={' | '.join(others)}"]
    if found:
        last.append("# Add the servers to all that are installed: make connect WRITE=1. Undo it: make disconnect.")
    return "\n\n".join(["\n".join(lines), *instructed, "\n".join(last)])


def instructions(client: str, servers: Mapping[str, str], workspace: Path) -> str:
    """What to paste for one client, and where. The servers are endpoint URLs by name; they run with `make up`."""
    ways = [one for name, url in servers.items() for one in connections(name, url) if one.client == client]
    first = ways[0]
    parts = [f"# {first.title}{_place(first)}", texts(client, servers).strip(), f"# {first.note}"]
    links = dict.fromkeys(one.link for one in ways if one.link)
    if links:
        parts.append("\n".join(["# Or open in a browser:", *links]))
    if client == "claude-desktop":
        program = workspace / ".venv" / "bin" / "devkit"
        parts.append(
            "# Or without Node and sign-in, as user dev, on the stores of make up:\n"
            f'# "command": {json.dumps(str(program))}, "args": ["stdio", "{next(iter(servers))}"]'
        )
    return "\n\n".join(parts)


def client_table(servers: Mapping[str, str]) -> str:
    """How clients are connected, as a Markdown table, with the first server as the example."""
    name, url = next(iter(servers.items()))
    rows = ["| client | configuration on Linux | entry of a server | or by a command |", "|---|---|---|---|"]
    home = Path("/home")
    for client, one in installations(Machine("linux", home, {})).items():
        form = FILES[client]
        file = f"`{_short(one.file, home)}`"
        entry = file_text(client, {name: url}) if form.toml else json.dumps({form.table: {name: form.entry(url)}})
        way = next(way for way in connections(name, url) if way.client == client)
        command = f"`{way.text.splitlines()[0]}`" if way.kind is Kind.COMMAND else ""
        rows.append(f"| {way.title} | {file} | `{' '.join(entry.split())}` | {command} |")
    return "\n".join(rows)


def _place(one: Connection) -> str:
    return f", {one.place}" if one.kind is Kind.FILE else ""


def _state(sign: str | None) -> str:
    return "installed" if sign is not None else "not found"


def _short(path: Path, home: Path) -> str:
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else str(path)

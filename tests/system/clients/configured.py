"""Clients that cannot be driven here: what `make connect` writes for them is read as they read it."""

import base64
import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from servicekit.clients import Connection, connections

from .cells import CELLS, Row

VALID: Final = "not tried; the configuration that `make connect` writes is valid"
PUBLIC: Final = "not tried; it connects from its vendor's cloud, to a public https address"
NAME: Final = "orders"


def claude_desktop(connection: Connection, url: str) -> bool:
    """A program to start, over stdio."""
    entry = json.loads(connection.text)["mcpServers"][NAME]
    return entry["command"] == "npx" and url in entry["args"] and set(entry) == {"command", "args"}


def cursor(connection: Connection, url: str) -> bool:
    """An entry with the URL, and a link with the same entry in base64."""
    entry = json.loads(connection.text)["mcpServers"][NAME]
    query = parse_qs(urlsplit(connection.link).query)
    linked = json.loads(base64.b64decode(query["config"][0]))
    return entry == {"url": url} == linked and query["name"] == [NAME]


def vscode(connection: Connection, url: str) -> bool:
    """A typed entry, and a link with the same entry and its name."""
    entry: dict[str, Any] = json.loads(connection.text)["servers"][NAME]
    linked = json.loads(unquote(urlsplit(connection.link).query))
    return entry == {"type": "http", "url": url} and linked == {"name": NAME, **entry}


def chatgpt(connection: Connection, url: str) -> bool:
    """An address, which is usable if it is public."""
    return connection.text == url and not connection.usable


CONFIGURED: Final[dict[str, tuple[str, Callable[[Connection, str], bool], str]]] = {
    "claude-desktop": ("Claude Desktop", claude_desktop, VALID),
    "cursor": ("Cursor", cursor, VALID),
    "vscode": ("VS Code", vscode, VALID),
    "chatgpt": ("ChatGPT", chatgpt, PUBLIC),
}
"""Title, check and text of the cells, by the name in `servicekit.clients`."""


def configured(name: str, url: str) -> Row:
    """The row of such a client; `url` is of an endpoint on this machine."""
    title, check, text = CONFIGURED[name]
    connection = next(one for one in connections(NAME, url) if one.client == name)
    row = Row(name, title, cells=dict.fromkeys(CELLS, text))
    if not check(connection, url):
        row.cells = dict.fromkeys(CELLS, f"not tried; its configuration is not what it reads: {connection.text}")
        row.wrong = list(CELLS)
    return row

"""Texts and links that connect clients to a server."""

import ast
import base64
import json
import shlex
import tomllib
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from servicekit.clients import Connection, Kind, connections
from servicekit.clients.connections import file_text
from servicekit.clients.table import FILES

LOCAL = "http://127.0.0.1:8101/mcp"
PUBLIC = "https://orders.example.com/mcp"
CLIENTS = [
    "claude-code",
    "claude-desktop",
    "cursor",
    "vscode",
    "chatgpt",
    "gemini-cli",
    "codex",
    "langchain",
    "openai-agents",
]


def of(client: str, url: str = LOCAL, name: str = "orders") -> Connection:
    """The connection of one client."""
    (found,) = [one for one in connections(name, url) if one.client == client]
    return found


@pytest.mark.parametrize("url", [LOCAL, PUBLIC])
def test_every_client_gets_the_address_and_no_secret(url: str) -> None:
    found = connections("orders", url)
    assert [one.client for one in found] == CLIENTS
    for one in found:
        assert url in one.text, one.client
        assert one.title
        assert one.note
        assert bool(one.place) == (one.kind is Kind.FILE), one.client
        if one.kind is not Kind.SNIPPET:
            assert "Authorization" not in one.text, one.client


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("claude-code", {"mcpServers": {"orders": {"type": "http", "url": LOCAL}}}),
        ("cursor", {"mcpServers": {"orders": {"url": LOCAL}}}),
        ("vscode", {"servers": {"orders": {"type": "http", "url": LOCAL}}}),
        ("gemini-cli", {"mcpServers": {"orders": {"httpUrl": LOCAL}}}),
    ],
)
def test_json_files_have_the_form_of_their_client(client: str, expected: dict[str, object]) -> None:
    assert json.loads(file_text(client, {"orders": LOCAL})) == expected


def test_codex_file_is_toml_with_a_table_for_each_server() -> None:
    text = file_text("codex", {"orders": LOCAL, "order-items": PUBLIC})
    assert tomllib.loads(text) == {"mcp_servers": {"orders": {"url": LOCAL}, "order-items": {"url": PUBLIC}}}


def test_claude_desktop_goes_through_mcp_remote_on_this_machine() -> None:
    entry = json.loads(of("claude-desktop").text)["mcpServers"]["orders"]
    assert (entry["command"], entry["args"][0], entry["args"][2:]) == ("npx", "-y", [LOCAL])
    assert entry["args"][1].startswith("mcp-remote@")


def test_mcp_remote_needs_a_flag_for_plain_http_elsewhere() -> None:
    assert FILES["claude-desktop"].entry("http://orders.internal/mcp")["args"][3:] == ["--allow-http"]


def test_claude_desktop_takes_a_public_address_as_a_connector() -> None:
    found = of("claude-desktop", PUBLIC)
    assert (found.kind, found.text) == (Kind.ADDRESS, PUBLIC)
    assert "Connectors" in found.note


def test_cursor_link_carries_the_entry_of_its_file() -> None:
    found = of("cursor")
    link = urlsplit(found.link)
    query = parse_qs(link.query, strict_parsing=True)
    assert (link.scheme, link.netloc, link.path) == ("cursor", "anysphere.cursor-deeplink", "/mcp/install")
    assert query["name"] == ["orders"]
    assert json.loads(base64.b64decode(query["config"][0])) == json.loads(found.text)["mcpServers"]["orders"]


def test_vscode_link_carries_the_entry_of_its_file() -> None:
    found = of("vscode")
    start, _, server = found.link.partition("?")
    assert start == "vscode:mcp/install"
    assert json.loads(unquote(server)) == {"name": "orders", **json.loads(found.text)["servers"]["orders"]}
    assert '"' not in found.link


def test_chatgpt_needs_a_public_https_address() -> None:
    assert of("chatgpt", PUBLIC).usable
    for url in (LOCAL, "http://orders.example.com/mcp", "https://localhost/mcp"):
        found = of("chatgpt", url)
        assert not found.usable
        assert "needs a public https address" in found.note


def test_commands_stay_one_argument_in_a_shell() -> None:
    url = "https://orders.example.com/mcp?a=1&b=$HOME"
    for client in ("claude-code", "gemini-cli"):
        words = shlex.split(of(client, url).text)
        assert words[-2:] == ["orders", url]
        assert "&" not in words
    add, login = of("codex", url).text.splitlines()
    assert shlex.split(add) == ["codex", "mcp", "add", "orders", "--url", url]
    assert shlex.split(login) == ["codex", "mcp", "login", "orders"]


@pytest.mark.parametrize("client", ["langchain", "openai-agents"])
def test_snippets_are_programs_with_the_address(client: str) -> None:
    text = of(client).text
    servers = next(node for node in ast.parse(text).body if isinstance(node, ast.Assign))
    assert ast.literal_eval(servers.value) == {"orders": LOCAL}
    assert "os.environ" in text

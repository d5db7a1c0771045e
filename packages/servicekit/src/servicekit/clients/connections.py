"""The ways to connect clients to one server, as texts to copy and links to click."""

import base64
import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from servicekit.clients.snippets import langchain, openai_agents
from servicekit.clients.table import FILES, is_public_https


class Kind(StrEnum):
    """What a person does with the text of a connection."""

    COMMAND = "command"
    """Run it in a shell."""
    FILE = "file"
    """Add it to the file at `Connection.place`."""
    SNIPPET = "snippet"
    """Use it in a program."""
    ADDRESS = "address"
    """Paste it where the note says."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How one client connects to one server. It holds no secret.

    Attributes:
        client: the client's name, such as ``claude-code``: lower-case letters and ``-``, unique in a list.
        title: the client's name for people.
        kind: what to do with `text`.
        text: what to copy.
        language: of `text`, for highlighting: ``shell``, ``json``, ``toml``, ``python`` or ``text``.
        place: the file that `text` belongs to; empty unless `kind` is `Kind.FILE`.
        link: a link that adds the server in the client, or opens the page for it; empty if there is none.
        note: what the person does next or must know, in sentences.
        usable: whether the client can reach this URL; where not, `note` says why.
    """

    client: str
    title: str
    kind: Kind
    text: str
    language: str
    note: str
    place: str = ""
    link: str = ""
    usable: bool = True


def connections(name: str, url: str) -> list[Connection]:
    """The connections of every known client, in the order to show them in.

    Args:
        name: the server's name in the client, such as ``orders``: lower-case letters, digits, ``-`` and ``_``.
        url: the URL of its endpoint, such as ``https://orders.example.com/mcp``.
    """
    return [connection(name, url) for connection in _CONNECTIONS]


def texts(client: str, servers: Mapping[str, str]) -> str:
    """What to copy for one client to connect it to several servers, given as endpoint URL by name."""
    if client in _SNIPPETS:
        return _SNIPPETS[client](servers)
    ways = [one for name, url in servers.items() for one in connections(name, url) if one.client == client]
    if client in FILES and all(one.kind is Kind.FILE for one in ways):
        return file_text(client, servers)
    return "\n".join(one.text for one in ways) + "\n"


def file_text(client: str, servers: Mapping[str, str]) -> str:
    """The whole configuration file of a client of `table.FILES`, for endpoint URLs by server name."""
    form = FILES[client]
    if form.toml:
        return "\n".join(
            "\n".join([f"[{form.table}.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in entry.items()), ""])
            for name, entry in ((name, form.entry(url)) for name, url in servers.items())
        )
    return json.dumps({form.table: {name: form.entry(url) for name, url in servers.items()}}, indent=2) + "\n"


def _claude_code(name: str, url: str) -> Connection:
    text = shlex.join(["claude", "mcp", "add", "--transport", "http", name, url])
    note = "Then type /mcp in a session, choose the server and sign in. Add --scope user for all of your projects."
    return Connection("claude-code", "Claude Code", Kind.COMMAND, text, "shell", note)


def _claude_desktop(name: str, url: str) -> Connection:
    if is_public_https(url):
        note = "In Claude Desktop: Customize > Connectors > Add custom connector. Paste this address and sign in."
        return Connection("claude-desktop", "Claude Desktop", Kind.ADDRESS, url, "text", note)
    note = (
        "In Claude Desktop: Settings > Developer > Edit Config; restart it afterwards. mcp-remote needs Node and opens "
        "the browser for the sign-in. A server with a public https address can be a connector instead."
    )
    return _in_file("claude-desktop", "Claude Desktop", name, url, note)


def _cursor(name: str, url: str) -> Connection:
    config = base64.b64encode(json.dumps(FILES["cursor"].entry(url), separators=(",", ":")).encode()).decode()
    link = f"cursor://anysphere.cursor-deeplink/mcp/install?name={quote(name)}&config={quote(config, safe='')}"
    note = "Or .cursor/mcp.json in one project. Cursor signs in through the browser."
    return _in_file("cursor", "Cursor", name, url, note, link)


def _vscode(name: str, url: str) -> Connection:
    server = json.dumps({"name": name, **FILES["vscode"].entry(url)}, separators=(",", ":"))
    note = "Or for all folders: the command MCP: Open User Configuration. VS Code signs in through the browser."
    return _in_file("vscode", "VS Code", name, url, note, f"vscode:mcp/install?{quote(server, safe='')}")


def _chatgpt(_: str, url: str) -> Connection:
    usable = is_public_https(url)
    note = "In ChatGPT on the web: Plugins > + > Add custom MCP server. Paste this address; authentication is OAuth."
    if not usable:
        note = "ChatGPT connects from its own cloud, so it needs a public https address; this one is not. " + note
    link = "https://chatgpt.com/plugins"
    return Connection("chatgpt", "ChatGPT", Kind.ADDRESS, url, "text", note, link=link, usable=usable)


def _gemini_cli(name: str, url: str) -> Connection:
    text = shlex.join(["gemini", "mcp", "add", "--scope", "user", "--transport", "http", name, url])
    note = f"Then type /mcp auth {name} in a session to sign in."
    return Connection("gemini-cli", "Gemini CLI", Kind.COMMAND, text, "shell", note)


def _codex(name: str, url: str) -> Connection:
    text = f"{shlex.join(['codex', 'mcp', 'add', name, '--url', url])}\n{shlex.join(['codex', 'mcp', 'login', name])}"
    note = "The second command signs in. The Codex extension of an editor reads the same configuration."
    return Connection("codex", "Codex", Kind.COMMAND, text, "shell", note)


def _langchain(name: str, url: str) -> Connection:
    note = "With langchain-mcp-adapters and langchain. The access token comes from the environment."
    return Connection("langchain", "LangChain", Kind.SNIPPET, langchain({name: url}), "python", note)


def _openai_agents(name: str, url: str) -> Connection:
    note = "With openai-agents. The access token comes from the environment."
    return Connection("openai-agents", "OpenAI Agents", Kind.SNIPPET, openai_agents({name: url}), "python", note)


def _in_file(client: str, title: str, name: str, url: str, note: str, link: str = "") -> Connection:
    form = FILES[client]
    language = "toml" if form.toml else "json"
    text = file_text(client, {name: url})
    return Connection(client, title, Kind.FILE, text, language, note, place=form.place, link=link)


_CONNECTIONS: Final[tuple[Callable[[str, str], Connection], ...]] = (
    _claude_code,
    _claude_desktop,
    _cursor,
    _vscode,
    _chatgpt,
    _gemini_cli,
    _codex,
    _langchain,
    _openai_agents,
)

_SNIPPETS: Final[dict[str, Callable[[Mapping[str, str]], str]]] = {
    "langchain": langchain,
    "openai-agents": openai_agents,
}

"""`make connect WRITE=1` and `make disconnect` on files as clients have them."""

import json
import stat
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from devkit.cli import app, run

URL = "http://127.0.0.1:8101/mcp"
CODEX = "# My settings\nmodel = 'x' # keep\n\n[mcp_servers.other]\ncommand = \"it\"\n\n[tui]\ntheme = 1\n"
CURSOR = (
    '{\n    // mine\n    "mcpServers": {\n        "other": {"url": "https://x.example"},\n    },\n    "a": [1]\n}\n'
)
FILES = {
    "cursor": (".cursor/mcp.json", CURSOR),
    "codex": (".codex/config.toml", CODEX),
    "vscode": (".config/Code/User/mcp.json", CURSOR.replace("mcpServers", "servers")),
    "gemini-cli": (".gemini/settings.json", '{"ui": {"theme": "x"}}'),
    "claude-desktop": (".config/Claude/claude_desktop_config.json", '{\n  "globalShortcut": ""\n}'),
}


@dataclass(frozen=True)
class Home:
    """A user's folder, and the command line in it."""

    folder: Path
    command: Callable[..., tuple[int, str, str]]

    def put(self, client: str, text: str | None = None) -> Path:
        """The configuration of a client, as its user has it."""
        name, usual = FILES[client]
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((usual if text is None else text).encode())
        return path

    def connect(self, *options: str) -> str:
        """What `connect --write` says."""
        status, output, errors = self.command("connect", "--write", *options)
        assert (status, errors) == (0, "")
        return output

    def disconnect(self, *options: str) -> str:
        """What `disconnect` says."""
        status, output, errors = self.command("disconnect", *options)
        assert (status, errors) == (0, "")
        return output

    def everything(self) -> dict[str, bytes]:
        """Every file in the folder."""
        return {str(one.relative_to(self.folder)): one.read_bytes() for one in self.folder.rglob("*") if one.is_file()}


@pytest.fixture
def home(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Home:
    """An empty user's folder on Linux, with no programs on PATH."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("XDG_CONFIG_HOME", "CODEX_HOME", "CLAUDE_CONFIG_DIR", "GEMINI_CLI_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PATH", str(folder / "bin"))
    monkeypatch.setenv("DEVKIT_WORKSPACE", str(workspace))
    monkeypatch.setenv("DEVKIT_STATE", str(tmp_path / "state"))

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["devkit", *arguments])
        code = run(app)
        return code, *capsys.readouterr()

    return Home(folder, command)


def entries(path: Path) -> dict[str, object]:
    """The servers in a client's file, without its comments."""
    text = path.read_text()
    if path.suffix == ".toml":
        return tomllib.loads(text)["mcp_servers"]
    from devkit.client.json_document import JsonDocument

    document = JsonDocument(text)
    return document.entries("servers") or document.entries("mcpServers")


@pytest.mark.parametrize("client", FILES)
def test_a_server_is_added_and_taken_out_again(home: Home, client: str) -> None:
    path = home.put(client)
    path.chmod(0o640)
    before = home.everything()
    said = home.connect("--client", client)
    assert "orders was added." in said
    added = entries(path)
    assert added.pop("orders") in (
        {"url": URL},
        {"type": "http", "url": URL},
        {"httpUrl": URL},
        {"command": "npx", "args": ["-y", "mcp-remote@0.15.1", URL]},
    )
    assert not added or list(added) == ["other"]
    for comment in ("// mine", "# My settings", "# keep"):
        assert (comment in path.read_text()) == (comment in FILES[client][1])
    (backup,) = path.parent.glob(f"{path.name}.backup-*")
    assert backup.read_text() == FILES[client][1]
    assert str(backup) in said
    assert {stat.S_IMODE(one.stat().st_mode) for one in (path, backup)} == {0o640}

    after = home.everything()
    assert "orders is there already." in home.connect("--client", client)
    assert home.everything() == after

    assert "orders was removed." in home.disconnect()
    assert home.everything() == before
    assert home.disconnect() == "Nothing was written by make connect.\n"


def test_what_the_user_edited_since_stays(home: Home) -> None:
    path = home.put("cursor")
    home.connect("--client", "cursor")
    path.write_text(path.read_text().replace('"a": [1]', '"a": [1, 2] // new'))
    said = home.disconnect()
    assert path.read_text() == CURSOR.replace('"a": [1]', '"a": [1, 2] // new')
    (backup,) = path.parent.glob("*.backup-*")
    assert str(backup) in said


def test_an_entry_that_the_user_changed_since_stays(home: Home) -> None:
    path = home.put("codex")
    home.connect("--client", "codex")
    path.write_text(path.read_text().replace("8101", "9999"))
    changed = path.read_text()
    assert "orders was changed or removed by you" in home.disconnect()
    assert path.read_text() == changed


def test_an_entry_of_the_user_is_never_overwritten(home: Home) -> None:
    text = '{"mcpServers": {"orders": {"url": "https://mine.example"}}}'
    path = home.put("cursor", text)
    assert "orders is there with other content, which was kept" in home.connect("--client", "cursor")
    assert path.read_text() == text
    assert home.disconnect() == "Nothing was written by make connect.\n"


def test_a_moved_server_is_updated(home: Home, workspace: Path) -> None:
    path = home.put("cursor")
    home.connect("--client", "cursor")
    file = workspace / "services" / "orders" / "pyproject.toml"
    file.write_text(file.read_text().replace("8101", "8201"))
    assert "orders was updated." in home.connect("--client", "cursor")
    assert entries(path)["orders"] == {"url": URL.replace("8101", "8201")}
    assert len(list(path.parent.glob("*.backup-*"))) == 1
    home.disconnect()
    assert path.read_text() == CURSOR


@pytest.mark.parametrize("client", ["cursor", "codex"])
def test_a_new_file_is_deleted_again(home: Home, client: str) -> None:
    home.connect("--client", client)
    path = home.folder / FILES[client][0]
    assert list(entries(path)) == ["orders"]
    home.disconnect()
    assert home.everything() == {}


@pytest.mark.parametrize(
    ("client", "text", "reason"),
    [
        ("cursor", '{\n  "mcpServers": {\n    "a": 1 "b"\n  }\n}', "line 3: a comma or } is missing"),
        ("cursor", '{\n\n  "mcpServers": []\n}', 'line 3: "mcpServers" must be an object'),
        ("codex", "model = 'x'\n[mcp_servers\n", "line 2"),
        ("codex", "\nmcp_servers = 1\n", "line 2: mcp_servers must be a table"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_left_alone(home: Home, client: str, text: str, reason: str) -> None:
    home.put(client, text)
    before = home.everything()
    status, output, errors = home.command("connect", "--write", "--client", client)
    assert (status, output) == (2, "")
    assert reason in errors
    assert "was not changed" in errors
    assert home.everything() == before


def test_a_link_to_the_file_stays_a_link(home: Home) -> None:
    real = home.folder / "dotfiles" / "cursor.json"
    real.parent.mkdir()
    real.write_text(CURSOR)
    link = home.folder / ".cursor" / "mcp.json"
    link.parent.mkdir()
    link.symlink_to(real)
    home.connect("--client", "cursor")
    assert link.is_symlink()
    assert "orders" in entries(real)
    home.disconnect()
    assert link.is_symlink()
    assert real.read_text() == CURSOR


def test_without_a_client_every_installed_one_is_connected(home: Home) -> None:
    status, _, errors = home.command("connect", "--write")
    assert status == 2
    assert "No client was found" in errors
    paths = [home.put(client) for client in ("cursor", "codex")]
    home.connect()
    assert all("orders" in entries(path) for path in paths)
    home.disconnect("--client", "codex")
    assert ["orders" in entries(path) for path in paths] == [True, False]


def test_claude_code_is_connected_by_its_own_command(home: Home) -> None:
    program = home.folder / "bin" / "claude"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\n" + CLAUDE)
    program.chmod(0o755)
    file = home.folder / ".claude.json"
    file.write_text('{"numStartups": 7}')
    assert "orders was added." in home.connect("--client", "claude-code")
    assert json.loads(file.read_text())["mcpServers"] == {"orders": {"type": "http", "url": URL}}
    assert "orders is there already." in home.connect("--client", "claude-code")
    home.disconnect()
    assert json.loads(file.read_text()) == {"numStartups": 7, "mcpServers": {}}


CLAUDE = """
import json, os, pathlib, sys

file = pathlib.Path(os.environ["HOME"], ".claude.json")
content = json.loads(file.read_text())
servers = content.setdefault("mcpServers", {})
match sys.argv[1:]:
    case ["mcp", "add", "--scope", "user", "--transport", "http", name, url]:
        servers[name] = {"type": "http", "url": url}
    case ["mcp", "remove", "--scope", "user", name]:
        del servers[name]
    case _:
        sys.exit("unknown command")
file.write_text(json.dumps(content))
"""


def test_connect_prints_what_is_installed_and_how(home: Home) -> None:
    home.put("codex")
    status, text, _ = home.command("connect")
    assert status == 0
    assert "Codex           installed  ~/.codex/config.toml" in text
    assert "Cursor          not found  ~/.cursor/mcp.json" in text
    assert f"codex mcp add orders --url {URL}\ncodex mcp login orders" in text
    assert "claude mcp add" not in text


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("claude-code", f"claude mcp add --transport http orders {URL}"),
        ("claude-desktop", '"args": ["stdio", "orders"]'),
        ("cursor", "cursor://anysphere.cursor-deeplink/mcp/install?name=orders&config="),
        ("vscode", "vscode:mcp/install?"),
        ("chatgpt", "needs a public https address"),
        ("gemini-cli", f"gemini mcp add --scope user --transport http orders {URL}"),
        ("langchain", "MultiServerMCPClient"),
        ("openai-agents", "MCPServerStreamableHttp"),
    ],
)
def test_connect_prints_the_instructions_of_a_client(home: Home, client: str, expected: str) -> None:
    status, text, _ = home.command("connect", "--client", client)
    assert status == 0
    assert expected in text
    assert URL in text

"""Where clients keep their configuration on each system."""

import stat
from pathlib import Path

import pytest

from devkit.client.installed import Machine, installations


def files(machine: Machine) -> dict[str, str]:
    """The configuration file of every client, below the user's folder."""
    return {
        name: one.file.relative_to(machine.home).as_posix() if one.file.is_relative_to(machine.home) else str(one.file)
        for name, one in installations(machine).items()
    }


@pytest.mark.parametrize(
    ("platform", "environment", "application_data"),
    [
        ("linux", {}, ".config"),
        ("darwin", {}, "Library/Application Support"),
        ("win32", {}, "AppData/Roaming"),
    ],
)
def test_files_are_where_each_system_has_them(
    tmp_path: Path, platform: str, environment: dict[str, str], application_data: str
) -> None:
    assert files(Machine(platform, tmp_path, environment)) == {
        "claude-code": ".claude.json",
        "claude-desktop": f"{application_data}/Claude/claude_desktop_config.json",
        "cursor": ".cursor/mcp.json",
        "vscode": f"{application_data}/Code/User/mcp.json",
        "gemini-cli": ".gemini/settings.json",
        "codex": ".codex/config.toml",
    }


@pytest.mark.parametrize(
    ("platform", "variable", "client", "file"),
    [
        ("linux", "XDG_CONFIG_HOME", "vscode", "Code/User/mcp.json"),
        ("linux", "XDG_CONFIG_HOME", "claude-desktop", "Claude/claude_desktop_config.json"),
        ("win32", "APPDATA", "vscode", "Code/User/mcp.json"),
        ("linux", "CODEX_HOME", "codex", "config.toml"),
        ("linux", "CLAUDE_CONFIG_DIR", "claude-code", ".claude.json"),
        ("linux", "GEMINI_CLI_HOME", "gemini-cli", ".gemini/settings.json"),
    ],
)
def test_variables_move_the_files(tmp_path: Path, platform: str, variable: str, client: str, file: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    machine = Machine(platform, tmp_path / "home", {variable: str(elsewhere)})
    assert installations(machine)[client].file == elsewhere / file
    empty = Machine(platform, tmp_path / "home", {variable: ""})
    assert installations(empty)[client].file.is_relative_to(tmp_path / "home")


def test_clients_are_found_by_folder_or_program(tmp_path: Path) -> None:
    machine = Machine("linux", tmp_path, {"PATH": str(tmp_path / "bin")})
    assert not any(one.sign for one in installations(machine).values())
    (tmp_path / ".cursor").mkdir()
    program = tmp_path / "bin" / "codex"
    program.parent.mkdir()
    program.touch()
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    found = {name: one.sign for name, one in installations(machine).items() if one.sign}
    assert found == {"cursor": str(tmp_path / ".cursor"), "codex": str(program)}


def test_windows_store_keeps_claude_desktop_in_its_package(tmp_path: Path) -> None:
    package = tmp_path / "AppData" / "Local" / "Packages" / "Claude_pzs8sxrjxfjjc"
    package.mkdir(parents=True)
    expected = package / "LocalCache" / "Roaming" / "Claude" / "claude_desktop_config.json"
    machine = Machine("win32", tmp_path, {})
    assert installations(machine)["claude-desktop"].file == expected
    (tmp_path / "AppData" / "Roaming" / "Claude").mkdir(parents=True)
    assert installations(machine)["claude-desktop"].file.is_relative_to(tmp_path / "AppData" / "Roaming")

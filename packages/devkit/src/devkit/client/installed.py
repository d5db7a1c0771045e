"""Finds MCP clients on this machine, and where each keeps its configuration."""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides where programs keep their files.

    Attributes:
        platform: as `sys.platform`: ``linux``, ``darwin`` or ``win32``.
        home: the user's folder.
        environment: environment variables.
    """

    platform: str
    home: Path
    environment: Mapping[str, str]

    @classmethod
    def here(cls, environment: Mapping[str, str]) -> "Machine":
        """This machine, with the process's environment variables."""
        return cls(sys.platform, Path.home(), environment)

    def folder(self, variable: str, default: str) -> Path:
        """The folder that a variable names, or the default in the user's folder."""
        named = self.environment.get(variable, "")
        return Path(named) if named else self.home / default

    @property
    def application_data(self) -> Path:
        """Where desktop applications keep their configuration."""
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support"
        if self.platform == "win32":
            return self.folder("APPDATA", "AppData/Roaming")
        return self.folder("XDG_CONFIG_HOME", ".config")

    def program(self, name: str) -> str | None:
        """The path of a program on PATH."""
        return shutil.which(name, path=self.environment.get("PATH", ""))


@dataclass(frozen=True, slots=True)
class Installation:
    """A client on this machine.

    Attributes:
        client: its name in `servicekit.clients`.
        file: its configuration for this user, which may not exist yet.
        sign: the program or folder that shows that it is installed; None where it is not.
    """

    client: str
    file: Path
    sign: str | None


def installations(machine: Machine) -> dict[str, Installation]:
    """Every client with a configuration file, by name, installed or not.

    Sources: Claude Code `CLAUDE_CONFIG_DIR`, Codex `CODEX_HOME` and Gemini CLI `GEMINI_CLI_HOME` as their own programs
    use them; Claude Desktop, Cursor and VS Code as their documentation says.
    """
    claude = machine.environment.get("CLAUDE_CONFIG_DIR", "")
    gemini = machine.folder("GEMINI_CLI_HOME", "") / ".gemini"
    codex = machine.folder("CODEX_HOME", ".codex")
    editor = machine.application_data / "Code" / "User"
    desktop = _claude_desktop(machine)
    cursor = machine.home / ".cursor"
    found = (
        ("claude-code", (Path(claude) if claude else machine.home) / ".claude.json", "claude", None),
        ("claude-desktop", desktop / "claude_desktop_config.json", None, desktop),
        ("cursor", cursor / "mcp.json", "cursor", cursor),
        ("vscode", editor / "mcp.json", "code", editor),
        ("gemini-cli", gemini / "settings.json", "gemini", gemini),
        ("codex", codex / "config.toml", "codex", codex),
    )
    return {
        client: Installation(client, file, _sign(machine, program, folder)) for client, file, program, folder in found
    }


def _sign(machine: Machine, program: str | None, folder: Path | None) -> str | None:
    path = machine.program(program) if program else None
    return path or (str(folder) if folder is not None and folder.is_dir() else None)


def _claude_desktop(machine: Machine) -> Path:
    """Windows redirects the files of an application from its store into the application's package."""
    usual = machine.application_data / "Claude"
    if machine.platform == "win32" and not usual.is_dir():
        packages = machine.folder("LOCALAPPDATA", "AppData/Local") / "Packages"
        for package in sorted(packages.glob("Claude_*")):
            return package / "LocalCache" / "Roaming" / "Claude"
    return usual

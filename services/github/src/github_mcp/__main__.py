"""`github-mcp`: serve over HTTP or stdio, and check the audit trail."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from github_mcp.app import build
from github_mcp.settings import GithubSettings
from servicekit.audit_commands import add_audit_commands
from servicekit.command_line import command_line
from servicekit.journal.journal import Journal
from servicekit.journal.nowhere import file_trail
from servicekit.settings import load

program = command_line("github-mcp", GithubSettings, build)


@asynccontextmanager
async def _trail() -> AsyncIterator[Journal]:
    """The trail of one process, read beside it."""
    file = load(GithubSettings).audit_file
    if file is None or not file.exists():
        sys.stderr.write("GITHUB_AUDIT_FILE names no file, so there is no trail.\n")
        raise SystemExit(2)
    yield file_trail(file)


add_audit_commands(program, _trail)


def main() -> None:
    """Run the command line."""
    program()


if __name__ == "__main__":
    main()

"""`weather-mcp`: serve over HTTP or stdio, and check the audit trail."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from servicekit.audit_commands import add_audit_commands
from servicekit.command_line import command_line
from servicekit.journal.journal import Journal
from servicekit.journal.nowhere import file_trail
from servicekit.settings import load
from weather_mcp.app import build
from weather_mcp.settings import WeatherSettings

program = command_line("weather-mcp", WeatherSettings, build)


@asynccontextmanager
async def _trail() -> AsyncIterator[Journal]:
    """The trail of one process, read beside it."""
    file = load(WeatherSettings).audit_file
    if file is None or not file.exists():
        sys.stderr.write("WEATHER_AUDIT_FILE names no file, so there is no trail.\n")
        raise SystemExit(2)
    yield file_trail(file)


add_audit_commands(program, _trail)


def main() -> None:
    """Run the command line."""
    program()


if __name__ == "__main__":
    main()

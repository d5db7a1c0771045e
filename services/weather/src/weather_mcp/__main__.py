"""`weather-mcp`: serve over HTTP or stdio, and check the audit trail."""

from servicekit.cli import add_audit_commands, audit_file_opener, command_line
from servicekit.settings import load
from weather_mcp.app import build
from weather_mcp.settings import WeatherSettings

program = command_line("weather-mcp", WeatherSettings, build)
add_audit_commands(program, audit_file_opener(lambda: load(WeatherSettings).audit_file, "WEATHER_AUDIT_FILE"))


def main() -> None:
    """Run the command line."""
    program()


if __name__ == "__main__":
    main()

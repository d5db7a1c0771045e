"""`weather-mcp`: serve over HTTP or stdio, and check the audit trail."""

from servicekit.cli import add_audit_commands, audit_file_opener, audit_file_pruner, command_line
from weather_mcp.app import build
from weather_mcp.settings import WeatherSettings

program = command_line("weather-mcp", WeatherSettings, build)
add_audit_commands(
    program, "weather", WeatherSettings, audit_file_opener(WeatherSettings), audit_file_pruner(WeatherSettings)
)


def main() -> None:
    """Run the command line."""
    program()


if __name__ == "__main__":
    main()

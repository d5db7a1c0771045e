"""The command line of a service: `serve`, `stdio` and `check`, to which services add commands such as `migrate`."""

from collections.abc import Callable
from typing import TypeVar

import typer

from servicekit.cli.check import add_check_command
from servicekit.cli.ending import files_explained
from servicekit.cli.stdio import add_stdio_command
from servicekit.server.run import serve_http
from servicekit.server.service import Service
from servicekit.settings.loading import load
from servicekit.settings.service import ServiceSettings

Settings = TypeVar("Settings", bound=ServiceSettings)


def command_line(name: str, settings_type: type[Settings], build: Callable[[Settings], Service]) -> typer.Typer:
    """Create a service's command line with the commands that all services have.

    Args:
        name: the program's name, such as ``orders-mcp``.
        settings_type: the service's settings, read from the environment when a command runs.
        build: the service's composition root.
    """
    # Plain text, as images have no rich.
    program = typer.Typer(
        name=name, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
    )

    @program.command()
    def serve() -> None:
        """Serve MCP over Streamable HTTP."""
        with files_explained():
            serve_http(build(load(settings_type)))

    add_stdio_command(program, settings_type, build)
    add_check_command(program, settings_type, build)
    return program

"""The command line that every service has: `serve` and `stdio`. A service adds its own, such as `migrate`."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import typer

from servicekit.server.run import serve_http, serve_stdio
from servicekit.server.service import Service
from servicekit.settings.service import ServiceSettings, load

Settings = TypeVar("Settings", bound=ServiceSettings)


def command_line(name: str, settings_type: type[Settings], build: Callable[[Settings], Service]) -> typer.Typer:
    """A typer application with the commands that all services share.

    Args:
        name: the program's name, such as ``orders-mcp``.
        settings_type: the service's settings, read from the environment when a command runs.
        build: the service's composition root.
    """
    program = typer.Typer(name=name, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

    @program.command()
    def serve() -> None:
        """Serve MCP over Streamable HTTP."""
        serve_http(build(load(settings_type)))

    @program.command()
    def stdio() -> None:
        """Serve MCP over standard input and output, for a client on this machine."""
        asyncio.run(serve_stdio(build(load(settings_type))))

    return program

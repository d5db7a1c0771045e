"""The command line of a service: `serve`, `stdio` and `check`, to which services add commands such as `migrate`."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import typer

from servicekit.cli.check import add_check_command
from servicekit.server.run import serve_http, serve_stdio
from servicekit.server.service import Service
from servicekit.settings.errors import InvalidContent
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
        with _files_explained():
            serve_http(build(load(settings_type)))

    @program.command()
    def stdio() -> None:
        """Serve MCP over standard input and output, for a local client."""
        with _files_explained():
            asyncio.run(serve_stdio(build(load(settings_type))))

    add_check_command(program, settings_type, build)
    return program


@contextmanager
def _files_explained() -> Iterator[None]:
    """End the program with the reason where a file of policies, keys or certificates cannot be used."""
    try:
        yield
    except InvalidContent as problem:
        typer.echo(f"Invalid file: {problem}", err=True)
        raise typer.Exit(2) from None

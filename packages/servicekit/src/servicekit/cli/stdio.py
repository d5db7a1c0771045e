"""The command `stdio`, with which a client on the same machine runs a server."""

import asyncio
import logging
import sys
from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

import typer
from pydantic import Field, create_model

from servicekit.cli.ending import fail, files_explained
from servicekit.server.run import serve_stdio
from servicekit.server.service import Service
from servicekit.settings.loading import load
from servicekit.settings.service import ServiceSettings

Settings = TypeVar("Settings", bound=ServiceSettings)
_ADDRESS: Final = "http://127.0.0.1/mcp"
_log = logging.getLogger(__name__)


def add_stdio_command(
    program: typer.Typer, settings_type: type[Settings], build: Callable[[Settings], Service]
) -> None:
    """Add the command. Its flags take precedence over STDIO_SCOPES, STDIO_TENANT, STDIO_SUBJECT and READ_ONLY."""

    @program.command()
    def stdio(
        scopes: Annotated[str | None, typer.Option(help="The user's scopes, separated by spaces or commas.")] = None,
        tenant: Annotated[str | None, typer.Option(help="The user's organisation.")] = None,
        subject: Annotated[str | None, typer.Option(help="The user; by default local.")] = None,
        read_only: Annotated[bool, typer.Option("--read-only", help="Refuse every tool that writes.")] = False,
    ) -> None:
        """Serve MCP over standard input and output, for a client on this machine."""
        flags: dict[str, Any] = {"stdio_scopes": scopes, "stdio_tenant": tenant, "stdio_subject": subject}
        flags = {name: value for name, value in flags.items() if value is not None}
        if read_only:
            flags["read_only"] = True
        with files_explained():
            service = build(load(_without_address(settings_type), **flags))
            _check_scopes(service, chosen=scopes is not None)
            _run(service)


def _without_address(settings_type: type[Settings]) -> type[Settings]:
    """The settings with a default for the address, which no client over stdio uses."""
    field = settings_type.model_fields["public_url"]
    default: Any = (str, Field(_ADDRESS, description=field.description))
    return create_model(settings_type.__name__, __base__=settings_type, public_url=default)


def _check_scopes(service: Service, *, chosen: bool) -> None:
    known = sorted(service.registry.scopes)
    scopes = service.settings.stdio_scopes
    unknown = [scope for scope in scopes if scope not in known]
    if chosen and unknown:
        fail(f"Scope {unknown[0]!r} does not exist. Use some of: {' '.join(known)}.")
    if not scopes:
        sys.stderr.write(f'No scopes are given, so that most tools refuse. Use --scopes "{" ".join(known)}".\n')


def _run(service: Service) -> None:
    """Serve. An unexpected end is one line on standard error; its traceback is logged at the level `debug`."""
    try:
        asyncio.run(serve_stdio(service))
    except Exception as problem:
        _log.debug("stdio ended", exc_info=True)
        while isinstance(problem, ExceptionGroup):
            problem = problem.exceptions[0]
        fail(f"{service.identity.name} stopped: {type(problem).__name__}: {' '.join(str(problem).split())}", status=1)

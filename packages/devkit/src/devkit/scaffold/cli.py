"""The commands `new` and `remove` of the command line."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.errors import DevkitError
from devkit.settings import DevkitSettings

if TYPE_CHECKING:
    from devkit.scaffold.plan import Plan

Name = Annotated[str | None, typer.Option("--name", help="The new server, such as billing.")]
Noun = Annotated[str | None, typer.Option(help="Its records in the singular, such as invoice, or both: person/people.")]
OpenApi = Annotated[Path | None, typer.Option("--openapi", help="An OpenAPI description, of which tools are made.")]
Upstream = Annotated[str | None, typer.Option(help="Base URL of the API, such as https://api.example.com/v1.")]
Tool = Annotated[str | None, typer.Option(help="A new tool that reads, such as list_invoices.")]
Service = Annotated[str | None, typer.Option(help="The server of the new tool.")]
Table = Annotated[str | None, typer.Option(help="The table that the new tool lists.")]
Database = Annotated[bool, typer.Option("--database", help="It owns a Postgres database.")]

_USAGE = (
    "Say what to make, such as: make new NAME=billing DATABASE=yes NOUN=invoice, or: make new TOOL=list_invoices "
    "SERVICE=billing TABLE=invoices, or: make new NAME=crm OPENAPI=./crm.yaml"
)


def add_scaffold_commands(program: typer.Typer) -> None:
    """Add the commands."""

    @program.command()
    def new(
        name: Name = None,
        noun: Noun = None,
        database: Database = False,
        tool: Tool = None,
        service: Service = None,
        table: Table = None,
        openapi: OpenApi = None,
        upstream: Upstream = None,
    ) -> None:
        """Make a server, or a tool, with all that belongs to it; the workspace stays as it was when a step fails."""
        if tool is not None:
            _new_tool(DevkitSettings(), tool, service, table, has_name=name is not None)
            return
        if name is None:
            raise DevkitError(_USAGE)
        if openapi is not None:
            _new_server_of_api(DevkitSettings(), name, openapi, upstream, has_other=bool(noun or database))
            return
        if upstream is not None:
            _new_server_of_upstream(DevkitSettings(), name, noun, upstream, database=database)
            return
        _new_server(DevkitSettings(), name, noun, database=database)

    @program.command()
    def remove(
        name: Annotated[str, typer.Option("--name", help="The server to remove.")],
        force: Annotated[bool, typer.Option("--force", help="Even if it is committed or was changed.")] = False,
    ) -> None:
        """Take a server back: code, tests, charts and every line about it."""
        from devkit.scaffold.removal import remove as remove_server

        remove_server(DevkitSettings(), name, lambda line: print(line, flush=True), force=force)


def _new_tool(settings: DevkitSettings, tool: str, service: str | None, table: str | None, *, has_name: bool) -> None:
    from devkit.scaffold.tool import create_tool

    if has_name or service is None:
        raise DevkitError(f"TOOL goes with SERVICE, the server that gets it, and not with NAME. {_USAGE}")
    files = create_tool(settings, service, tool, table, lambda line: print(line, flush=True))
    print(f"Wrote or changed {len(files)} files; `git status` lists them.")
    print(f'Next: make check, make test PYTEST="-k {tool}".')


def _new_server(settings: DevkitSettings, name: str, noun: str | None, *, database: bool) -> None:
    from devkit.scaffold.plan import plan

    _create(settings, plan(settings, name, noun=noun, database=database))


def _new_server_of_upstream(
    settings: DevkitSettings, name: str, noun: str | None, upstream: str, *, database: bool
) -> None:
    from devkit.scaffold.upstream import plan_of_upstream

    if database:
        raise DevkitError("UPSTREAM makes tools that read an API, so it does not go with DATABASE.")
    _create(settings, plan_of_upstream(settings, name, noun, upstream))


def _new_server_of_api(
    settings: DevkitSettings, name: str, openapi: Path, upstream: str | None, *, has_other: bool
) -> None:
    from devkit.scaffold.openapi.plan import plan_from_openapi

    if has_other:
        raise DevkitError("OPENAPI makes tools that read an API, so it goes with neither NOUN nor DATABASE.")
    _create(settings, plan_from_openapi(settings, name, openapi, upstream))


def _create(settings: DevkitSettings, made: "Plan") -> None:
    from devkit.scaffold.server import create

    files = create(settings, made, lambda line: print(line, flush=True))
    print(f"Wrote or changed {len(files)} files; `git status` lists them.")
    print(f'Next: make check, make test PYTEST="-k {made.names.service}", make up.')
    for note in made.notes:
        print(note)

"""The commands that connect MCP clients of this machine to the servers."""

from typing import Annotated

import typer

from devkit.errors import DevkitError
from devkit.settings import DevkitSettings, inherited_environment
from devkit.workspace.services import discover, find
from devkit.workspace.state_directory import StateDirectory

ClientName = Annotated[str | None, typer.Option(help="A client such as cursor; by default those that are installed.")]


def add_client_commands(app: typer.Typer) -> None:
    """Add `connect`, `disconnect` and `stdio`."""
    app.command()(connect)
    app.command()(disconnect)
    app.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})(stdio)


def connect(
    client: ClientName = None,
    service: Annotated[str | None, typer.Option(help="One service; by default all.")] = None,
    write: Annotated[bool, typer.Option(help="Add the servers to the client's configuration, with a backup.")] = False,
) -> None:
    """Find MCP clients and print how to connect them, or connect them."""
    from devkit.client import configuration, connecting
    from devkit.client.installed import Machine

    settings = DevkitSettings()
    services = [find(settings.workspace, service)] if service else discover(settings.workspace)
    servers = {one.name: one.resource for one in services}
    machine = Machine.here(inherited_environment())
    known = _known_client(client)
    if write:
        state = StateDirectory(settings.state_directory)
        state.ensure()
        print("\n".join(connecting.connect(machine, state.connections, servers, known)))
    elif known is not None:
        print(configuration.instructions(known, servers, settings.workspace))
    else:
        print(configuration.overview(machine, servers, settings.workspace))


def disconnect(client: ClientName = None) -> None:
    """Take out of the clients' configuration what `connect --write` has added."""
    from devkit.client import connecting
    from devkit.client.installed import Machine

    state = StateDirectory(DevkitSettings().state_directory)
    machine = Machine.here(inherited_environment())
    print("\n".join(connecting.disconnect(machine, state.connections, _known_client(client))))


def stdio(
    service: Annotated[str, typer.Argument(help="A service of this workspace, such as orders.")],
    arguments: Annotated[list[str] | None, typer.Argument(metavar="ARGS", help="Such as --read-only.")] = None,
) -> None:
    """Serve a client over standard input and output, as user dev of tenant acme, on the stores of the running stack."""
    from devkit.stack.service_command import become_stdio

    settings = DevkitSettings()
    become_stdio(settings, find(settings.workspace, service), arguments or [])


def _known_client(client: str | None) -> str | None:
    from devkit.client.configuration import TITLES

    if client is not None and client not in TITLES:
        raise DevkitError(f"CLIENT '{client}' is unknown. Use one of {', '.join(TITLES)}.")
    return client

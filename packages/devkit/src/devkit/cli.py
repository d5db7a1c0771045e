"""The command line `devkit`, which the make targets call."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from devkit.errors import DevkitError
from devkit.release.cli import add_release_commands
from devkit.settings import DevkitSettings
from devkit.workspace.services import ServiceDescription, discover, find
from devkit.workspace.state_directory import StateDirectory

# Imported where they are used: `devkit token` in a shell prompt should not wait for the client library.
app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

ServiceName = Annotated[str, typer.Argument(help="A service of this workspace, such as orders.")]
Scopes = Annotated[str | None, typer.Option(help="Space-separated; all of the service's when left out.")]
Subject = Annotated[str, typer.Option(help="Who the token is about.")]
Tenant = Annotated[str, typer.Option(help="Whose data: acme or globex in the generated data.")]
Port = Annotated[int | None, typer.Option(help="Where it is not on its own port: 8160 for replicas in containers.")]


@app.command()
def up() -> None:
    """Run everything in the foreground, restart services on save, stop on Ctrl-C."""
    from devkit.stack.stack import run_stack

    raise typer.Exit(run_stack(DevkitSettings()))


@app.command()
def down() -> None:
    """Stop a stack that runs elsewhere, and wait until all of it is gone."""
    from devkit.supervisor.stack_lock import stop_running_stack

    stopped = stop_running_stack(StateDirectory(DevkitSettings().state_directory).lock)
    print("No stack is running." if stopped is None else f"Stopped the stack (process {stopped}).")


@app.command()
def token(
    service: ServiceName,
    scopes: Scopes = None,
    subject: Subject = "dev",
    tenant: Tenant = "acme",
    port: Port = None,
    lifetime: Annotated[int, typer.Option(help="Seconds.")] = 3600,
) -> None:
    """Print an access token and nothing else."""
    from devkit.client.access_token import access_token

    settings = DevkitSettings()
    print(
        access_token(
            settings,
            _on_port(find(settings.workspace, service), port),
            scopes=scopes,
            subject=subject,
            tenant=tenant,
            lifetime=lifetime,
        )
    )


@app.command()
def call(
    service: ServiceName,
    tool: Annotated[str, typer.Argument(help="A tool of the service, such as whoami.")],
    arguments: Annotated[str, typer.Argument(metavar="ARGS", help="A JSON object.")] = "{}",
    scopes: Scopes = None,
    subject: Subject = "dev",
    tenant: Tenant = "acme",
    port: Port = None,
) -> None:
    """Call a tool of the running stack with a fresh token and print the result."""
    from devkit.client.access_token import access_token
    from devkit.client.tool_call import call_tool, parse_arguments

    settings = DevkitSettings()
    target = _on_port(find(settings.workspace, service), port)
    parsed = parse_arguments(arguments)
    bearer = access_token(settings, target, scopes=scopes, subject=subject, tenant=tenant)
    answer = asyncio.run(call_tool(target, tool, parsed, bearer))
    _show(answer.content, is_error=answer.is_error)
    raise typer.Exit(1 if answer.is_error else 0)


@app.command()
def connect(
    client: Annotated[str | None, typer.Option(help="claude-code, claude-desktop, cursor or vscode.")] = None,
    service: Annotated[str | None, typer.Option(help="One service; all when left out.")] = None,
) -> None:
    """Print exactly what to paste into a client."""
    from devkit.client.configuration import ClientName, instructions

    settings = DevkitSettings()
    services = [find(settings.workspace, service)] if service else discover(settings.workspace)
    names = [known.value for known in ClientName]
    if client is not None and client not in names:
        raise DevkitError(f"'{client}' is not a client we know. CLIENT is one of {', '.join(names)}.")
    chosen = [ClientName(client)] if client else list(ClientName)
    print("\n\n".join(instructions(settings, name, services) for name in chosen))


@app.command()
def seed(
    service: ServiceName,
    size: Annotated[int, typer.Option(min=1, max=50_000_000, help="How many records (orders, tickets).")],
) -> None:
    """Replace a service's generated data by as many records, starting Postgres if the stack is not running."""
    from devkit.stack.seeding import seed as seed_database

    settings = DevkitSettings()
    raise typer.Exit(seed_database(settings, find(settings.workspace, service), size))


@app.command()
def issuer(host: Annotated[str, typer.Option(help="A loopback address.")] = "127.0.0.1") -> None:
    """Serve the development issuer alone (the stack does this itself)."""
    from devkit.issuer.app import create_issuer
    from devkit.issuer.configuration import IssuerConfiguration
    from devkit.issuer.keys import KeyPair
    from devkit.loopback.serving import require_loopback, serve

    require_loopback(host)
    settings = DevkitSettings()
    state = StateDirectory(settings.state_directory)
    state.ensure()
    services = discover(settings.workspace)
    configuration = IssuerConfiguration(
        url=f"http://127.0.0.1:{settings.issuer_port}",
        scopes=tuple(scope for service in services for scope in service.scopes),
        machine_secret=state.secret("issuer machine client"),
    )
    resources: Mapping[str, str] = {service.name: service.resource for service in services}
    key = KeyPair.load_or_create(state.signing_key)
    serve(
        create_issuer(configuration, key, memory=state.issuer_memory, resources=resources), host, settings.issuer_port
    )


@app.command()
def viewer() -> None:
    """Serve the telemetry viewer alone (the stack does this itself)."""
    from devkit.loopback.ports import LOOPBACK
    from devkit.loopback.serving import serve
    from devkit.viewer.app import create_viewer

    serve(create_viewer(), LOOPBACK, DevkitSettings().viewer_port)


@app.command()
def simulator(
    name: Annotated[str, typer.Argument(help="github or weather.")],
    host: Annotated[str, typer.Option(help="A loopback address.")] = "127.0.0.1",
) -> None:
    """Serve a simulator of an outside service alone (the stack does this itself)."""
    from devkit.simulators.registry import find_simulator

    chosen = find_simulator(name)
    chosen.serve(host, chosen.port_for(DevkitSettings()))


add_release_commands(app)

in_containers = typer.Typer(
    help="The stack in containers: what compose.yaml needs beside images.", no_args_is_help=True
)
app.add_typer(in_containers, name="containers")


@in_containers.command()
def prepare(
    collector: Annotated[
        bool, typer.Option("--collector", help="Servers send their telemetry to the collector.")
    ] = False,
) -> None:
    """Write variables, passwords and configuration into .dev/containers."""
    from devkit.stack.container_stack import prepare_containers

    prepare_containers(DevkitSettings(), collector=collector)


@in_containers.command()
def databases() -> None:
    """Make roles and databases in the Postgres of compose.yaml, and print the services that own one."""
    from devkit.stack.container_stack import make_databases

    print("\n".join(make_databases(DevkitSettings())))


@in_containers.command()
def wait(
    replicas: Annotated[bool, typer.Option("--replicas", help="And the replicas, and their proxy.")] = False,
) -> None:
    """Wait until every server is ready."""
    from devkit.stack.container_stack import wait_until_ready

    asyncio.run(wait_until_ready(DevkitSettings(), replicas=replicas))


keys = typer.Typer(help="API keys, for internal clients that cannot do OAuth.", no_args_is_help=True)
app.add_typer(keys, name="key")


@keys.command("new")
def new_key(
    client_id: Annotated[str, typer.Argument(help="The client that will use it.")],
    scopes: Annotated[str, typer.Option(help="Space-separated.")],
    subject: Annotated[str | None, typer.Option(help="Who it acts for; the client itself when left out.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Whose data.")] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until it dies.")] = 90,
) -> None:
    """Print a new key (shown once) on standard error, and its entry for the key file on standard output."""
    from devkit.client.api_key import make_key

    made = make_key(client_id, subject=subject or client_id, tenant=tenant, scopes=scopes.split(), days=days)
    print(f"The key, shown this once:\n\n  {made.key}\n\nIts entry for the API key file:\n", file=sys.stderr)
    print(made.entry, end="")


@app.command()
def reference() -> None:
    """Bring generated tables, `.env.example` and contract files up to date."""
    from devkit.reference.generated_files import write_reference

    workspace = DevkitSettings().workspace
    changed: list[Path] = write_reference(workspace)
    print("\n".join(str(path.relative_to(workspace)) for path in changed) or "Everything is up to date.")


@app.command()
def charts() -> None:
    """Lint and render every chart under every values file, and validate it for every version of Kubernetes."""
    from devkit.charts.checking import check_charts

    raise typer.Exit(0 if check_charts(DevkitSettings()) else 1)


def _on_port(service: ServiceDescription, port: int | None) -> ServiceDescription:
    return service if port is None else replace(service, port=port)


def _show(content: Any, *, is_error: bool) -> None:
    console = Console(stderr=is_error)
    if isinstance(content, str):
        console.print(content, style="red" if is_error else None, markup=False, highlight=False, soft_wrap=True)
    else:
        console.print_json(data=content, ensure_ascii=False)


def run(program: Callable[[], None]) -> int:
    """The exit code of `program`; what a developer can put right is said on standard error, without a traceback."""
    try:
        program()
    except DevkitError as problem:
        print(problem, file=sys.stderr)
        return problem.exit_code
    except KeyboardInterrupt:
        return 130
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    return 0


def main() -> None:
    """Run the command line."""
    raise SystemExit(run(app))

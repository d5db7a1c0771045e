"""The command `devkit`, behind the make targets."""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from devkit.bundles.cli import add_bundle_command
from devkit.client.cli import add_client_commands
from devkit.doctor.cli import add_doctor_command
from devkit.errors import DevkitError
from devkit.places.cli import add_place_commands
from devkit.release.cli import add_release_commands
from devkit.scaffold.cli import add_scaffold_commands
from devkit.settings import DevkitSettings
from devkit.stack.cli import add_container_commands
from devkit.workspace.services import ServiceDescription, discover, find
from devkit.workspace.state_directory import StateDirectory

# Commands import what they need: `devkit token` in a shell prompt should not wait for the client library.
app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

ServiceName = Annotated[str, typer.Argument(help="A service of this workspace, such as orders.")]
Scopes = Annotated[str | None, typer.Option(help="Scopes, separated by spaces; by default all scopes of the service.")]
Subject = Annotated[str, typer.Option(help="The user of the token.")]
Tenant = Annotated[str, typer.Option(help="The tenant of the token: acme or globex in the sample data.")]
Port = Annotated[int | None, typer.Option(help="Another port of the service, such as 8160 for replicas in containers.")]


@app.command()
def up() -> None:
    """Run the whole stack in the foreground; restart a service when its code is saved; stop on Ctrl-C."""
    from devkit.stack.stack import run_stack

    raise typer.Exit(run_stack(DevkitSettings()))


@app.command()
def down() -> None:
    """Stop the running stack and wait until its last process has ended."""
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
    lifetime: Annotated[int, typer.Option(help="Seconds until the token expires.")] = 3600,
) -> None:
    """Print an access token."""
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
    tool: Annotated[str, typer.Argument(help="A tool of the service, such as orders_whoami.")],
    arguments: Annotated[str, typer.Argument(metavar="ARGS", help="A JSON object.")] = "{}",
    scopes: Scopes = None,
    subject: Subject = "dev",
    tenant: Tenant = "acme",
    port: Port = None,
) -> None:
    """Call a tool of the running stack with a new token and print the result."""
    from devkit.client.access_token import access_token
    from devkit.client.tool_call import call_tool, parse_arguments

    settings = DevkitSettings()
    target = _on_port(find(settings.workspace, service), port)
    parsed = parse_arguments(arguments)
    bearer = access_token(settings, target, scopes=scopes, subject=subject, tenant=tenant)
    answer = asyncio.run(call_tool(target, tool, parsed, bearer))
    _show(answer.content, is_error=answer.is_error)
    for notice in answer.notices:
        print(notice, file=sys.stderr)
    raise typer.Exit(1 if answer.is_error else 0)


@app.command()
def seed(
    service: ServiceName,
    size: Annotated[int, typer.Option(min=1, max=50_000_000, help="Number of records (orders, tickets).")],
) -> None:
    """Replace the sample data of a service; starts Postgres when the stack is not running."""
    from devkit.stack.seeding import seed as seed_database

    settings = DevkitSettings()
    raise typer.Exit(seed_database(settings, find(settings.workspace, service), size))


@app.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
def audit(
    service: ServiceName,
    arguments: Annotated[list[str] | None, typer.Argument(metavar="ARGS", help="Such as verify --anchors LOG.")] = None,
) -> None:
    """Run `audit` of a service on the trail of the running stack."""
    from devkit.stack.service_command import run_service_command

    settings = DevkitSettings()
    words = ["audit", *(arguments or ["--help"])]
    raise typer.Exit(run_service_command(settings, find(settings.workspace, service), words))


@app.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
def preflight(
    service: ServiceName,
    arguments: Annotated[list[str] | None, typer.Argument(metavar="ARGS", help="Such as --pods 200.")] = None,
) -> None:
    """Run `check` of a service on the running stack."""
    from devkit.stack.service_command import run_service_command

    settings = DevkitSettings()
    words = ["check", *(arguments or [])]
    raise typer.Exit(run_service_command(settings, find(settings.workspace, service), words))


@app.command()
def issuer(host: Annotated[str, typer.Option(help="A loopback address.")] = "127.0.0.1") -> None:
    """Serve only the development issuer (the stack includes it)."""
    from devkit.issuer.app import create_issuer
    from devkit.issuer.configuration import IssuerConfiguration, Resource
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
        reads_documents=settings.client_documents,
        resources=[Resource(service.name, service.title, service.resource, service.scopes) for service in services],
    )
    app = create_issuer(
        configuration,
        KeyPair.load_or_create(state.signing_key),
        memory=state.issuer_memory,
        hosts=settings.hosts,
        origins=settings.origins,
    )
    serve(app, host, settings.issuer_port)


@app.command()
def portal() -> None:
    """Serve only the portal with the telemetry viewer (the stack includes it)."""
    from devkit.loopback.ports import LOOPBACK
    from devkit.loopback.serving import serve
    from devkit.portal.app import create_portal

    settings = DevkitSettings()
    serve(create_portal(settings, discover(settings.workspace)), LOOPBACK, settings.portal_port)


@app.command()
def simulator(
    name: Annotated[str, typer.Argument(help="github, weather or zendesk.")],
    host: Annotated[str, typer.Option(help="A loopback address.")] = "127.0.0.1",
) -> None:
    """Serve only one simulator of an external service (the stack includes it)."""
    from devkit.simulators.registry import find_simulator

    find_simulator(name).serve(host, DevkitSettings())


add_client_commands(app)

add_release_commands(app)

add_bundle_command(app)

add_container_commands(app)

add_place_commands(app)

add_scaffold_commands(app)
add_doctor_command(app)

keys = typer.Typer(help="API keys for internal clients without OAuth support.", no_args_is_help=True)
app.add_typer(keys, name="key")


@keys.command("new")
def new_key(
    client_id: Annotated[str, typer.Argument(help="The client that will use the key.")],
    scopes: Annotated[str, typer.Option(help="Scopes, separated by spaces.")],
    subject: Annotated[str | None, typer.Option(help="The user the key acts for; by default the client.")] = None,
    tenant: Annotated[str | None, typer.Option(help="The tenant of the key.")] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until the key expires.")] = 90,
) -> None:
    """Print a new key on standard error (once) and its entry for the key file on standard output."""
    from devkit.client.api_key import make_key

    made = make_key(client_id, subject=subject or client_id, tenant=tenant, scopes=scopes.split(), days=days)
    print(f"The key (it is shown only now):\n\n  {made.key}\n\nIts entry for the API key file:\n", file=sys.stderr)
    print(made.entry, end="")


@app.command()
def reference(
    as_json: Annotated[bool, typer.Option("--json", help="Print what is out of date, and write nothing.")] = False,
) -> None:
    """Bring generated tables, `.env.example` and contract files up to date."""
    from devkit.reference.generated_files import outdated, write_reference

    workspace = DevkitSettings().workspace
    if as_json:
        texts = {path.relative_to(workspace).as_posix(): text for path, text in outdated(workspace).items()}
        print(json.dumps(texts))
        return
    changed: list[Path] = write_reference(workspace)
    print("\n".join(str(path.relative_to(workspace)) for path in changed) or "Everything is up to date.")


@app.command()
def charts() -> None:
    """Lint and render every chart with every values file; validate the objects for every Kubernetes version."""
    from devkit.charts.checking import check_charts

    raise typer.Exit(0 if check_charts(DevkitSettings()) else 1)


@app.command()
def prose(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files; every tracked file by default.")] = None,
) -> None:
    """Refuse words and forms that the project does not use, and lines of Markdown that are too long."""
    from devkit.workspace.prose import check_files, tracked_files

    findings = check_files(paths or tracked_files(DevkitSettings().workspace))
    print("\n".join(map(str, findings)) or "The prose is fine.")
    raise typer.Exit(1 if findings else 0)


def _on_port(service: ServiceDescription, port: int | None) -> ServiceDescription:
    return service if port is None else replace(service, port=port)


def _show(content: Any, *, is_error: bool) -> None:
    from rich.console import Console

    console = Console(stderr=is_error)
    if isinstance(content, str):
        console.print(content, style="red" if is_error else None, markup=False, highlight=False, soft_wrap=True)
    else:
        console.print_json(data=content, ensure_ascii=False)


def run(program: Callable[[], None]) -> int:
    """Run `program` and return its exit code; a `DevkitError` is printed on standard error without a traceback."""
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

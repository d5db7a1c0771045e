"""The commands `devkit containers`, behind the targets of compose.yaml."""

import asyncio
from typing import Annotated

import typer

from devkit.settings import DevkitSettings


def add_container_commands(program: typer.Typer) -> None:
    """Add the commands to the command line of the developer kit."""
    commands = typer.Typer(
        help="The stack in containers: files, databases and readiness for compose.yaml.", no_args_is_help=True
    )
    program.add_typer(commands, name="containers")

    @commands.command()
    def prepare(
        collector: Annotated[bool, typer.Option("--collector", help="Export telemetry to the collector.")] = False,
    ) -> None:
        """Write environment variables, passwords and configuration into .dev/containers."""
        from devkit.stack.container_stack import prepare_containers

        prepare_containers(DevkitSettings(), collector=collector)

    @commands.command()
    def databases() -> None:
        """Create roles and databases in the Postgres of compose.yaml; print the services that own one."""
        from devkit.stack.container_stack import make_databases

        print("\n".join(make_databases(DevkitSettings())))

    @commands.command()
    def wait(
        replicas: Annotated[bool, typer.Option("--replicas", help="Include the replicas and their proxy.")] = False,
    ) -> None:
        """Wait until every server is ready."""
        from devkit.stack.container_stack import wait_until_ready

        asyncio.run(wait_until_ready(DevkitSettings(), replicas=replicas))

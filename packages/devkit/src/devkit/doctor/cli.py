"""The command `devkit doctor`, which the script `packages/devkit/shell/doctor` calls."""

from typing import Annotated

import typer

from devkit.settings import DevkitSettings, inherited_environment


def add_doctor_command(program: typer.Typer) -> None:
    """Add the command to the command line of the developer kit."""

    @program.command()
    def doctor(
        records: Annotated[bool, typer.Option("--records", help="Lines of values separated by tabs.")] = False,
    ) -> None:
        """Check the running stack, clients of this machine and optional tools. `make doctor` checks the machine too."""
        from devkit.client.installed import Machine
        from devkit.doctor.connected_clients import check_clients
        from devkit.doctor.optional_tools import check_tools
        from devkit.doctor.running_stack import check_stack

        settings = DevkitSettings()
        environment = inherited_environment()
        stack = check_stack(settings)
        findings = [
            *stack,
            *check_clients(settings, Machine.here(environment), running=bool(stack)),
            *check_tools(settings.workspace, environment),
        ]
        for finding in findings:
            print(finding.record if records else finding.record.replace("\t", "  "))
        if not records:
            raise typer.Exit(1 if any(finding.level == "problem" for finding in findings) else 0)

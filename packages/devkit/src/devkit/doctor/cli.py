"""The command `devkit doctor`, which the script `packages/devkit/shell/doctor` calls."""

from typing import Annotated

import typer

from devkit.doctor.finding import Finding
from devkit.settings import DevkitSettings, inherited_environment
from devkit.workspace.state_directory import StateDirectory


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

        settings = DevkitSettings()
        environment = inherited_environment()
        running = _stack_runs(settings)
        findings = _stack_findings(settings) if running else []
        findings += [
            *check_clients(settings, Machine.here(environment), running=running),
            *check_tools(settings.workspace, environment),
        ]
        for finding in findings:
            print(finding.record if records else finding.record.replace("\t", "  "))
        if not records:
            raise typer.Exit(1 if any(finding.level == "problem" for finding in findings) else 0)


def _stack_runs(settings: DevkitSettings) -> bool:
    from devkit.supervisor.stack_lock import running_stack

    try:
        return running_stack(StateDirectory(settings.state_directory).lock) is not None
    except OSError:  # a folder of another user, or read-only
        return False


def _stack_findings(settings: DevkitSettings) -> list[Finding]:
    # Imported here, as the client library takes a second.
    from devkit.doctor.running_stack import check_stack

    return check_stack(settings)

"""Runs `audit` and `check` of a service with the settings of the development stack."""

import subprocess
from collections.abc import Sequence

from devkit.settings import DevkitSettings, inherited_environment
from devkit.stack.service_environment import ServiceEnvironment
from devkit.workspace.services import ServiceDescription
from devkit.workspace.state_directory import StateDirectory


def run_service_command(settings: DevkitSettings, service: ServiceDescription, arguments: Sequence[str]) -> int:
    """Run a command of a service, which can also use the owner's credentials. Returns its exit status."""
    state = StateDirectory(settings.state_directory)
    state.ensure()
    program = str(service.program(settings.workspace))
    variables = {**inherited_environment(), **ServiceEnvironment(settings, state).owning(service)}
    return subprocess.run([program, *arguments], env=variables, check=False).returncode

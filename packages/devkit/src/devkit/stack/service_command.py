"""Runs `audit`, `check` and `stdio` of a service with the settings of the development stack."""

import os
import subprocess
from collections.abc import Sequence
from typing import NoReturn

from devkit.errors import DevkitError
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


def become_stdio(settings: DevkitSettings, service: ServiceDescription, arguments: Sequence[str]) -> NoReturn:
    """Become `stdio` of a service, with the flags of that command. Its client never sees a password."""
    state = StateDirectory(settings.state_directory)
    state.ensure()
    program = str(service.program(settings.workspace))
    variables = ServiceEnvironment(settings, state).stdio(service, subject="dev", tenant="acme")
    try:
        os.execve(program, [program, "stdio", *arguments], inherited_environment() | variables)  # noqa: S606 - becomes it
    except OSError as problem:
        raise DevkitError(f"{program} cannot run ({problem.strerror}). Run make .venv/.stamp first.") from None

"""Fills a service's database with sample data, with or without a running stack."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from devkit.errors import DevkitError
from devkit.loopback.ports import is_listening, require_free
from devkit.settings import DevkitSettings, inherited_environment
from devkit.stack.database_status import DatabaseStatus
from devkit.stack.service_environment import ServiceEnvironment
from devkit.stack.stack import development_postgres
from devkit.stores.databases import bootstrap
from devkit.stores.running import running
from devkit.supervisor.stack_lock import running_stack, stack_lock
from devkit.supervisor.watchdog import running_watchdog
from devkit.workspace.services import ServiceDescription
from devkit.workspace.state_directory import StateDirectory


def seed(settings: DevkitSettings, service: ServiceDescription, size: int) -> int:
    """Replace the data of `service`; returns the exit code of its `seed` command. Raises `DevkitError`."""
    service = service.configured(inherited_environment())
    if not service.database:
        raise DevkitError(f"{service.name} has no database. Only services with a database have sample data.")
    state = StateDirectory(settings.state_directory)
    state.ensure()
    environment = ServiceEnvironment(settings, state)
    program = str(service.program(settings.workspace))
    variables = {**inherited_environment(), **environment.owning(service)}
    with _database(settings, state):
        asyncio.run(
            bootstrap(
                development_postgres(settings, state).admin_url, service.name, password_of=environment.role_password
            )
        )
        for arguments in (["migrate"], ["seed", "--size", str(size), "--replace"]):
            code = subprocess.run([program, *arguments], env=variables, cwd=settings.workspace, check=False).returncode
            if code:
                return code
    DatabaseStatus(service, state).record()
    return 0


@contextmanager
def _database(settings: DevkitSettings, state: StateDirectory) -> Iterator[None]:
    """Use the Postgres of the running stack, or run it for the length of the block."""
    if running_stack(state.lock) is not None:
        if not is_listening(settings.postgres_port):
            raise DevkitError(
                f"The stack is running, but its Postgres does not answer on port {settings.postgres_port}. "
                "Wait until `make up` prints READY."
            )
        yield
        return
    with stack_lock(state.lock) as lock, running_watchdog(state.directory, lock):
        require_free(
            settings.postgres_port, "Postgres", "Stop that process, or set DEVKIT_POSTGRES_PORT to another port."
        )
        with running(development_postgres(settings, state)):
            yield

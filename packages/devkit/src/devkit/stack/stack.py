"""The development stack: Postgres, Valkey, the issuer, the portal, simulators, then the services."""

import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace

from devkit.errors import DevkitError
from devkit.loopback.health_check import answers_ok
from devkit.loopback.ports import require_free
from devkit.settings import DevkitSettings, inherited_environment
from devkit.simulators.registry import Simulator, wanted_simulators
from devkit.stack.database_status import DatabaseStatus
from devkit.stack.service_environment import ServiceEnvironment
from devkit.stores.databases import bootstrap
from devkit.stores.postgres import Postgres
from devkit.stores.valkey import Valkey
from devkit.supervisor.command import Command
from devkit.supervisor.output import Output
from devkit.supervisor.stack_lock import stack_lock
from devkit.supervisor.supervisor import Part, Preparation, Stage, Supervisor
from devkit.supervisor.watchdog import running_watchdog
from devkit.workspace.services import ServiceDescription, discover
from devkit.workspace.state_directory import StateDirectory

SAMPLE_SIZE = 5000
"""Records of sample data in a new database."""


def run_stack(settings: DevkitSettings) -> int:
    """Run the stack in the foreground until a signal or a failure; returns the exit code. Raises `DevkitError`."""
    services = [one.configured(inherited_environment()) for one in discover(settings.workspace)]
    state = StateDirectory(settings.state_directory)
    state.ensure()
    with stack_lock(state.lock) as lock, running_watchdog(state.directory, lock) as watchdog:
        _require_ports(settings, services)
        stack = Stack(settings, state, services, watchdog.mark)
        stack.prepare()
        names = ["postgres", "valkey", "issuer", "portal", *(f"{one.name}-sim" for one in wanted_simulators(services))]
        output = Output([*names, *(service.name for service in services)])
        supervisor = Supervisor(
            stack.stages(),
            output,
            start_timeout=settings.start_timeout,
            on_start=watchdog.add_process,
            on_ready=lambda seconds: output.block(stack.banner(seconds)),
        )
        output.say(stack.introduction())
        return asyncio.run(supervisor.run())


def _require_ports(settings: DevkitSettings, services: list[ServiceDescription]) -> None:
    stop = "Stop that process, or"
    require_free(settings.postgres_port, "Postgres", f"{stop} set DEVKIT_POSTGRES_PORT to another port.")
    require_free(settings.valkey_port, "Valkey", f"{stop} set DEVKIT_VALKEY_PORT to another port.")
    require_free(settings.issuer_port, "the issuer", f"{stop} set DEVKIT_ISSUER_PORT to another port.")
    require_free(settings.portal_port, "the portal", f"{stop} set DEVKIT_PORTAL_PORT to another port.")
    for simulator in wanted_simulators(services):
        next_step = (
            f"{stop} set another port in DEVKIT_SIMULATOR_PORTS, or set {simulator.unless[0]} to use the real service."
        )
        require_free(simulator.port_for(settings), f"the {simulator.title}", next_step)
    for service in services:
        where = f"change `port` under [tool.fleet] in services/{service.name}/pyproject.toml"
        require_free(service.port, service.name, f"{stop} {where}.")
        require_free(service.metrics_port, f"the metrics of {service.name}", f"{stop} {where}: it is 1000 above that.")


def development_postgres(settings: DevkitSettings, state: StateDirectory) -> Postgres:
    """The Postgres cluster of the development stack."""
    return Postgres(state.postgres, settings.postgres_port, state.secret("postgres superuser"), settings=settings)


class Stack:
    """The parts of the stack and their order. `mark` is added to the environment of every process."""

    def __init__(
        self,
        settings: DevkitSettings,
        state: StateDirectory,
        services: list[ServiceDescription],
        mark: Mapping[str, str],
    ) -> None:
        self._settings = settings
        self._state = state
        self._services = services
        self._mark = mark
        self._postgres = development_postgres(settings, state)
        self._valkey = Valkey(state.valkey, settings.valkey_port, settings=settings)
        self._environment = ServiceEnvironment(settings, state)

    def prepare(self) -> None:
        """Check the services' programs and existing stores. Raises `DevkitError`."""
        for service in self._services:
            program = service.program(self._settings.workspace)
            if not program.exists():
                raise DevkitError(f"{program} does not exist. Install the workspace with `uv sync --all-packages`.")
        if self._postgres.exists:
            self._postgres.prepare()
        self._valkey.prepare()

    def stages(self) -> list[Stage]:
        """First stores, issuer, portal and simulators; then, when the stores are ready, the services.

        A service reads the issuer's keys with its first call, and exports telemetry seconds later. Waiting for them
        would leave processors idle.
        """
        own = [self._postgres_part(), self._valkey_part(), self._issuer_part(), self._portal_part()]
        return [
            Stage([*own, *map(self._simulator_part, wanted_simulators(self._services))]),
            Stage(
                [self._service_part(service) for service in self._services],
                before=self._bootstrap,
                doing="Checking the databases and their roles",
            ),
        ]

    def introduction(self) -> str:
        """What this start prepares, printed before anything starts."""
        if not self._postgres.exists:
            return "First start: creates the Postgres cluster, then the schema and sample data of each server."
        pending = [service.name for service in self._services if service.database and self._preparation(service)]
        if pending:
            return f"Schema or sample data of {', '.join(pending)} will be brought up to date."
        return "Everything is installed and prepared; no network is needed."

    def banner(self, seconds: float) -> str:
        """Addresses and next commands, printed when the stack is ready."""
        lines = ["", f"READY in {seconds:.1f} s. Ctrl-C stops everything.", ""]
        lines += [
            f"  {'Portal':<12} {self._environment.portal_url}/  connect a client, try a tool, see what happened",
            f"  {'Telemetry':<12} {self._environment.portal_url}/telemetry",
            "",
        ]
        lines += [f"  {service.title:<12} {service.resource}" for service in self._services]
        lines += [
            *(
                f"  {'Simulator':<12} {one.url(self._settings)}  {one.title}, unless {one.unless[0]} is set"
                for one in wanted_simulators(self._services)
            ),
            f"  {'Issuer':<12} {self._environment.issuer_url}",
            f"  {'Postgres':<12} 127.0.0.1:{self._settings.postgres_port}",
            f"  {'Valkey':<12} 127.0.0.1:{self._settings.valkey_port}",
            "",
        ]
        if self._services:
            name = self._services[0].name
            lines += [
                f"  make call SERVICE={name} TOOL={name}_whoami",
                f"  make connect CLIENT=claude-code SERVICE={name}",
                f"  make token SERVICE={name}",
                "",
            ]
        return "\n".join(lines)

    def _postgres_part(self) -> Part:
        async def ready() -> bool:
            return self._postgres.is_ready()

        part = Part("postgres", self._marked(self._postgres.command()), ready)
        if self._postgres.exists:
            return part
        creating = Preparation("creating the cluster", self._postgres.prepare)
        return replace(part, preparation=lambda: [creating])

    def _valkey_part(self) -> Part:
        async def ready() -> bool:
            return await asyncio.to_thread(self._valkey.is_ready)

        return Part("valkey", self._marked(self._valkey.command()), ready)

    def _issuer_part(self) -> Part:
        return self._own_part("issuer", self._settings.issuer_port, "/jwks")

    def _portal_part(self) -> Part:
        part = self._own_part("portal", self._settings.portal_port, "/api/version")
        return replace(part, address=f"{self._environment.portal_url}/")

    def _simulator_part(self, simulator: Simulator) -> Part:
        port = simulator.port_for(self._settings)
        return self._own_part(f"{simulator.name}-sim", port, "/", "simulator", simulator.name)

    def _own_part(self, name: str, port: int, path: str, *arguments: str) -> Part:
        """A server of this kit, run as `devkit ARGUMENTS` (by default its name); ready when `path` returns 200."""
        settings = self._settings
        command = Command(
            argv=(sys.executable, "-m", "devkit", *(arguments or (name,))),
            environment={
                **inherited_environment(),
                "PYTHONUNBUFFERED": "1",
                "DEVKIT_WORKSPACE": str(settings.workspace),
                "DEVKIT_STATE": str(settings.state_directory),
                "DEVKIT_ISSUER_PORT": str(settings.issuer_port),
                "DEVKIT_PORTAL_PORT": str(settings.portal_port),
                "DEVKIT_SIMULATOR_PORTS": json.dumps(settings.simulator_ports),
            },
            directory=settings.workspace,
        )
        return Part(name, self._marked(command), lambda: answers_ok(port, path), holds_next=False)

    def _service_part(self, service: ServiceDescription) -> Part:
        part = Part(
            service.name,
            self._service_command(service, self._environment.serving(service), "serve"),
            lambda: answers_ok(service.port, "/ready"),
            address=service.resource,
            watched=(service.source, self._settings.workspace / "packages" / "servicekit" / "src"),
        )
        if not service.database:
            return part
        return replace(
            part,
            preparation=lambda: self._preparation(service),
            on_prepared=DatabaseStatus(service, self._state).record,
        )

    def _preparation(self, service: ServiceDescription) -> list[Preparation]:
        """Migrates the schema and seeds a new database."""
        status = DatabaseStatus(service, self._state)
        owning = self._environment.owning(service)
        steps = []
        if status.needs_migration:
            steps.append(Preparation("migrating the schema", self._service_command(service, owning, "migrate")))
        if status.needs_data:
            load = self._service_command(service, owning, "seed", "--size", str(SAMPLE_SIZE))
            steps.append(Preparation(f"loading {SAMPLE_SIZE} sample records", load))
        return steps

    def _service_command(self, service: ServiceDescription, values: Mapping[str, str], *arguments: str) -> Command:
        command = Command(
            argv=(str(service.program(self._settings.workspace)), *arguments),
            environment={**inherited_environment(), "PYTHONUNBUFFERED": "1", **values},
            directory=self._settings.workspace,
            stop_signal=signal.SIGINT,  # skips the notice period that proxies get after SIGTERM
        )
        return self._marked(command)

    def _marked(self, command: Command) -> Command:
        return replace(command, environment={**command.environment, **self._mark})

    async def _bootstrap(self) -> None:
        # One at a time: concurrent CREATE DATABASE statements conflict on the template.
        for service in self._services:
            if service.database:
                urls = await bootstrap(
                    self._postgres.admin_url, service.name, password_of=self._environment.role_password
                )
                await DatabaseStatus(service, self._state).forget_if_empty(urls)

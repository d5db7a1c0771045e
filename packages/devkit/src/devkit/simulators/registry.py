"""The simulators, and the settings that connect a service to its simulator."""

import json
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from devkit.errors import DevkitError
from devkit.loopback.ports import LOOPBACK
from devkit.loopback.serving import require_loopback
from devkit.settings import WORKSPACE, DevkitSettings, inherited_environment
from devkit.simulators.openapi.description import DESCRIPTION
from devkit.workspace.services import ServiceDescription, discover


@dataclass(frozen=True)
class Simulator:
    """A stand-in for an outside service, run beside the service that needs it.

    Attributes:
        title: name in the banner.
        port: default port on the loopback address; DEVKIT_SIMULATOR_PORTS overrides it.
        unless: environment variables that select the real service instead, if any is set; messages name the first.
        environment: settings of the service for the simulator's URL, without their prefix.
        files: writes the files that the service needs for that URL into a folder, and returns their settings.
        application: creates the application for the length of a block; its data is temporary. It takes
            `hosts`, further names under which it is reached.
    """

    name: str
    title: str
    port: int
    unless: tuple[str, ...]
    environment: Callable[[str], Mapping[str, str]]
    application: Callable[..., AbstractContextManager[ASGIApp]]
    files: Callable[[str, Path], Mapping[str, str]] = lambda _url, _folder: {}

    def port_for(self, settings: DevkitSettings) -> int:
        """Its port in a stack."""
        return settings.simulator_ports.get(self.name, self.port)

    def url(self, settings: DevkitSettings) -> str:
        """Its URL for the service."""
        return f"http://{LOOPBACK}:{self.port_for(settings)}"

    @property
    def is_wanted(self) -> bool:
        """Whether no environment variable selects the real service."""
        environment = inherited_environment()
        return all(environment.get(name, "").lower() in ("", "0", "false", "no") for name in self.unless)

    def serve(self, host: str, settings: DevkitSettings) -> None:
        """Serve until a signal. Raises `DevkitError` for a host that is not loopback."""
        require_loopback(host)
        port = self.port_for(settings)
        with self.application(settings.hosts) as app:
            uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2, lifespan="off")


@contextmanager
def _weather(hosts: Collection[str] = ()) -> Iterator[ASGIApp]:
    from devkit.simulators.weather.app import WeatherSimulator

    yield WeatherSimulator(hosts=hosts)


def _weather_environment(url: str) -> Mapping[str, str]:
    apis = ("FORECAST", "GEOCODING", "ARCHIVE", "AIR_QUALITY", "MARINE", "FLOOD", "ENSEMBLE", "CLIMATE")
    warnings = {"WARNINGS": "both", "NWS_URL": url, "METEOALARM_URL": url}
    return {"SOURCE": "simulated", **{f"{api}_URL": url for api in apis}, **warnings}


@contextmanager
def _github(hosts: Collection[str] = ()) -> Iterator[ASGIApp]:
    from devkit.simulators.github.app import GitHubSimulator
    from devkit.simulators.github.seed import seed
    from devkit.simulators.github.world import World

    with tempfile.TemporaryDirectory(prefix="github-simulator-") as directory:
        yield GitHubSimulator(seed(World(Path(directory))), hosts=hosts)


def _github_environment(url: str) -> Mapping[str, str]:
    from devkit.simulators.github.world import SIMULATED_TOKEN

    # Logs are on the other name of this machine, as GitHub keeps them on another host.
    return {"API_URL": url, "TOKEN": SIMULATED_TOKEN, "LOG_HOSTS": f"localhost:{url.rpartition(':')[2]}"}


@contextmanager
def _zendesk(hosts: Collection[str] = ()) -> Iterator[ASGIApp]:
    from devkit.simulators.zendesk.app import ZendeskSimulator
    from devkit.simulators.zendesk.seed import seed
    from devkit.simulators.zendesk.world import World

    yield ZendeskSimulator(seed(World()), hosts=hosts)


def _zendesk_files(url: str, folder: Path) -> Mapping[str, str]:
    """The account of the development tenant, and its API token."""
    from devkit.simulators.zendesk.world import SIMULATED_EMAIL, SIMULATED_TOKEN

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "api-token").write_text(SIMULATED_TOKEN)
    account = {"development_url": url, "email": SIMULATED_EMAIL, "token_file": "api-token"}
    file = folder / "accounts.yaml"
    file.write_text(json.dumps({"tenants": {"acme": account}}, indent=2))
    return {"ZENDESK_FILE": str(file)}


_OTHER_GITHUB = ("GITHUB_TOKEN", "GITHUB_TOKEN_FILE", "GITHUB_APP_ID", "GITHUB_API_URL")

SIMULATORS = {
    simulator.name: simulator
    for simulator in (
        Simulator("github", "simulated GitHub", 8141, _OTHER_GITHUB, _github_environment, _github),
        Simulator("weather", "simulated Open-Meteo", 8142, ("WEATHER_LIVE",), _weather_environment, _weather),
        Simulator(
            "zendesk",
            "simulated Zendesk",
            8143,
            ("TICKETING_ZENDESK_FILE",),
            lambda _: {"BACKEND": "zendesk"},
            _zendesk,
            _zendesk_files,
        ),
    )
}


def find_simulator(name: str) -> Simulator:
    """The simulator called `name`: one of `SIMULATORS`, or that of the server `name` with an OpenAPI description.

    Raises:
        DevkitError: there is none; lists the known names.
    """
    if name in SIMULATORS:
        return SIMULATORS[name]
    described = {one.name: one for one in discover(WORKSPACE) if (one.directory / DESCRIPTION).exists()}
    if name not in described:
        known = ", ".join([*SIMULATORS, *described])
        raise DevkitError(f"No simulator is called '{name}'. Use one of: {known}.")
    return _of_description(described[name])


def _of_description(service: ServiceDescription) -> Simulator:
    """The simulated API of a server, 2000 ports above it."""

    @contextmanager
    def application(hosts: Collection[str] = ()) -> Iterator[ASGIApp]:
        from devkit.simulators.openapi.app import simulator_of

        yield simulator_of(service.directory / DESCRIPTION, service.title, hosts)

    return Simulator(
        service.name,
        f"simulated {service.title} API",
        service.port + 2000,
        (f"{service.prefix}LIVE", f"{service.prefix}BASE_URL"),
        lambda url: {"BASE_URL": url},
        application,
    )


def wanted_simulators(services: Iterable[ServiceDescription]) -> list[Simulator]:
    """The simulators that these services use in this environment."""
    named = [find_simulator(service.simulator) for service in services if service.simulator is not None]
    return [simulator for simulator in named if simulator.is_wanted]

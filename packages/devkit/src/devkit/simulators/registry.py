"""Which simulators there are, and what a service is told so that it uses one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from devkit.errors import DevkitError
from devkit.fleet import Service
from devkit.ports import LOOPBACK
from devkit.settings import DevkitSettings, inherited_environment


@dataclass(frozen=True)
class Simulator:
    """A stand-in for an outside service, run beside the service that needs it.

    Attributes:
        title: what the banner says.
        port: of the loopback address, unless DEVKIT_SIMULATOR_PORTS says otherwise.
        unless: environment variable that, where it is set, means the real thing is to be used.
        environment: settings of the service that uses it, without their prefix, by its URL.
        serve: runs it on a host and port until a signal.
    """

    name: str
    title: str
    port: int
    unless: str
    environment: Callable[[str], Mapping[str, str]]
    serve: Callable[[str, int], None]

    def port_for(self, settings: DevkitSettings) -> int:
        """Where it listens in one stack."""
        return settings.simulator_ports.get(self.name, self.port)

    def url(self, settings: DevkitSettings) -> str:
        """Where its service finds it."""
        return f"http://{LOOPBACK}:{self.port_for(settings)}"

    @property
    def is_wanted(self) -> bool:
        """Whether nobody asked for the real thing."""
        return inherited_environment().get(self.unless, "").lower() in ("", "0", "false", "no")


def _serve_weather(host: str, port: int) -> None:
    from devkit.simulators.weather.serving import serve

    serve(host, port)


def _weather_environment(url: str) -> Mapping[str, str]:
    apis = ("FORECAST", "GEOCODING", "ARCHIVE", "AIR_QUALITY", "MARINE", "FLOOD", "ENSEMBLE", "CLIMATE")
    return {"SOURCE": "simulated", **{f"{api}_URL": url for api in apis}}


def _serve_github(host: str, port: int) -> None:
    from devkit.simulators.github.serving import serve

    serve(host, port)


def _github_environment(url: str) -> Mapping[str, str]:
    from devkit.simulators.github.world import SIMULATED_TOKEN

    # It redirects to the logs under the other name of this machine, as GitHub does to another host.
    return {"API_URL": url, "TOKEN": SIMULATED_TOKEN, "LOG_HOSTS": f"localhost:{url.rpartition(':')[2]}"}


SIMULATORS = {
    simulator.name: simulator
    for simulator in (
        Simulator("github", "simulated GitHub", 8141, "GITHUB_TOKEN", _github_environment, _serve_github),
        Simulator("weather", "simulated Open-Meteo", 8142, "WEATHER_LIVE", _weather_environment, _serve_weather),
    )
}


def find_simulator(name: str) -> Simulator:
    """The simulator called `name`. Raises `DevkitError` listing those there are."""
    if name not in SIMULATORS:
        raise DevkitError(f"No simulator is called '{name}'. There are: {', '.join(SIMULATORS)}.")
    return SIMULATORS[name]


def wanted_simulators(services: Iterable[Service]) -> list[Simulator]:
    """Those that these services run with in this environment."""
    named = [find_simulator(service.simulator) for service in services if service.simulator is not None]
    return [simulator for simulator in named if simulator.is_wanted]

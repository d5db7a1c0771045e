"""Simulators in a stack: used by their services unless a setting selects the real one."""

import socket
from pathlib import Path

import httpx2
import pytest
import yaml

from devkit.errors import DevkitError
from devkit.loopback.ports import LOOPBACK
from devkit.loopback.serving import serving_in_thread
from devkit.settings import WORKSPACE, DevkitSettings
from devkit.simulators.registry import SIMULATORS, Simulator, find_simulator, wanted_simulators
from devkit.stack.service_environment import ServiceEnvironment
from devkit.workspace.services import ServiceDescription, discover
from devkit.workspace.state_directory import StateDirectory

GITHUB = ServiceDescription(
    "github", Path("/nowhere"), 8103, False, ("github:read",), "GitHub", "Code", simulator="github"
)
WEATHER = ServiceDescription(
    "weather", Path("/nowhere"), 8104, False, ("weather:read",), "Weather", "Forecasts", simulator="weather"
)
TICKETING = next(service for service in discover(WORKSPACE) if service.name == "ticketing")


@pytest.fixture(autouse=True)
def ask_for_nothing_real(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TICKETING_BACKEND", raising=False)
    for simulator in SIMULATORS.values():
        for name in simulator.unless:
            monkeypatch.delenv(name, raising=False)


def test_service_gets_the_url_of_its_simulator(tmp_path: Path) -> None:
    settings = DevkitSettings(simulator_ports={"weather": 18142})
    given = ServiceEnvironment(settings, StateDirectory(tmp_path)).serving(WEATHER)
    assert given["WEATHER_FORECAST_URL"] == given["WEATHER_GEOCODING_URL"] == "http://127.0.0.1:18142"
    assert given["WEATHER_SOURCE"] == "simulated"
    assert [simulator.title for simulator in wanted_simulators([WEATHER])] == ["simulated Open-Meteo"]


@pytest.mark.parametrize(("value", "simulated"), [("1", False), ("yes", False), ("0", True), ("", True)])
def test_setting_selects_the_real_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, simulated: bool
) -> None:
    monkeypatch.setenv("WEATHER_LIVE", value)
    given = ServiceEnvironment(DevkitSettings(), StateDirectory(tmp_path)).serving(WEATHER)
    assert ("WEATHER_FORECAST_URL" in given) is simulated
    assert bool(wanted_simulators([WEATHER])) is simulated


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "GITHUB_TOKEN_FILE", "GITHUB_APP_ID", "GITHUB_API_URL"])
def test_configured_github_replaces_the_simulated_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    environment = ServiceEnvironment(DevkitSettings(), StateDirectory(tmp_path))
    assert environment.serving(GITHUB)["GITHUB_API_URL"] == "http://127.0.0.1:8141"
    monkeypatch.setenv(name, "http://127.0.0.1:9999/api/v3")
    assert environment.serving(GITHUB).keys().isdisjoint({"GITHUB_API_URL", "GITHUB_TOKEN"})


def test_backend_setting_replaces_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = ServiceEnvironment(DevkitSettings(), StateDirectory(tmp_path))
    assert environment.serving(TICKETING).keys() >= {"TICKETING_WRITER_URL", "TICKETING_READER_URL"}
    monkeypatch.setenv("TICKETING_BACKEND", "zendesk")
    given = environment.serving(TICKETING)
    assert given.keys().isdisjoint({"TICKETING_WRITER_URL", "TICKETING_READER_URL"})
    assert given["TICKETING_AUDIT_FILE"]
    accounts = yaml.safe_load(Path(given["TICKETING_ZENDESK_FILE"]).read_text())
    assert accounts["tenants"]["acme"]["development_url"] == "http://127.0.0.1:8143"
    assert wanted_simulators([TICKETING.configured({"TICKETING_BACKEND": "zendesk"})])
    assert environment.owning(TICKETING).keys().isdisjoint({"TICKETING_OWNER_URL"})
    containers = ServiceEnvironment(DevkitSettings(), StateDirectory(tmp_path), backends=False)
    assert "TICKETING_WRITER_URL" in containers.serving(TICKETING)
    monkeypatch.setenv("TICKETING_ZENDESK_FILE", "/accounts.yaml")
    assert "TICKETING_ZENDESK_FILE" not in environment.serving(TICKETING)
    assert wanted_simulators([TICKETING.configured({"TICKETING_BACKEND": "zendesk"})]) == []


@pytest.mark.parametrize("value", ["", "postgres", "jira"])
def test_other_backends_keep_the_database(value: str) -> None:
    assert TICKETING.configured({"TICKETING_BACKEND": value}) == TICKETING


def test_serving_and_stdio_have_separate_audit_files(tmp_path: Path) -> None:
    environment = ServiceEnvironment(DevkitSettings(), StateDirectory(tmp_path))
    serving = environment.serving(WEATHER)["WEATHER_AUDIT_FILE"]
    assert serving != environment.stdio(WEATHER, subject="ann", tenant="acme")["WEATHER_AUDIT_FILE"]


def test_unknown_simulator_is_reported() -> None:
    with pytest.raises(DevkitError, match=r"No simulator is called .jira.\. Use one of: github, weather, zendesk"):
        find_simulator("jira")


@pytest.mark.parametrize("simulator", SIMULATORS.values(), ids=lambda simulator: simulator.name)
def test_every_simulator_identifies_itself_on_its_page(simulator: Simulator) -> None:
    with simulator.application() as app, socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        with serving_in_thread(app, listener):
            page = httpx2.get(f"http://{LOOPBACK}:{listener.getsockname()[1]}/")  # where `make up` looks, too
    assert page.status_code == 200
    assert "This is not" in page.text

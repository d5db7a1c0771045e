"""The stack in containers: every server, hardened, with the settings of `make up`."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from devkit.settings import WORKSPACE, DevkitSettings
from devkit.stack.container_stack import AUDIT_FILE, REPLICAS, prepare_containers
from devkit.workspace.composition import has_audit_file, settings_type_of
from devkit.workspace.services import ServiceDescription, discover
from servicekit.http.shutdown import GRACE_SECONDS
from tests.fixtures.promtool import promtool

STACK: dict[str, Any] = yaml.safe_load((WORKSPACE / "compose.yaml").read_text(encoding="utf-8"))["services"]
SERVERS = discover(WORKSPACE)


def by_name(service: ServiceDescription) -> str:
    return service.name


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make compose-up` prepares."""
    return prepare_containers(DevkitSettings(state=tmp_path_factory.mktemp("state")))


@pytest.mark.parametrize("name", STACK)
def test_every_container_is_hardened(name: str) -> None:
    container = STACK[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add"} & container.keys()
    assert re.search(r":[\w.-]+$", container["image"])
    assert not container["image"].endswith(":latest")


@pytest.mark.parametrize("service", SERVERS, ids=by_name)
def test_every_server_has_time_to_shut_down(service: ServiceDescription) -> None:
    container = STACK[service.name]
    assert container["build"]["args"] == {"SERVICE": service.name}
    assert container["stop_grace_period"] == f"{GRACE_SECONDS:.0f}s"
    assert container["env_file"] == [f".dev/containers/{service.name}.env"]
    assert (f"{service.name}-owner" in STACK) is service.database
    assert "target" not in container["build"]
    if service.simulator:
        assert STACK[f"{service.simulator}-simulator"]["command"] == ["simulator", service.simulator]


@pytest.mark.parametrize("service", [entry for entry in SERVERS if entry.database], ids=by_name)
def test_only_the_owner_s_image_has_the_owner_s_commands(service: ServiceDescription) -> None:
    stages = (WORKSPACE / "Dockerfile").read_text(encoding="utf-8").split("\nFROM ")
    by_target = {stage.splitlines()[0].rpartition(" AS ")[2]: stage for stage in stages}
    assert "COPY --from=owner-build /app /app" in by_target[STACK[f"{service.name}-owner"]["build"]["target"]]
    assert "COPY --from=build /app /app" in stages[-1]
    assert "--no-extra owner" in by_target["build"]
    assert all(f"/{part} " in by_target["build"] for part in ("servicekit/sample_data", "${SERVICE}_mcp/migrations"))


@pytest.mark.parametrize("service", SERVERS, ids=by_name)
def test_a_server_starts_with_the_prepared_files(
    folder: Path, service: ServiceDescription, monkeypatch: pytest.MonkeyPatch
) -> None:
    for line in (folder / f"{service.name}.env").read_text(encoding="utf-8").splitlines():
        monkeypatch.setenv(*line.split("=", 1))
    settings = settings_type_of(service.name)()
    assert settings.port == service.port
    if has_audit_file(service.name):
        assert str(settings.audit_file) == AUDIT_FILE  # type: ignore[attr-defined]
        assert f"{service.name}-audit:{Path(AUDIT_FILE).parent}" in STACK[service.name]["volumes"]


@pytest.mark.parametrize("service", [entry for entry in SERVERS if entry.database], ids=by_name)
def test_only_the_owner_knows_the_owner_s_password(folder: Path, service: ServiceDescription) -> None:
    variable = f"{service.prefix}OWNER_URL="
    assert variable in (folder / f"{service.name}-owner.env").read_text(encoding="utf-8")
    assert variable not in (folder / f"{service.name}.env").read_text(encoding="utf-8")


def test_the_observability_profile_uses_its_collector(tmp_path: Path) -> None:
    variables = STACK["collector"]["environment"]
    folder = prepare_containers(DevkitSettings(state=tmp_path), collector=True)
    for service in SERVERS:
        lines = (folder / f"{service.name}.env").read_text(encoding="utf-8").splitlines()
        assert f"{service.prefix}OTLP_ENDPOINT=http://{variables['OTLP_LISTEN']}" in lines


def test_containers_listen_on_loopback_only() -> None:
    """Containers use the host's network, so each configurable address must be loopback."""
    collector = (WORKSPACE / "shared" / "collector.yaml").read_text(encoding="utf-8")
    listens = set(re.findall(r"\$\{env:(\w+_LISTEN):-0\.0\.0\.0", collector))
    assert listens
    told = STACK["collector"]["environment"]
    assert {name: told[name].partition(":")[0] for name in listens} == dict.fromkeys(listens, "127.0.0.1")


def test_grafana_can_read_its_folders_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        folder = prepare_containers(DevkitSettings(state=tmp_path / "state"))
    finally:
        os.umask(before)
    folders = [folder, *(place for place in folder.rglob("*") if place.is_dir())]
    assert {place.stat().st_mode & 0o777 for place in folders} == {0o755}
    assert folder.parent.stat().st_mode & 0o777 == 0o700


def test_only_the_owner_can_read_the_variables(folder: Path) -> None:
    assert {file.stat().st_mode & 0o777 for file in folder.glob("*.env")} == {0o600}


def test_prometheus_reads_every_server(folder: Path) -> None:
    jobs = yaml.safe_load((folder / "prometheus.yaml").read_text(encoding="utf-8"))["scrape_configs"]
    read = {job["job_name"]: job["static_configs"][0]["targets"] for job in jobs}
    assert read == {service.name: [f"127.0.0.1:{service.metrics_port}"] for service in SERVERS}


def test_prometheus_accepts_its_configuration(folder: Path) -> None:
    promtool("check", "config", "--syntax-only", folder / "prometheus.yaml")


def test_the_proxy_forwards_to_both_replicas() -> None:
    proxy = (WORKSPACE / "shared" / "nginx" / "replicas.conf").read_text(encoding="utf-8")
    led_to = set(re.findall(r"server 127\.0\.0\.1:(\d+)", proxy))
    assert led_to == {STACK[name]["environment"]["ORDERS_PORT"] for name in ("orders-a", "orders-b")}
    (listens,) = re.findall(r"listen (\S+);", proxy)
    assert {f"{port}" for port in REPLICAS.values()} == led_to | {listens.rpartition(":")[2]}
    assert {STACK[name]["environment"]["ORDERS_PUBLIC_URL"] for name in ("orders-a", "orders-b")} == {
        f"http://{listens}/mcp"
    }

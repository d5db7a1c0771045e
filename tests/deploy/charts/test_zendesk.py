"""The ticketing server in a cluster without a database: its tickets are at Zendesk."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from devkit.charts.helm import HelmFailed
from devkit.charts.rendering import Charts, Document, Values
from ticketing_mcp.settings import TicketingSettings

from .objects import mounted_items, of_kind, server, the, workload

STATE_KEY = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def without_database(charts: Charts) -> list[Document]:
    (values,) = (values for values in charts.values("ticketing") if values.name == "values-zendesk")
    return charts.render("ticketing", values)


def test_no_job_and_no_egress_need_a_database(without_database: list[Document]) -> None:
    assert of_kind(without_database, "Job") == of_kind(without_database, "CronJob") == []
    ports = [
        port["port"] for rule in the(without_database, "NetworkPolicy")["spec"]["egress"] for port in rule["ports"]
    ]
    assert 443 in ports
    assert 5432 not in ports
    assert workload(without_database)["kind"] == "StatefulSet"


def test_server_starts_with_mounted_credentials_and_no_database(
    without_database: list[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = server(without_database)
    (container,) = spec["containers"]
    contents = {
        "zendesk_file": "tenants: {acme: {subdomain: acme, email: a@acme.example, token_file: zendesk/acme}}",
        "state_keys": STATE_KEY,
        "audit_anchor_keys": STATE_KEY,
        "redis_url": "redis://store:6379/0",
    }
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume.get("secret") for volume in spec["volumes"]}
    for item in mounted_items(spec, "secrets"):
        (tmp_path / item["path"]).write_text(contents.pop(item["key"]))
    assert contents == {}, "a credential is not mounted"
    for variable in container["env"]:
        value = variable["value"].replace(mounts["secrets"], str(tmp_path))
        monkeypatch.setenv(variable["name"], value)
    settings = TicketingSettings()
    assert (settings.backend, settings.uses_database) == ("zendesk", False)
    assert settings.zendesk_file == str(tmp_path / "zendesk_file")
    assert (mounts["zendesk"], volumes["zendesk"]["secretName"]) == ("/run/secrets/zendesk", "ticketing-zendesk")


@pytest.mark.parametrize("values", [{}, {"audit": {"enabled": True}}, {"migration": {"enabled": False}}])
def test_half_of_the_values_are_refused(charts: Charts, tmp_path: Path, values: dict[str, Any]) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump({"settings": {"backend": "zendesk"}, **values}))
    with pytest.raises(HelmFailed, match=r"settings\.backend zendesk needs no database"):
        charts.render("ticketing", Values("given", file))

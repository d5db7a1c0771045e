"""The chart of all servers: every subset of them, and values that they share."""

import json
from collections import Counter
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from devkit.charts.helm import HelmFailed
from devkit.charts.rendering import UMBRELLA, Charts, Values
from devkit.settings import WORKSPACE

pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is missing: `make charts` installs it")

from devkit.charts.kinds import VERSIONS, Kinds

from .conftest import CHARTS
from .objects import Document, of_kind, pods, the

KINDS = Kinds(WORKSPACE / "helm" / "kinds")
SUBSETS = list(chain.from_iterable(combinations(CHARTS, size) for size in range(len(CHARTS) + 1)))
LONGEST_NAME = 63
"""Of a Service, and of a label, such as a Job's name at its pods."""


@pytest.fixture
def fleet(charts: Charts, tmp_path: Path) -> Any:
    """Renders the umbrella under values given as a mapping."""

    def rendered(values: dict[str, Any], release: str = "mcp") -> list[Document]:
        file = tmp_path / "values.yaml"
        file.write_text(yaml.safe_dump(values), encoding="utf-8")
        return charts.render(UMBRELLA, Values("given", file), release=release)

    return rendered


def switched(servers: tuple[str, ...]) -> dict[str, Any]:
    return {name: {"enabled": name in servers} for name in CHARTS}


def of_server(documents: list[Document], name: str) -> list[Document]:
    return [found for found in documents if found["metadata"]["labels"]["app.kubernetes.io/name"] == name]


def variables(documents: list[Document], server: str) -> dict[str, str]:
    """The plain variables of a server."""
    (found,) = (
        spec for labels, spec in pods(of_server(documents, server)) if labels["app.kubernetes.io/component"] == "server"
    )
    return {entry["name"]: entry["value"] for entry in found["containers"][0]["env"] if "value" in entry}


@pytest.mark.parametrize("servers", SUBSETS, ids="+".join)
def test_each_subset_has_these_servers_with_names_of_their_own(fleet: Any, servers: tuple[str, ...]) -> None:
    documents = fleet(switched(servers))
    assert {found["metadata"]["labels"]["app.kubernetes.io/name"] for found in documents} == set(servers)
    names = Counter((found["kind"], found["metadata"]["name"]) for found in documents)
    assert [name for name, count in names.items() if count > 1] == []
    for version in (VERSIONS[0], VERSIONS[-1]):
        assert [problem for found in documents for problem in KINDS.problems(found, version)] == []


@pytest.mark.parametrize("release", ["fleet", "orders", "orders-weather", "a" * 53])
def test_no_release_name_makes_two_names_equal(fleet: Any, release: str) -> None:
    documents = fleet({"global": {"servers": {"migration": {"as": "job"}}}}, release)
    names = Counter((found["kind"], found["metadata"]["name"]) for found in documents)
    assert [name for name, count in names.items() if count > 1] == []
    assert max(len(name) for _, name in names) <= LONGEST_NAME


def test_a_selector_finds_the_pods_of_one_server(fleet: Any) -> None:
    documents = fleet({})
    labels = [found for found, _ in pods(documents)]
    for service in of_kind(documents, "Service"):
        found = [each for each in labels if service["spec"]["selector"].items() <= each.items()]
        assert [each["app.kubernetes.io/name"] for each in found] == [
            service["metadata"]["labels"]["app.kubernetes.io/name"]
        ]


def test_a_shared_value_reaches_every_server(fleet: Any) -> None:
    shared = {
        "settings": {"issuer": "https://shared.example", "otlp_endpoint": "http://collector:4318"},
        "policy": {"version": 1, "default": {"max_records": 7}},
        "metrics": {"enabled": False},
        "networkPolicy": {"metricsFrom": []},
    }
    documents = fleet({"global": {"servers": shared}})
    assert len(of_kind(documents, "ConfigMap")) == len(CHARTS)
    for name in CHARTS:
        found = variables(documents, name)
        assert found[f"{name.upper()}_ISSUER"] == "https://shared.example"
        assert found[f"{name.upper()}_OTLP_ENDPOINT"] == "http://collector:4318"
        assert f"{name.upper()}_METRICS_PORT" not in found
        assert "max_records: 7" in the(of_server(documents, name), "ConfigMap")["data"]["policy.yaml"]


def test_a_server_s_own_value_wins_also_where_it_is_the_default(fleet: Any) -> None:
    documents = fleet(
        {
            "global": {"servers": {"metrics": {"enabled": False}, "settings": {"issuer": "https://shared.example"}}},
            "orders": {"metrics": {"enabled": True}, "settings": {"issuer": "https://login.example.com"}},
            "weather": {"settings": {"issuer": ""}},
        }
    )
    assert variables(documents, "orders")["ORDERS_ISSUER"] == "https://login.example.com"
    assert "ORDERS_METRICS_PORT" in variables(documents, "orders")
    assert "WEATHER_ISSUER" not in variables(documents, "weather")
    assert variables(documents, "github")["GITHUB_ISSUER"] == "https://shared.example"


def test_the_dashboard_is_a_config_map_of_the_sidecar(fleet: Any) -> None:
    assert of_kind(fleet({}), "ConfigMap") == []
    given = {"enabled": True, "namespace": "monitoring", "annotations": {"grafana_folder": "MCP"}}
    found = the(fleet({"dashboard": given}), "ConfigMap")
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert (found["metadata"]["namespace"], found["metadata"]["annotations"]) == (
        "monitoring",
        {"grafana_folder": "MCP"},
    )
    (text,) = found["data"].values()
    assert json.loads(text) == json.loads((WORKSPACE / "shared" / "grafana" / "fleet.json").read_text(encoding="utf-8"))
    assert [problem for version in VERSIONS for problem in KINDS.problems(found, version)] == []


def test_two_fleets_are_blue_and_green(fleet: Any) -> None:
    shared = {"global": {"servers": {"service": {"release": "green"}}}}
    blue, green = fleet(shared, "blue"), fleet({}, "green")
    pods_of_green = [found for found, _ in pods(green) if found["app.kubernetes.io/component"] == "server"]
    called = [found for found in of_kind(blue, "Service") if found["spec"]["ports"][0]["name"] == "http"]
    assert len(called) == len(CHARTS)
    for service in called:
        selector = service["spec"]["selector"].items()
        assert [found["app.kubernetes.io/name"] for found in pods_of_green if selector <= found.items()] == [
            service["metadata"]["labels"]["app.kubernetes.io/name"]
        ]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a server": ({"orderz": {"enabled": True}}, "orderz"),
    "a section": ({"globals": {}}, "globals"),
    "a shared section": ({"global": {"server": {}}}, "server"),
    "a shared value": ({"global": {"servers": {"setings": {}}}}, "setings"),
    "a shared setting": ({"global": {"servers": {"settings": {"isuer": "https://a.example"}}}}, "isuer"),
    "a setting of one server only": ({"global": {"servers": {"settings": {"forecast_url": "https://a"}}}}, "forecast"),
    "a name that all would have": ({"global": {"servers": {"fullnameOverride": "mcp"}}}, "fullnameOverride"),
    "a namespace in a first try": (
        {"global": {"firstTry": {"enabled": True}}, "orders": {"namespaceOverride": "shop"}},
        "orders.namespaceOverride: a first try is in one namespace",
    ),
    "a value of a server": ({"orders": {"replica": 3}}, "replica"),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_unknown_value_is_refused_by_name(fleet: Any, case: str) -> None:
    values, named = WRONG[case]
    with pytest.raises(HelmFailed, match=named):
        fleet(values)

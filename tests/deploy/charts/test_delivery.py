"""Migrations under Helm, Argo CD and Flux, and two releases behind one route."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from devkit.charts.rendering import Charts, Document, Values
from devkit.settings import WORKSPACE
from devkit.workspace.services import discover

from .objects import of_kind, selects, server, the, workload

WAVE = "argocd.argoproj.io/sync-wave"


DATABASES = [service.name for service in discover(WORKSPACE) if service.database]
with_a_database = pytest.mark.parametrize("chart", DATABASES, indirect=True)


@with_a_database
def test_a_plain_job_follows_what_it_needs_and_pods_wait_for_it(chart: str, render: Any) -> None:
    documents = render({"migration": {"as": "job"}, "secrets": {"external": {"enabled": True}}})
    job = the(documents, "Job")
    assert int(job["metadata"]["annotations"][WAVE]) < 0
    assert "ttlSecondsAfterFinished" not in job["spec"], "Argo CD would create a deleted Job again"
    needed = [found for found in documents if found["metadata"].get("annotations", {}).get(WAVE) == "-2"]
    assert {found["kind"] for found in needed} == {"ExternalSecret", "NetworkPolicy"}
    secrets = {found["metadata"]["name"] for found in of_kind(needed, "ExternalSecret")}
    assert secrets == {chart, f"{chart}-owner"}
    assert not any(name.startswith("helm.sh/hook") for name in job["metadata"]["annotations"])
    assert server(documents)["initContainers"][-1]["args"][0] == "check"


@with_a_database
def test_a_changed_job_has_another_name(chart: str, render: Any) -> None:
    def name(**more: Any) -> str:
        found: str = the(render({"migration": {"as": "job"}, **more}), "Job")["metadata"]["name"]
        return found

    assert name() == name()
    changes: list[dict[str, Any]] = [
        {"image": {"tag": "9.9.9"}},
        {"settings": {"log_level": "debug"}},
        {"commonLabels": {"team": "a"}},
    ]
    names = [name(), *(name(**change) for change in changes)]
    assert len(set(names)) == len(names)
    assert all(each.startswith(f"{chart}-migrate-") for each in names)


def test_calls_are_split_between_two_releases(chart: str, render: Any) -> None:
    other = {"name": f"{chart}-next", "port": 80, "weight": 5}
    route = {"enabled": True, "parentRefs": [{"name": "public"}], "weight": 95, "backendRefs": [other]}
    (rule,) = the(render({"httpRoute": route}), "HTTPRoute")["spec"]["rules"]
    assert rule["backendRefs"] == [{"name": chart, "port": 80, "weight": 95}, other]


def test_one_service_calls_the_pods_of_another_release(chart: str, charts: Charts, tmp_path: Path) -> None:
    """Blue owns the Service that clients reach; its value names the release whose pods get the calls."""

    def release(name: str, **service: str) -> list[Document]:
        file = tmp_path / "values.yaml"
        values = {"service": service, "metrics": {"serviceMonitor": {"enabled": True}}}
        file.write_text(yaml.safe_dump(values), encoding="utf-8")
        return charts.render(chart, Values("given", file), release=name)

    def labels(documents: list[Document]) -> dict[str, str]:
        found: dict[str, str] = workload(documents)["spec"]["template"]["metadata"]["labels"]
        return found

    blue, green = release(f"{chart}-blue", release=f"{chart}-green"), release(f"{chart}-green")
    calls, metrics = of_kind(blue, "Service")
    assert calls["spec"]["selector"].items() <= labels(green).items()
    assert not calls["spec"]["selector"].items() <= labels(blue).items()
    assert metrics["spec"]["selector"].items() <= labels(blue).items(), "metrics stay those of the release"
    assert [port["name"] for port in calls["spec"]["ports"]] == ["http"]
    (endpoint,) = the(blue, "ServiceMonitor")["spec"]["endpoints"]
    assert endpoint["relabelings"] == [{"targetLabel": "job", "replacement": f"{chart}-blue"}]
    # `helm test` of blue reaches the pods of green.
    tester = the(blue, "Pod")["metadata"]["labels"]
    (policy,) = (found for found in of_kind(green, "NetworkPolicy") if selects(found, labels(green)))
    assert policy["spec"]["ingress"][0]["from"][0]["podSelector"]["matchLabels"].items() <= tester.items()
    # Without the value, each Service calls the pods of its own release.
    (own,) = of_kind(green, "Service")
    assert own["spec"]["selector"].items() <= labels(green).items()
    assert not own["spec"]["selector"].items() <= labels(blue).items()


@pytest.mark.parametrize("chart", ["orders"], indirect=True)
def test_the_documented_applications_render(render: Any) -> None:
    text = (WORKSPACE / "docs" / "deploying.md").read_text(encoding="utf-8")
    section = text.partition("### Argo CD and Flux\n")[2].partition("\n### ")[0]
    argo, flux = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL))
    assert (argo["kind"], flux["kind"]) == ("Application", "HelmRelease")
    documents = render(argo["spec"]["source"]["helm"]["valuesObject"])
    assert WAVE in the(documents, "Job")["metadata"]["annotations"]
    documents = render(flux["spec"]["values"])
    assert the(documents, "Job")["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"

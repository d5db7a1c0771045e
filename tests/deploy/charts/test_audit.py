"""Keeping, exporting and removing the audit trail in a cluster."""

from typing import Any

import pytest

from devkit.charts.helm import HelmFailed

from .objects import of_kind

WITH_FILES = ("github", "weather")
MONTHLY = {
    "settings": {"audit_retention_days": 400},
    "audit": {
        "monthly": {
            "enabled": True,
            "exportTo": "s3://audit/orders",
            "env": [{"name": "AWS_REGION", "value": "eu-central-1"}],
            "envFrom": [{"secretRef": {"name": "audit-storage"}}],
        }
    },
}


def variables(container: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container["env"]}


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ({}, 858_993_459),
        ({"audit": {"size": "512Mi"}}, 429_496_729),
        ({"audit": {"size": "2Ti"}}, 1_759_218_604_441),
        ({"settings": {"audit_file_max_total": 300_000_000}}, 300_000_000),
    ],
)
def test_audit_files_leave_room_on_their_volume(chart: str, render: Any, values: Any, total: int) -> None:
    if chart not in WITH_FILES:
        pytest.skip("keeps its audit trail in a database")
    (pod,) = of_kind(render(values), "StatefulSet")
    (container,) = pod["spec"]["template"]["spec"]["containers"]
    assert variables(container)[f"{chart.upper()}_AUDIT_FILE_MAX_TOTAL"] == str(total)


def test_last_month_is_exported_before_entries_are_removed(chart: str, render: Any) -> None:
    if chart in WITH_FILES:
        with pytest.raises(HelmFailed, match=r"audit\.monthly needs a database"):
            render(MONTHLY)
        return
    documents = render(MONTHLY)
    (job,) = of_kind(documents, "CronJob")
    pod = job["spec"]["jobTemplate"]["spec"]["template"]
    (export,), (prune,) = pod["spec"]["initContainers"], pod["spec"]["containers"]
    assert export["args"] == ["audit", "export", "--month", "last", "--to", "s3://audit/orders"]
    assert prune["args"] == ["audit", "prune"]
    for container in (export, prune):
        names = variables(container)
        assert names[f"{chart.upper()}_OWNER_URL_FILE"] == "/run/secrets/owner/owner_url"
        assert names[f"{chart.upper()}_AUDIT_ANCHOR_KEYS_FILE"] == "/run/secrets/server/audit_anchor_keys"
        assert (names[f"{chart.upper()}_AUDIT_RETENTION_DAYS"], names["AWS_REGION"]) == ("400", "eu-central-1")
        assert container["envFrom"] == [{"secretRef": {"name": "audit-storage"}}]
    policies = [one for one in of_kind(documents, "NetworkPolicy") if one["metadata"]["name"].endswith("-audit")]
    (policy,) = policies
    selected = policy["spec"]["podSelector"]["matchLabels"]
    assert selected.items() <= pod["metadata"]["labels"].items()
    assert [port["port"] for rule in policy["spec"]["egress"][1:] for port in rule["ports"]] == [5432, 443]


def test_removal_needs_a_retention(chart: str, render: Any) -> None:
    if chart in WITH_FILES:
        pytest.skip("removes old files itself")
    with pytest.raises(HelmFailed, match="audit_retention_days"):
        render({"audit": {"monthly": {"enabled": True}}})
    documents = render({"settings": {"audit_retention_days": 30}, "audit": {"monthly": {"enabled": True}}})
    (job,) = of_kind(documents, "CronJob")
    assert "initContainers" not in job["spec"]["jobTemplate"]["spec"]["template"]["spec"]

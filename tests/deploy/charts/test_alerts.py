"""A release's alert rules are the shared ones, restricted to itself: releases share no rule and no recorded name."""

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from devkit.charts.alerts import of_release
from devkit.charts.rendering import Charts
from devkit.settings import WORKSPACE
from tests.fixtures.promtool import promtool

from .objects import Document, the

RULES = WORKSPACE / "shared" / "prometheus" / "rules.yaml"
EXAMPLES = Path(__file__).with_name("releases.yaml")
RELEASES = (
    ("team-a", "orders"),
    ("team-b", "orders"),
    ("team-a", "prod"),  # makes prod-orders
    ("team-a-prod", "orders"),
    ("team-a", "orders-prod"),
)
Rules = list[dict[str, Any]]


@pytest.mark.parametrize(
    ("expression", "held"),
    [
        ("up", 'up{job="a"}'),
        ("up == 1", 'up{job="a"} == 1'),
        ("up {}", 'up{job="a"}'),
        ('x{y="}"}[5m]', 'x{job="a", y="}"}[5m]'),
        ("rate(x_total[5m]) > 0", 'rate(x_total{job="a"}[5m]) > 0'),
        ("sum by (job, up) (x) / 2e3", 'sum by (job, up) (x{job="a"}) / 2e3'),
        ("sum(x) by (job)", 'sum(x{job="a"}) by (job)'),
        ("a:b:c and on (job) x offset 10m", 'own:a{job="a"} and on (job) x{job="a"} offset 10m'),
        ("x unless ignoring (z) y", 'x{job="a"} unless ignoring (z) y{job="a"}'),
    ],
)
def test_every_selector_is_restricted_to_the_release(expression: str, held: str) -> None:
    assert of_release(expression, 'job="a"', {"a:b:c": "own:a"}) == held


@pytest.fixture
def groups(rendered: Callable[[str, str], list[Document]], chart: str) -> Rules:
    """The rule groups of each chart."""
    found: Rules = the(rendered(chart, "production"), "PrometheusRule")["spec"]["groups"]
    return found


@pytest.fixture(scope="session")
def of_releases(charts: Charts) -> dict[tuple[str, str], Rules]:
    """The rule groups of releases of one chart, by namespace and release."""

    def groups_of(namespace: str, release: str) -> Rules:
        options = ["--namespace", namespace, "--set", "metrics.rules.enabled=true"]
        text = charts.helm("template", release, "orders", *options, directory=charts.directory)
        rules: Rules = the([found for found in yaml.safe_load_all(text) if found], "PrometheusRule")["spec"]["groups"]
        return rules

    return {(namespace, release): groups_of(namespace, release) for namespace, release in RELEASES}


def rules_of(groups: Rules) -> Rules:
    return [rule for group in groups for rule in group["rules"]]


def test_only_the_release_is_added_to_the_rules(chart: str, groups: Rules) -> None:
    shared = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    text = (
        json.dumps(groups)
        .replace(json.dumps(f'{{namespace="default", job="{chart}"}}')[1:-1], "")
        .replace(json.dumps(f'namespace="default", job="{chart}", ')[1:-1], "")
        .replace(f":default:{chart}", "")
        .replace(f"default.{chart}.", "")
        .replace("{{ $labels.namespace }}/", "")
    )
    found = json.loads(text)
    for rule in rules_of(found):
        labels = rule["labels"]
        assert (labels.pop("namespace"), labels.pop("release")) == ("default", chart)
        if not labels:
            del rule["labels"]
    assert found == shared


def test_two_releases_share_no_rule(of_releases: dict[tuple[str, str], Rules]) -> None:
    for (one, first), (other, second) in combinations(of_releases.items(), 2):
        assert not {group["name"] for group in first} & {group["name"] for group in second}, (one, other)
        for mine, theirs in zip(rules_of(first), rules_of(second), strict=True):
            assert mine["expr"] != theirs["expr"], (one, other)
            assert mine["labels"] != theirs["labels"], (one, other)


def test_two_releases_record_no_common_name(of_releases: dict[tuple[str, str], Rules]) -> None:
    names = [rule["record"] for groups in of_releases.values() for rule in rules_of(groups) if "record" in rule]
    assert len(names) == len(RELEASES) * sum("record" in rule for rule in rules_of(of_releases["team-a", "orders"]))
    assert len(set(names)) == len(names)


def test_failures_of_one_release_alert_for_it_alone(of_releases: dict[tuple[str, str], Rules], tmp_path: Path) -> None:
    """The examples have one failing and one healthy release, in two namespaces and in one."""
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [group for groups in of_releases.values() for group in groups]}))
    examples = yaml.safe_load(EXAMPLES.read_text(encoding="utf-8"))
    examples["rule_files"] = [str(file)]
    cases = tmp_path / "cases.yaml"
    cases.write_text(yaml.safe_dump(examples))
    promtool("test", "rules", cases, directory=tmp_path)


@pytest.mark.parametrize(
    ("values", "page"),
    [
        ({}, "https://docs.example.com/mcp-fleet/runbook.md"),
        (
            {"image": {"registry": "ghcr.io/acme/mcp"}},
            "https://github.com/acme/mcp/blob/{chart}-v{version}/docs/runbook.md",
        ),
        (
            {"global": {"imageRegistry": "ghcr.io/acme/mirror"}},
            "https://github.com/acme/mirror/blob/{chart}-v{version}/docs/runbook.md",
        ),
        ({"metrics": {"rules": {"runbookUrl": "https://wiki.acme.example/mcp"}}}, "https://wiki.acme.example/mcp"),
    ],
)
def test_every_alert_links_its_section_of_the_runbook(
    values: dict[str, Any], page: str, chart: str, render: Callable[[dict[str, Any]], list[Document]]
) -> None:
    rules = {"enabled": True, **values.get("metrics", {}).get("rules", {})}
    rule = the(render({**values, "metrics": {"rules": rules}}), "PrometheusRule")
    version = rule["metadata"]["labels"]["app.kubernetes.io/version"]
    for alert in rules_of(rule["spec"]["groups"]):
        if "alert" in alert:
            expected = f"{page.format(chart=chart, version=version)}#{alert['alert'].lower()}"
            assert alert["annotations"]["runbook_url"] == expected


def test_prometheus_accepts_the_rules(groups: Rules, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")
    promtool("check", "rules", file)

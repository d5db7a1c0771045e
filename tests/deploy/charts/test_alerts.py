"""A release's alert rules are the shared ones, restricted to its own job."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from devkit.charts.alerts import of_job
from devkit.settings import WORKSPACE
from tests.fixtures.promtool import promtool

from .objects import Document, the

RULES = WORKSPACE / "shared" / "prometheus" / "rules.yaml"


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
        ("a:b:c and on (job) x offset 10m", 'a:b:c{job="a"} and on (job) x{job="a"} offset 10m'),
        ("x unless ignoring (z) y", 'x{job="a"} unless ignoring (z) y{job="a"}'),
    ],
)
def test_every_selector_is_restricted_to_the_job(expression: str, held: str) -> None:
    assert of_job(expression, "a") == held


@pytest.fixture
def rules(rendered: Callable[[str, str], list[Document]], chart: str) -> list[dict[str, Any]]:
    """The rule groups of each chart."""
    groups: list[dict[str, Any]] = the(rendered(chart, "production"), "PrometheusRule")["spec"]["groups"]
    return groups


def test_a_release_changes_only_the_job_of_the_rules(chart: str, rules: list[dict[str, Any]]) -> None:
    for group in rules:
        for rule in group["rules"]:
            held = rule["expr"]
            rule["expr"] = held.replace(f'{{job="{chart}"}}', "").replace(f'job="{chart}", ', "")
            assert held != rule["expr"]
    assert rules == yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]


def test_prometheus_accepts_the_rules(rules: list[dict[str, Any]], tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": rules}), encoding="utf-8")
    promtool("check", "rules", file)

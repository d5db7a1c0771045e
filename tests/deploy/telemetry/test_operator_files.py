"""Dashboard, rules, collector and runbook name what exists, and every alert is explained."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from devkit.settings import WORKSPACE
from servicekit.pipeline.request import Outcome
from servicekit.telemetry.instruments import INSTRUMENTS
from tests.fixtures.promtool import promtool

from .promql import labels_in_words, references

SHARED = WORKSPACE / "shared"
RULES = SHARED / "prometheus" / "rules.yaml"
EXAMPLES = Path(__file__).with_name("alerts.yaml")
RUNBOOK = WORKSPACE / "docs" / "runbook.md"
PUT_BY_PROMETHEUS = {"namespace", "job", "instance"}
PAGE = "https://docs.example.com/mcp-fleet/runbook.md"


def known_metrics() -> dict[str, set[str]]:
    """Every metric of a server's metrics page, with its labels."""
    metrics: dict[str, set[str]] = {"up": PUT_BY_PROMETHEUS}
    for instrument in INSTRUMENTS:
        labels = {name.replace(".", "_") for name in instrument.attributes} | PUT_BY_PROMETHEUS
        if instrument.kind == "histogram":
            metrics |= {f"{instrument.prometheus_name}_{part}": labels for part in ("count", "sum")}
            metrics[f"{instrument.prometheus_name}_bucket"] = labels | {"le"}
        else:
            metrics[instrument.prometheus_name] = labels
    return metrics


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


ALERTS = [rule for rule in rules() if "alert" in rule]
DASHBOARD = json.loads((SHARED / "grafana" / "fleet.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def queries() -> Iterator[Any]:
    for rule in rules():
        said = " ".join(rule.get("annotations", {}).values())
        yield pytest.param(rule["expr"], said, id=rule.get("alert") or rule["record"])
    for panel in PANELS:
        for target in panel["targets"]:
            yield pytest.param(target["expr"], target.get("legendFormat", ""), id=f"{panel['id']} {panel['title']}")


@pytest.mark.parametrize(("query", "said"), list(queries()))
def test_every_metric_and_label_exists(query: str, said: str) -> None:
    recorded = {rule["record"]: PUT_BY_PROMETHEUS for rule in rules() if "record" in rule}
    metrics = known_metrics() | recorded
    found = references(query)
    assert found
    shown: set[str] = set()
    for reference in found:
        assert reference.metric in metrics
        assert reference.labels <= metrics[reference.metric], reference.metric
        shown |= reference.labels | (metrics[reference.metric] if reference.metric in recorded else set())
        outcomes = {value for label, value in reference.values if label == "error_type" and value}
        assert outcomes <= set(get_args(Outcome))
    assert labels_in_words(said) <= shown


def test_rules_keep_the_servers_of_namespaces_apart() -> None:
    """A grouping by job alone would add up two releases of one chart."""
    for rule in rules():
        grouped = re.findall(r"\b(?:by|on) \(([^)]*)\)", rule["expr"])
        assert all(labels.startswith("namespace, job") for labels in grouped), rule["expr"]
        assert "record" not in rule or rule["record"].startswith("namespace_job:")


def test_every_metric_is_used() -> None:
    shown = {reference.metric for parameters in queries() for reference in references(str(parameters.values[0]))}
    unused = {"process_thread_count"}
    for instrument in INSTRUMENTS:
        names = {f"{instrument.prometheus_name}{part}" for part in ("", "_count", "_bucket")}
        assert names & (shown | unused), instrument.name


def test_every_alert_has_its_runbook_section() -> None:
    names = [rule["alert"] for rule in ALERTS]
    _, *parts = re.split(r"^## (\w+)\n\n", RUNBOOK.read_text(), flags=re.MULTILINE)
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    assert list(sections) == names
    for rule in ALERTS:
        assert rule["annotations"]["runbook_url"] == f"{PAGE}#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert sections[rule["alert"]].startswith(f"{rule['labels']['severity'].capitalize()}. "), rule["alert"]
        assert "```promql" in sections[rule["alert"]], f"{rule['alert']}: what to look at first"
        assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}


def test_the_runbook_s_queries_are_valid() -> None:
    metrics = known_metrics()
    written = re.findall(r"```promql\n(.*?)```", RUNBOOK.read_text(), re.DOTALL)
    assert len(written) > 5
    for query in written:
        for reference in references(query):
            assert reference.labels <= metrics[reference.metric], query


def test_the_dashboard_is_consistent() -> None:
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    taken = [
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(taken) == len(set(taken)), "Two panels lie on each other."
    assert max(x for x, _y in taken) < 24
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)
    text = json.dumps(PANELS)
    variables = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    assert set(re.findall(r"\$\{?([a-z]+)\b", text)) == variables


def test_the_collector_configuration_is_consistent() -> None:
    collector = yaml.safe_load((SHARED / "collector.yaml").read_text())
    for kind in ("receivers", "processors", "exporters"):
        used = {name for pipeline in collector["service"]["pipelines"].values() for name in pipeline[kind]}
        assert used == set(collector[kind])
    assert set(collector["service"]["extensions"]) == set(collector["extensions"])
    for pipeline in collector["service"]["pipelines"].values():
        assert pipeline["processors"][0] == "memory_limiter"


def test_prometheus_accepts_the_rules() -> None:
    promtool("check", "rules", "--lint-fatal", RULES)


def test_alerts_fire_on_time() -> None:
    promtool("test", "rules", EXAMPLES, directory=EXAMPLES.parent)


def test_every_alert_is_tested() -> None:
    examples = yaml.safe_load(EXAMPLES.read_text())["tests"]
    tried = {case["alertname"] for example in examples for case in example["alert_rule_test"] if case.get("exp_alerts")}
    silent = {
        case["alertname"] for example in examples for case in example["alert_rule_test"] if not case["exp_alerts"]
    }
    names = {rule["alert"] for rule in ALERTS}
    assert tried == names
    assert silent == names

"""A wrong value is refused before the installation; the error names it and hides its content."""

from pathlib import Path
from typing import Any

import pytest

from devkit.charts.helm import HelmFailed
from devkit.charts.rendering import Charts, Values

from .objects import server, the

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a value that does not exist": ({"replica": 3}, "replica → replicas?"),
    "a value in the wrong place": (
        {"image": {"name": "orders"}},
        "image.name → image.repository?",
    ),
    "another type": ({"replicas": "three"}, "'/replicas'"),
    "out of bounds": ({"replicas": 0}, "'/replicas'"),
    "a setting that does not exist": (
        {"settings": {"call_timeuot": 5}},
        "settings.call_timeuot → settings.call_timeout?",
    ),
    "a setting out of bounds": ({"settings": {"call_timeout": 0}}, "'/settings/call_timeout'"),
    "a setting that is none of the choices": ({"settings": {"store_outage": "maybe"}}, "'/settings/store_outage'"),
    "a URL that is not the endpoint": ({"settings": {"public_url": "https://here.example"}}, "'/settings/public_url'"),
    "a secret among the settings": (
        {"settings": {"redis_url": "redis://:hunter2@store"}},
        "redis_url is not set here: it is a cred",
    ),
    "a secret that does not exist": ({"secrets": {"keys": ["redis_ulr"]}}, "'/secrets/keys/0'"),
    "the owner's password for serving pods": ({"secrets": {"keys": ["owner_url"]}}, "'/secrets/keys/0'"),
    "a floating tag": ({"image": {"tag": "latest"}}, "'/image/tag'"),
    "no DNS server": ({"networkPolicy": {"dns": []}}, "'/networkPolicy/dns'"),
    "half a digest": ({"image": {"digest": "sha256:abc"}}, "'/image/digest'"),
    "a quantity": ({"resources": {"limits": {"memory": "lots"}}}, "'/resources/limits/memory'"),
    "a rule of policy": (
        {"policy": {"version": 1, "clents": {}}},
        "policy.clents → policy.clients?",
    ),
    "a peer that matches every pod": ({"networkPolicy": {"from": [{}]}}, "'/networkPolicy/from/0'"),
    "a minimum above the maximum": (
        {"autoscaling": {"enabled": True, "minReplicas": 5, "maxReplicas": 3}},
        "autoscaling.minReplicas (5) is above autoscaling.maxReplicas (3)",
    ),
    "a budget that blocks every eviction": (
        {"disruptionBudget": {"maxUnavailable": "0%"}},
        "'/disruptionBudget/maxUnav",
    ),
    "a label of the selector": ({"podLabels": {"app.kubernetes.io/name": "other"}}, "app.kubernetes.io/name"),
    "a folder of the node": ({"extraVolumes": [{"name": "docker", "hostPath": {"path": "/run"}}]}, "'hostPath'"),
    "two ways in": (
        {"ingress": {"enabled": True}, "httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}},
        "ingress.enabled and httpRoute.enabled",
    ),
    "a name of other charts": ({"replicaCount": 3}, "replicaCount → replicas?"),
    "a setting among the values": ({"call_timeout": 3}, "call_timeout → settings.call_timeout?"),
    "a credential of another Secret": (
        {"secrets": {"from": {"redis_ulr": {"name": "a", "key": "b"}}}},
        "secrets.from.redis_ulr → secrets.from.redis_url?",
    ),
    "two places of a credential": (
        {"secrets": {"from": {"redis_url": {"name": "a", "key": "b", "path": "/c"}}}},
        "'/secrets/from/redis_url'",
    ),
    "an autoscaler without a target": (
        {"autoscaling": {"enabled": True, "targetCPUUtilizationPercentage": 0}},
        "autoscaling needs a target",
    ),
    "a probe of another chart": (
        {"startupProbe": {"enabled": False}},
        "startupProbe.enabled is not a value of this chart",
    ),
    "a security context of another chart": ({"securityContext": {"enabled": True}}, "securityContext.enabled is not"),
    "two policies": (
        {"existingPolicyConfigMap": "a", "policy": {"version": 1}},
        "existingPolicyConfigMap replaces policy",
    ),
    "a port of the Service in the wrong place": (
        {"service": {"nodeport": 30080}},
        "service.nodeport → service.nodePort?",
    ),
    "a label of a selector": ({"commonLabels": {"app.kubernetes.io/instance": "other"}}, "app.kubernetes.io/instance"),
    "the node's network": ({"hostNetwork": True}, "hostNetwork is not a value of this chart: pods keep networks"),
    "paths of an ingress": ({"ingress": {"paths": ["/"]}}, "ingress.paths is not a value of this chart: the paths are"),
    "hosts with paths": (
        {"ingress": {"enabled": True, "hosts": [{"host": "a.example", "paths": [{"path": "/"}]}]}},
        "ingress.hosts has an object: write the name only, such as [a.example]",
    ),
    "two budgets": (
        {"disruptionBudget": {"maxUnavailable": 1, "minAvailable": 1}},
        "disruptionBudget.maxUnavailable and disruptionBudget.minAvailable exclude each other",
    ),
    "a budget that keeps every pod": (
        {"disruptionBudget": {"minAvailable": 2}},
        "disruptionBudget.minAvailable (2) keeps all 2 pods",
    ),
    "a share that keeps every pod": (
        {"disruptionBudget": {"minAvailable": "51%"}},
        "disruptionBudget.minAvailable (51%) keeps all 2 pods",
    ),
    "a read longer than its interval": (
        {"metrics": {"serviceMonitor": {"enabled": True, "interval": "1m", "scrapeTimeout": "61s"}}},
        "metrics.serviceMonitor.scrapeTimeout (61s) is above metrics.serviceMonitor.interval (1m)",
    ),
    "an alert that does not exist": (
        {"metrics": {"rules": {"enabled": True, "disabled": ["CallSlow"]}}},
        "'/metrics/rules/disabled/0'",
    ),
    "a route without a gateway": ({"httpRoute": {"enabled": True}}, "httpRoute.parentRefs is empty"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_value_is_refused_by_name(case: str, render: Any) -> None:
    values, named = WRONG[case]
    with pytest.raises(HelmFailed) as refused:
        render(values)
    assert named.replace(" → ", " is not a value of this chart: did you mean ") in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_setting_reaches_the_environment(chart: str, render: Any) -> None:
    with pytest.raises(HelmFailed, match="is a setting: write it under settings as call_timeout"):
        render({"env": [{"name": f"{chart.upper()}_CALL_TIMEOUT", "value": "5"}]})


UNUSED: dict[str, dict[str, Any]] = {
    "httpRoute.parentRefs has no effect while httpRoute.enabled is false": {
        "httpRoute": {"parentRefs": [{"name": "a"}]}
    },
    "ingress.tls has no effect": {"ingress": {"tls": [{"secretName": "a"}]}},
    "autoscaling.maxReplicas has no effect": {"autoscaling": {"maxReplicas": 30}},
    "replicas has no effect while autoscaling.enabled is true": {"replicas": 7, "autoscaling": {"enabled": True}},
    "service.nodePort has no effect while service.type is ClusterIP": {"service": {"nodePort": 30080}},
    "service.loadBalancerClass has no effect while service.type is NodePort": {
        "service": {"type": "NodePort", "loadBalancerClass": "a"}
    },
    "serviceAccount.annotations has no effect": {"serviceAccount": {"create": False, "annotations": {"a": "b"}}},
    "metrics.serviceMonitor has no effect while metrics.enabled is false": {
        "metrics": {"enabled": False, "serviceMonitor": {"enabled": True}}
    },
    "audit.monthly.exportTo has no effect": {"audit": {"monthly": {"exportTo": "s3://bucket"}}},
    "spread has no effect beside topologySpreadConstraints": {
        "spread": {"zones": "DoNotSchedule"},
        "topologySpreadConstraints": [{"topologyKey": "a"}],
    },
}


@pytest.mark.parametrize("named", UNUSED)
def test_a_value_without_effect_is_refused_by_name(named: str, render: Any) -> None:
    with pytest.raises(HelmFailed) as refused:
        render(UNUSED[named])
    assert named in str(refused.value)
    assert render(UNUSED[named] | {"unusedValues": "ignore"})


def test_helm_lint_refuses_what_helm_install_refuses(charts: Charts, tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("ingres: {enabled: true}")
    with pytest.raises(HelmFailed, match="ingres is not a value of this chart: did you mean ingress"):
        charts.lint("orders", Values("given", file))


def test_a_variable_may_come_from_elsewhere_once(chart: str, render: Any) -> None:
    variable = {"name": f"{chart.upper()}_REDIS_URL", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}
    with pytest.raises(HelmFailed, match="is already mounted as a file: remove redis_url"):
        render({"env": [variable]})
    documents = render({"env": [variable], "secrets": {"keys": ["state_keys"]}})
    assert variable in server(documents)["containers"][0]["env"]


def test_forms_of_other_charts_are_those_of_kubernetes(chart: str, render: Any) -> None:
    given: dict[str, Any] = {
        "env": {"HTTPS_PROXY": "http://proxy", "LIMIT": 1000000, "ON": True, "NODE": {"valueFrom": {"fieldRef": {}}}},
        "imagePullSecrets": ["registry"],
        "global": {"imagePullSecrets": ["mirror", {"name": "registry"}]},
    }
    spec = server(render(given))
    found = {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in spec["containers"][0]["env"]}
    assert found.items() >= {"HTTPS_PROXY": "http://proxy", "LIMIT": "1000000", "ON": "true"}.items()
    assert found["NODE"] == {"fieldRef": {}}
    assert spec["imagePullSecrets"] == [{"name": "mirror"}, {"name": "registry"}]
    with pytest.raises(HelmFailed, match="is a setting: write it under settings as call_timeout"):
        render({"env": {f"{chart.upper()}_CALL_TIMEOUT": 5}})


def test_a_budget_has_one_of_two_forms(render: Any) -> None:
    def budget(**values: Any) -> dict[str, Any]:
        spec: dict[str, Any] = the(render({"disruptionBudget": values, "replicas": 3}), "PodDisruptionBudget")["spec"]
        return {name: value for name, value in spec.items() if name.endswith(("Available", "Unavailable"))}

    assert budget() == {"maxUnavailable": 1}
    assert budget(maxUnavailable="34%") == {"maxUnavailable": "34%"}
    assert budget(minAvailable=2) == {"minAvailable": 2}
    assert budget(minAvailable="50%") == {"minAvailable": "50%"}


def test_every_object_is_in_the_namespace_of_the_override(chart: str, render: Any) -> None:
    documents = render(
        {
            "namespaceOverride": "shop",
            "metrics": {"rules": {"enabled": True}, "serviceMonitor": {"enabled": True, "scrapeTimeout": "10s"}},
            "policy": {"version": 1},
            "secrets": {"external": {"enabled": True}},
        }
    )
    assert {found["metadata"]["namespace"] for found in documents} == {"shop"}
    (endpoint,) = the(documents, "ServiceMonitor")["spec"]["endpoints"]
    assert endpoint["scrapeTimeout"] == "10s"
    groups = the(documents, "PrometheusRule")["spec"]["groups"]
    assert all(group["name"].startswith(f"shop.{chart}.") for group in groups)
    rules = [rule for group in groups for rule in group["rules"]]
    assert all('namespace="shop"' in rule["expr"] and "default" not in rule["expr"] for rule in rules)


@pytest.mark.parametrize("chart", ["orders"], indirect=True)
def test_single_alerts_are_switched_off(render: Any) -> None:
    def groups(disabled: list[str]) -> dict[str, set[str]]:
        rules = {"enabled": True, "disabled": disabled}
        found = the(render({"metrics": {"rules": rules}}), "PrometheusRule")["spec"]["groups"]
        return {group["name"]: {rule.get("alert", rule.get("record")) for rule in group["rules"]} for group in found}

    every, objectives = groups([]), "default.orders.mcp-objective-alerts"
    off = groups(["CallsSlow", "ToolCrashes"])
    assert set().union(*every.values()) - set().union(*off.values()) == {"CallsSlow", "ToolCrashes"}
    assert groups(sorted(every[objectives])) == {name: found for name, found in every.items() if name != objectives}

"""A wrong value is refused before the installation; the error names it and hides its content."""

from typing import Any

import pytest

from devkit.charts.helm import HelmFailed

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a value that does not exist": ({"replica": 3}, "'replica'"),
    "a value in the wrong place": ({"image": {"name": "orders"}}, "'/image': additional properties 'name'"),
    "another type": ({"replicas": "three"}, "'/replicas'"),
    "out of bounds": ({"replicas": 0}, "'/replicas'"),
    "a setting that does not exist": ({"settings": {"call_timeuot": 5}}, "'call_timeuot'"),
    "a setting out of bounds": ({"settings": {"call_timeout": 0}}, "'/settings/call_timeout'"),
    "a setting that is none of the choices": ({"settings": {"store_outage": "maybe"}}, "'/settings/store_outage'"),
    "a URL that is not the endpoint": ({"settings": {"public_url": "https://here.example"}}, "'/settings/public_url'"),
    "a secret among the settings": ({"settings": {"redis_url": "redis://:hunter2@store"}}, "'redis_url'"),
    "a secret that does not exist": ({"secrets": {"keys": ["redis_ulr"]}}, "'/secrets/keys/0'"),
    "the owner's password for serving pods": ({"secrets": {"keys": ["owner_url"]}}, "'/secrets/keys/0'"),
    "a floating tag": ({"image": {"tag": "latest"}}, "'/image/tag'"),
    "no DNS server": ({"networkPolicy": {"dns": []}}, "'/networkPolicy/dns'"),
    "half a digest": ({"image": {"digest": "sha256:abc"}}, "'/image/digest'"),
    "a quantity": ({"resources": {"limits": {"memory": "lots"}}}, "'/resources/limits/memory'"),
    "a rule of policy": ({"policy": {"version": 1, "clents": {}}}, "'clents'"),
    "a peer that matches every pod": ({"networkPolicy": {"from": [{}]}}, "'/networkPolicy/from/0'"),
    "a memory request below the limit": (
        {"resources": {"limits": {"memory": "512Mi"}}},
        "resources.requests.memory (384Mi) and resources.limits.memory (512Mi) must be equal",
    ),
    "a minimum above the maximum": (
        {"autoscaling": {"enabled": True, "minReplicas": 5, "maxReplicas": 3}},
        "autoscaling.minReplicas (5) is above autoscaling.maxReplicas (3)",
    ),
    "a budget that blocks every eviction": (
        {"disruptionBudget": {"maxUnavailable": "0%"}},
        "'/disruptionBudget/maxUnav",
    ),
    "a label of the selector": ({"podLabels": {"app.kubernetes.io/name": "other"}}, "app.kubernetes.io/name"),
    "a folder of the node": ({"volumes": [{"name": "docker", "hostPath": {"path": "/run"}}]}, "'hostPath'"),
    "two ways in": (
        {"ingress": {"enabled": True}, "httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}},
        "'/httpRoute/enabled'",
    ),
    "a route without a gateway": ({"httpRoute": {"enabled": True}}, "'/httpRoute/parentRefs'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_value_is_refused_by_name(case: str, render: Any) -> None:
    values, named = WRONG[case]
    with pytest.raises(HelmFailed) as refused:
        render(values)
    assert named in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_setting_reaches_the_environment(chart: str, render: Any) -> None:
    with pytest.raises(HelmFailed, match="is a setting: write it under settings as call_timeout"):
        render({"environment": {f"{chart.upper()}_CALL_TIMEOUT": "5"}})

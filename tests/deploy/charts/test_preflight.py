"""`check` as an init container: off by default, and with exactly what the server will use."""

from typing import Any

import pytest

from devkit.workspace.composition import has_audit_file

from .objects import server

ENABLED: dict[str, Any] = {"preflight": {"enabled": True, "timeoutSeconds": 7}}


def test_no_check_runs_by_default(render: Any) -> None:
    assert "initContainers" not in server(render({}))


@pytest.mark.parametrize(
    "more", [{}, {"policy": {"version": 1}, "env": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}]}]
)
def test_the_check_has_what_the_server_has(render: Any, more: dict[str, Any]) -> None:
    spec = server(render({**ENABLED, **more}))
    (check,), (container,) = spec["initContainers"], spec["containers"]
    same = ("image", "imagePullPolicy", "securityContext", "env", "resources", "volumeMounts")
    assert {name: check[name] for name in same} == {name: container[name] for name in same}
    assert set(check) == {"name", "args", *same}
    assert (check["name"], check["args"][0], check["args"][-2:]) == ("preflight", "check", ["--timeout", "7"])


@pytest.mark.parametrize(
    ("scaling", "most"),
    [
        ({"replicas": 5}, 5),
        ({"autoscaling": {"enabled": True, "minReplicas": 2, "maxReplicas": 30}}, 30),
    ],
)
def test_the_check_knows_the_most_pods(chart: str, render: Any, scaling: dict[str, Any], most: int) -> None:
    (check,) = server(render({**ENABLED, **scaling}))["initContainers"]
    surge = 0 if has_audit_file(chart) else 1  # of a rollout; a StatefulSet replaces pods in place
    assert check["args"][1:3] == ["--pods", str(most + surge)]

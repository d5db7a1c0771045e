"""What holds for every object of every chart under every values file."""

import re
from typing import Any

import pytest

from servicekit.http.shutdown import GRACE_SECONDS, PRE_STOP_SECONDS

from .objects import Document, of_kind, pods, selects, server, the, workload

METADATA_SERVICE = "169.254.0.0/16"


def test_pods_are_restricted(documents: list[Document]) -> None:
    """Every rule of the Pod Security Standards, level restricted, that a pod can break."""
    for _, spec in pods(documents):
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] > 0
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        kinds = {kind for volume in spec.get("volumes", ()) for kind in volume if kind != "name"}
        assert kinds <= {"configMap", "emptyDir", "projected"}
        for container in [*spec["containers"], *spec.get("initContainers", ())]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert all("hostPort" not in port for port in container.get("ports", ()))


def test_pods_hold_no_token(documents: list[Document]) -> None:
    assert all(spec["automountServiceAccountToken"] is False for _, spec in pods(documents))
    assert the(documents, "ServiceAccount")["automountServiceAccountToken"] is False


def test_images_have_a_version(documents: list[Document]) -> None:
    for _, spec in pods(documents):
        for container in spec["containers"]:
            assert re.search(r":[0-9]+\.[0-9]+\.[0-9]+(-owner)?$|@sha256:[0-9a-f]{64}$", container["image"]), container[
                "image"
            ]


def test_the_memory_request_equals_the_limit(documents: list[Document]) -> None:
    for _, spec in pods(documents):
        for container in spec["containers"]:
            resources = container["resources"]
            assert resources["requests"]["memory"] == resources["limits"]["memory"]
            assert resources["requests"]["cpu"]


def test_each_probe_uses_its_own_route(documents: list[Document]) -> None:
    (container,) = server(documents)["containers"]
    asked = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    # A liveness probe that checks a store restarts every pod while the store is unavailable.
    assert asked == {
        "startup": {"path": "/live", "port": "http"},
        "liveness": {"path": "/live", "port": "http"},
        "readiness": {"path": "/ready", "port": "http"},
    }


def test_a_pod_is_killed_only_after_its_shutdown(documents: list[Document]) -> None:
    spec = server(documents)
    (container,) = spec["containers"]
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    probe = container["readinessProbe"]
    assert pause == PRE_STOP_SECONDS
    assert pause >= probe["periodSeconds"] * probe["failureThreshold"]
    assert spec["terminationGracePeriodSeconds"] == GRACE_SECONDS


def test_a_rollout_starts_a_pod_before_it_removes_one(documents: list[Document]) -> None:
    for deployment in of_kind(documents, "Deployment"):
        assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


def test_an_audit_trail_outlives_its_pods(documents: list[Document]) -> None:
    for stateful in of_kind(documents, "StatefulSet"):
        assert stateful["spec"]["persistentVolumeClaimRetentionPolicy"] == {
            "whenDeleted": "Retain",
            "whenScaled": "Retain",
        }
        (claim,) = stateful["spec"]["volumeClaimTemplates"]
        (mount,) = (mount for mount in server(documents)["containers"][0]["volumeMounts"] if mount["name"] == "audit")
        assert (claim["metadata"]["name"], mount["mountPath"]) == ("audit", "/var/lib/audit")


def test_pods_spread_over_zones_and_hosts(documents: list[Document]) -> None:
    deployment = workload(documents)
    constraints = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert {entry["topologyKey"] for entry in constraints} == {
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    }
    for entry in constraints:
        assert entry["labelSelector"] == deployment["spec"]["selector"]


def test_a_disruption_leaves_pods_and_never_blocks(documents: list[Document]) -> None:
    deployment = workload(documents)
    scaled = of_kind(documents, "HorizontalPodAutoscaler")
    fewest = scaled[0]["spec"]["minReplicas"] if scaled else deployment["spec"]["replicas"]
    budgets = of_kind(documents, "PodDisruptionBudget")
    assert len(budgets) == (1 if fewest > 1 else 0)
    for budget in budgets:
        assert selects(budget, deployment["spec"]["template"]["metadata"]["labels"])
        assert 1 <= budget["spec"]["maxUnavailable"] < fewest
        assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_an_autoscaler_owns_the_number_of_pods(documents: list[Document]) -> None:
    scaled = bool(of_kind(documents, "HorizontalPodAutoscaler"))
    assert ("replicas" in workload(documents)["spec"]) is not scaled


def test_only_listed_traffic_is_allowed(documents: list[Document]) -> None:
    policies = of_kind(documents, "NetworkPolicy")
    for labels, _ in pods(documents):
        if labels["app.kubernetes.io/component"] == "test":
            continue
        (policy,) = (policy for policy in policies if selects(policy, labels))
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
        # A rule without peers allows every peer; one without ports allows every port.
        for way, peers in (("ingress", "from"), ("egress", "to")):
            for rule in policy["spec"].get(way, ()):
                assert rule[peers]
                assert rule["ports"]
                assert all(peer for peer in rule[peers])


def test_internet_egress_excludes_private_networks(documents: list[Document]) -> None:
    blocks = [
        peer["ipBlock"]
        for policy in of_kind(documents, "NetworkPolicy")
        for rule in policy["spec"]["egress"]
        for peer in rule["to"]
        if "ipBlock" in peer
    ]
    assert blocks
    for block in blocks:
        if block["cidr"] == "0.0.0.0/0":
            assert {METADATA_SERVICE, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"} <= set(block["except"])
        elif block["cidr"] == "::/0":
            assert {"fc00::/7", "fe80::/10"} <= set(block["except"])


def test_the_ingress_has_the_endpoint_its_metadata_and_the_page_only(documents: list[Document]) -> None:
    paths = {
        path["path"]
        for ingress in of_kind(documents, "Ingress")
        for rule in ingress["spec"]["rules"]
        for path in rule["http"]["paths"]
    } | {
        match["path"]["value"]
        for route in of_kind(documents, "HTTPRoute")
        for rule in route["spec"]["rules"]
        for match in rule["matches"]
    }
    assert paths <= {"/", "/portal", "/mcp", "/mcp/", "/.well-known/oauth-protected-resource"}


@pytest.mark.parametrize("on", [False, True])
def test_paths_of_old_clients_are_passed_on_by_their_setting(render: Any, *, on: bool) -> None:
    documents = render({"ingress": {"enabled": True, "hosts": ["mcp.example.com"]}, "settings": {"sse": on}})
    (rule,) = (rule for ingress in of_kind(documents, "Ingress") for rule in ingress["spec"]["rules"])
    paths = {path["path"] for path in rule["http"]["paths"]}
    assert ({"/sse", "/messages"} <= paths) is on


def test_the_ingress_does_not_buffer_event_streams(documents: list[Document]) -> None:
    for ingress in of_kind(documents, "Ingress"):
        annotations = ingress["metadata"]["annotations"]
        assert annotations["nginx.ingress.kubernetes.io/proxy-buffering"] == "off"
        assert int(annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"]) >= 3600
        # Every call is a POST, which nginx repeats only with `non_idempotent`.
        assert annotations["nginx.ingress.kubernetes.io/proxy-next-upstream"] == "error non_idempotent http_503"
    for route in of_kind(documents, "HTTPRoute"):
        for rule in route["spec"]["rules"]:
            assert rule["timeouts"] == {"request": "0s", "backendRequest": "0s"}

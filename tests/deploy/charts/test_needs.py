"""Every entry of helm/needs.yaml: its values render objects that serve it and that every Kubernetes accepts."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is missing: `make charts` installs it")

from devkit.charts.kinds import VERSIONS, Kinds
from devkit.charts.needs import Need, needs
from devkit.charts.rendering import Charts, Values
from devkit.settings import WORKSPACE
from devkit.workspace.services import discover

from .objects import Rendered, job, main, mounted_items, of_kind, pods, server, the, variables, workload

NEEDS = {need.title: need for need in needs(WORKSPACE)}
KINDS = Kinds(WORKSPACE / "helm" / "kinds")
SERVERS = discover(WORKSPACE)
CASES = [(need, each.name) for need in NEEDS.values() for each in SERVERS if each.database or not need.database]
SHOWN: dict[str, Callable[[Rendered], None]] = {}


def shows(title: str) -> Callable[[Callable[[Rendered], None]], Callable[[Rendered], None]]:
    """Marks the check of a need's objects."""

    def marked(check: Callable[[Rendered], None]) -> Callable[[Rendered], None]:
        SHOWN[title] = check
        return check

    return marked


@shows("A Secret and key for each credential")
def _(documents: Rendered) -> None:
    for spec in documents.specs:
        items = {item["path"]: (item["name"], item["key"]) for item in mounted_items(spec, "secrets")}
        assert items["redis_url"] == ("valkey", "url")
        assert items["state_keys"] == ("keys", "state")
        assert items["audit_anchor_keys"] == (documents.chart, "audit_anchor_keys")
        assert variables(main(spec))[f"{documents.prefix}_REDIS_URL_FILE"] == "/run/secrets/server/redis_url"


@shows("The owner's credential from a Secret of another tool")
def _(documents: Rendered) -> None:
    spec = job(documents)["spec"]
    (item,) = mounted_items(spec, "owner")
    assert item == {"name": "orders-db-superuser", "key": "uri", "path": "owner_url"}
    assert variables(main(spec))[f"{documents.prefix}_OWNER_URL_FILE"] == "/run/secrets/owner/owner_url"
    assert all(volume["name"] != "owner" for volume in server(documents)["volumes"])


@shows("Credentials as files of a Vault agent, also for Jobs")
def _(documents: Rendered) -> None:
    for template in (workload(documents)["spec"]["template"], *documents.migrations):
        spec = template["spec"]
        assert variables(main(spec))[f"{documents.prefix}_REDIS_URL_FILE"] == "/vault/secrets/redis_url"
        assert "redis_url" not in {item["path"] for item in mounted_items(spec, "secrets")}
        assert spec["automountServiceAccountToken"] is True
        assert template["metadata"]["annotations"]["vault.hashicorp.com/agent-inject"] == "true"


@shows("Credentials as files of the Secrets Store CSI driver")
def _(documents: Rendered) -> None:
    for spec in documents.specs:
        assert variables(main(spec))[f"{documents.prefix}_REDIS_URL_FILE"] == "/mnt/store/redis_url"
        assert {"name": "store", "mountPath": "/mnt/store", "readOnly": True} in main(spec)["volumeMounts"]
        (volume,) = (volume["csi"] for volume in spec["volumes"] if volume["name"] == "store")
        assert volume["driver"] == "secrets-store.csi.k8s.io"


@shows("Variables, also from Secrets, ConfigMaps and fields")
def _(documents: Rendered) -> None:
    for spec in documents.specs:
        found = variables(main(spec))
        assert found["HTTPS_PROXY"] == "http://proxy:3128"
        assert found["NODE"] == {"fieldRef": {"fieldPath": "spec.nodeName"}}
        assert main(spec)["envFrom"] == [{"configMapRef": {"name": "site"}}, {"secretRef": {"name": "extra"}}]


@shows("Init containers and sidecars")
def _(documents: Rendered) -> None:
    (proxy,), (own, shipper) = (server(documents)[kind] for kind in ("initContainers", "containers"))
    assert (proxy["name"], proxy["restartPolicy"], shipper["name"]) == ("proxy", "Always", "log-shipper")
    assert proxy["securityContext"] == shipper["securityContext"] == own["securityContext"]


@shows("A database proxy beside the migration")
def _(documents: Rendered) -> None:
    (proxy,) = job(documents)["spec"]["initContainers"]
    assert (proxy["name"], proxy["restartPolicy"]) == ("proxy", "Always")
    assert "initContainers" not in server(documents)


@shows("Further volumes and objects")
def _(documents: Rendered) -> None:
    (extra,) = (one for one in of_kind(documents, "ConfigMap") if one["metadata"]["name"] == f"{documents.chart}-extra")
    assert extra["data"] == {"key": "value"}
    for spec in documents.specs:
        assert {"name": "authority", "configMap": {"name": "authority"}} in spec["volumes"]
        assert "/etc/authority" in {mount["mountPath"] for mount in main(spec)["volumeMounts"]}


@shows("An existing service account, also for the migration")
def _(documents: Rendered) -> None:
    assert of_kind(documents, "ServiceAccount") == []
    assert {spec["serviceAccountName"] for spec in documents.specs} == {"workload"}


@shows("Service accounts with a cloud's roles, one for servers and one for Jobs")
def _(documents: Rendered) -> None:
    accounts = {one["metadata"]["name"]: one["metadata"]["annotations"] for one in of_kind(documents, "ServiceAccount")}
    role = "eks.amazonaws.com/role-arn"
    assert accounts[server(documents)["serviceAccountName"]][role].endswith("role/orders")
    own = accounts[job(documents)["spec"]["serviceAccountName"]]
    assert own[role].endswith("role/orders-owner")
    assert (own["helm.sh/hook"], own["helm.sh/hook-weight"]) == ("pre-install,pre-upgrade", "-10")


@shows("OpenShift (restricted-v2), where it is not detected")
def _(documents: Rendered) -> None:
    for _, spec in pods(documents):
        assert spec["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
        assert main(spec)["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    for policy in of_kind(documents, "NetworkPolicy"):
        assert {port["port"] for port in policy["spec"]["egress"][0]["ports"]} == {5353}


@shows("Another user and security context")
def _(documents: Rendered) -> None:
    for _, spec in pods(documents):
        context = spec["securityContext"]
        assert (context["runAsUser"], context["fsGroup"], context["supplementalGroups"]) == (20000, 20000, [3000])
        assert "runAsGroup" not in context
        assert main(spec)["securityContext"]["readOnlyRootFilesystem"] is True
        assert main(spec)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


@shows("IPv6, or IPv6 and IPv4")
def _(documents: Rendered) -> None:
    found = variables(main(server(documents)))
    assert found[f"{documents.prefix}_HOST"] == found[f"{documents.prefix}_METRICS_HOST"] == "::"
    spec = the(documents, "Service")["spec"]
    assert (spec["ipFamilyPolicy"], spec["ipFamilies"]) == ("PreferDualStack", ["IPv6", "IPv4"])


@shows("A DNS cache on the node, and a resolver of its own")
def _(documents: Rendered) -> None:
    for _, spec in pods(documents):
        assert (spec["dnsPolicy"], spec["dnsConfig"]["nameservers"]) == ("None", ["169.254.20.10"])
    for policy in of_kind(documents, "NetworkPolicy"):
        assert policy["spec"]["egress"][0]["to"] == [{"ipBlock": {"cidr": "169.254.20.10/32"}}]


@shows("Own topology spread constraints")
def _(documents: Rendered) -> None:
    (constraint,) = server(documents)["topologySpreadConstraints"]
    given = {"topologyKey": "example.com/rack", "maxSkew": 2, "whenUnsatisfiable": "DoNotSchedule"}
    assert constraint.items() >= {**given, "labelSelector": workload(documents)["spec"]["selector"]}.items()


@shows("Affinity, priority, tolerations and node selector, with others for Jobs")
def _(documents: Rendered) -> None:
    serving, batch = server(documents), the(documents, "Pod")["spec"]
    assert serving["affinity"]["podAntiAffinity"]
    assert "affinity" not in batch
    assert (serving["priorityClassName"], batch["priorityClassName"]) == ("serving", "batch")
    assert (serving["nodeSelector"], batch["nodeSelector"]) == ({"pool": "serving"}, {"pool": "batch"})
    assert serving["tolerations"] == batch["tolerations"]
    assert serving["tolerations"][0]["key"] == "dedicated"


@shows("Probes with other timing")
def _(documents: Rendered) -> None:
    container = main(server(documents))
    ready = container["readinessProbe"]
    assert (ready["periodSeconds"], ready["failureThreshold"], ready["httpGet"]["path"]) == (5, 1, "/ready")
    assert container["startupProbe"]["failureThreshold"] == 120


@shows("Autoscaling on CPU, memory and a custom metric")
def _(documents: Rendered) -> None:
    spec = the(documents, "HorizontalPodAutoscaler")["spec"]
    resources = {entry["resource"]["name"]: entry["resource"]["target"] for entry in spec["metrics"][:2]}
    assert (resources["cpu"]["averageUtilization"], resources["memory"]["averageUtilization"]) == (70, 80)
    assert spec["metrics"][2]["pods"]["metric"] == {"name": "mcp_calls_running"}
    assert spec["behavior"]["scaleUp"]["policies"][0]["value"] == 100
    assert spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 300
    assert "replicas" not in workload(documents)["spec"]


@shows("Another autoscaler, such as KEDA, owns the number of pods")
def _(documents: Rendered) -> None:
    assert "replicas" not in workload(documents)["spec"]
    assert of_kind(documents, "HorizontalPodAutoscaler") == []
    assert "of-the-autoscaler" in {one["metadata"]["name"] for one in of_kind(documents, "PodDisruptionBudget")}


@shows("Requests below limits")
def _(documents: Rendered) -> None:
    requests = {"cpu": "100m", "memory": "256Mi", "ephemeral-storage": "1Gi"}
    assert main(server(documents))["resources"] == {"requests": requests, "limits": {"cpu": "2", "memory": "1Gi"}}
    for migration in documents.migrations:
        assert main(migration["spec"])["resources"]["limits"] == {"memory": "512Mi"}


@shows("Several hosts with TLS, and the cluster's default ingress class")
def _(documents: Rendered) -> None:
    spec = the(documents, "Ingress")["spec"]
    assert "ingressClassName" not in spec
    hosts = [rule["host"] for rule in spec["rules"]]
    assert hosts == ["tools.example.com", "tools.internal.example.com"]
    assert [entry["secretName"] for entry in spec["tls"]] == ["public", "internal"]
    assert variables(main(server(documents)))[f"{documents.prefix}_ALLOWED_HOSTS"] == " ".join(hosts)


@shows("A Gateway (Gateway API) with several hostnames")
def _(documents: Rendered) -> None:
    spec = the(documents, "HTTPRoute")["spec"]
    assert spec["hostnames"] == ["tools.example.com", "tools.internal.example.com"]
    assert [parent["name"] for parent in spec["parentRefs"]] == ["public", "internal"]
    assert "tools.internal.example.com" in variables(main(server(documents)))[f"{documents.prefix}_ALLOWED_HOSTS"]


@shows("A Service on the nodes")
def _(documents: Rendered) -> None:
    outside, inside = of_kind(documents, "Service")
    assert (outside["spec"]["type"], outside["spec"]["externalTrafficPolicy"]) == ("NodePort", "Local")
    assert [(port["name"], port["nodePort"]) for port in outside["spec"]["ports"]] == [("http", 30080)]
    assert (inside["metadata"]["name"], inside["spec"]["type"]) == (f"{documents.chart}-metrics", "ClusterIP")


@shows("A load balancer")
def _(documents: Rendered) -> None:
    outside, inside = of_kind(documents, "Service")
    assert (outside["spec"]["type"], outside["spec"]["loadBalancerClass"]) == ("LoadBalancer", "service.k8s.aws/nlb")
    assert outside["spec"]["loadBalancerSourceRanges"] == ["192.0.2.0/24"]
    assert outside["metadata"]["annotations"]["service.beta.kubernetes.io/aws-load-balancer-scheme"] == "internal"
    assert [port["port"] for port in outside["spec"]["ports"]] == [8080], "metrics are not for the outside"
    assert [port["name"] for port in inside["spec"]["ports"]] == ["metrics"]
    # The rules select the job by the name of the release, and Prometheus names a job after the Service.
    (endpoint,) = the(documents, "ServiceMonitor")["spec"]["endpoints"]
    assert endpoint["relabelings"] == [{"targetLabel": "job", "replacement": documents.chart}]
    assert f'"{documents.chart}", 8080' in main(the(documents, "Pod")["spec"])["args"][0]


@shows("Labels and annotations on every object")
def _(documents: Rendered) -> None:
    kinds = {document["kind"] for document in documents}
    assert {"ServiceMonitor", "PrometheusRule", "ExternalSecret", "Pod", "ServiceAccount"} <= kinds
    for document in documents:
        labels, annotations = document["metadata"]["labels"], document["metadata"]["annotations"]
        assert (labels["team"], labels["app.kubernetes.io/part-of"]) == ("shop", "shop"), document["metadata"]["name"]
        assert annotations["example.com/owner"] == "shop"
    assert all(labels["team"] == "shop" for labels, _ in pods(documents))
    assert "team" not in workload(documents)["spec"]["selector"]["matchLabels"], "a selector is immutable"
    assert workload(documents)["metadata"]["annotations"]["reloader.stakater.com/auto"] == "true"
    for found in of_kind(documents, "Job"):
        assert found["metadata"]["annotations"]["helm.sh/hook"]


@shows("Names of objects")
def _(documents: Rendered) -> None:
    for metadata in (document["metadata"] for document in documents):
        assert metadata["name"].partition("-")[0] == "tools"
        assert metadata["labels"]["app.kubernetes.io/name"] == "shop-tools"
    assert f"{documents.prefix}_PUBLIC_URL" in variables(main(server(documents)))


@shows("One registry and pull secret for all charts")
def _(documents: Rendered) -> None:
    for _, spec in pods(documents):
        assert main(spec)["image"].startswith(f"mirror.example.com/mcp/mcp-{documents.chart}:")
        assert spec["imagePullSecrets"] == [{"name": "mirror"}, {"name": "registry"}]


@shows("The policy from an existing ConfigMap")
def _(documents: Rendered) -> None:
    (volume,) = (volume for volume in server(documents)["volumes"] if volume["name"] == "policy")
    assert volume["configMap"] == {"name": "team-policies"}
    assert variables(main(server(documents)))[f"{documents.prefix}_POLICY_FILE"] == "/etc/policy"
    assert of_kind(documents, "ConfigMap") == []


def test_every_need_is_checked() -> None:
    assert SHOWN.keys() == NEEDS.keys()


@pytest.mark.parametrize(("need", "chart"), CASES, ids=[f"{chart}: {need.title}" for need, chart in CASES])
def test_need_is_served(need: Need, chart: str, charts: Charts, tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(need.values), encoding="utf-8")
    documents = Rendered(charts.render(chart, Values("given", file)))
    documents.chart = chart
    SHOWN[need.title](documents)
    # The other charts have the same templates.
    for version in VERSIONS if chart == "orders" else (VERSIONS[0], VERSIONS[-1]):
        assert [problem for document in documents for problem in KINDS.problems(document, version)] == []

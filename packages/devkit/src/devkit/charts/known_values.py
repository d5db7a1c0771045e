"""The names of a chart's values, by which its templates refuse an unknown one and name the nearest."""

from collections.abc import Mapping
from typing import Any, Final

from devkit.charts.values import OWNER_SECRETS, SET_BY_THE_CHART, Schema, kinds_of_settings
from servicekit.settings import ServiceSettings

OTHER_NAMES: Final = {
    "annotations": "deploymentAnnotations",
    "autoscaling.cpuPercent": "autoscaling.targetCPUUtilizationPercentage",
    "autoscaling.targetCPU": "autoscaling.targetCPUUtilizationPercentage",
    "autoscaling.targetMemory": "autoscaling.targetMemoryUtilizationPercentage",
    "audit.monthly.environment": "audit.monthly.env",
    "audit.monthly.secret": "audit.monthly.envFrom",
    "containerSecurityContext": "securityContext",
    "config": "settings",
    "environment": "env",
    "existingSecret": "secrets.name",
    "extraDeploy": "extraObjects",
    "extraEnv": "env",
    "extraEnvVars": "env",
    "extraEnvVarsCM": "envFrom",
    "extraEnvVarsSecret": "envFrom",
    "extraContainers": "sidecars",
    "extraInitContainers": "initContainers",
    "extraManifests": "extraObjects",
    "gateway": "httpRoute",
    "hpa": "autoscaling",
    "image.name": "image.repository",
    "image.pullSecrets": "imagePullSecrets",
    "ingress.hostname": "ingress.hosts",
    "ingress.ingressClassName": "ingress.className",
    "ingress.tlsSecret": "ingress.tls",
    "manifests": "extraObjects",
    "pdb": "disruptionBudget",
    "podDisruptionBudget": "disruptionBudget",
    "metrics.serviceMonitor.additionalLabels": "metrics.serviceMonitor.labels",
    "replicaCount": "replicas",
    "route": "httpRoute",
    "secrets.existingSecret": "secrets.name",
    "serviceMonitor": "metrics.serviceMonitor",
    "volumeMounts": "extraVolumeMounts",
    "volumes": "extraVolumes",
}
"""Values as other charts, and this one before, name them."""

_NETWORK: Final = "pods keep networks of their own. To reach the server on the nodes, set service.type to NodePort"
_PATHS: Final = "the paths are the server's: its endpoint, OAuth metadata and page. List names under ingress.hosts"
_SHUTDOWN: Final = "the chart sets it, as the server's graceful shutdown needs it"
INSTEAD: Final = {
    "args": "the chart says which command of the image runs",
    "command": "the chart says which command of the image runs",
    "hostIPC": "pods keep processes of their own",
    "hostNetwork": _NETWORK,
    "hostPID": "pods keep processes of their own",
    "hostPort": _NETWORK,
    "ingress.path": _PATHS,
    "ingress.pathType": _PATHS,
    "ingress.paths": _PATHS,
    "lifecycle": _SHUTDOWN,
    "persistence": "only audit files need a volume: set audit.size and audit.storageClass",
    "rbac": "the server does not call Kubernetes. Add roles for your own containers under extraObjects",
    "service.targetPort": "the chart sets it. The port of the Service is service.port",
    "strategy": "the chart sets it: one pod at a time is replaced",
    "terminationGracePeriodSeconds": _SHUTDOWN,
    "updateStrategy": "the chart sets it: one pod at a time is replaced",
}
"""What to do in place of values of other charts that have no counterpart."""

_IN_EDITORS: Final = {"deprecationMessage": "The chart refuses this: it is not one of its values."}
"""Editors (yaml-language-server) show this at an unknown value. Helm accepts it, and the templates refuse it."""


def known_values(schema: Schema, settings_type: type[ServiceSettings], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """What the templates must know to refuse a value by name: the content of ``values.keys.json``.

    Objects of `schema` become open for unknown names, since Helm validates the schema before the templates speak.

    Returns:
        `values`, the names as a tree: null is a value of any form, ``*`` stands for every name. `defaults`, with which
        unused values are found. `otherNames` and `instead`. `elsewhere`: settings that are not written under
        `settings`.
    """
    _, secrets, paths = kinds_of_settings(settings_type)
    elsewhere = dict.fromkeys(secrets, "it is a credential. Put it into a Secret, and its name into secrets.keys")
    elsewhere |= dict.fromkeys(
        OWNER_SECRETS, "it is the owner's. Put it into the Secret of the migration (migration.keys)"
    )
    elsewhere |= dict.fromkeys(paths, "it names a file. Put the file into the Secret, and this name into secrets.files")
    elsewhere |= dict.fromkeys(sorted(SET_BY_THE_CHART), "the chart sets it")
    return {
        "values": _opened(schema, schema),
        "defaults": {name: value for name, value in defaults.items() if name != "settings"},
        "otherNames": OTHER_NAMES,
        "instead": INSTEAD,
        "elsewhere": dict(sorted(elsewhere.items())),
    }


def _opened(schema: Schema, root: Schema) -> dict[str, Any] | None:
    """The tree of names in an object's schema, which becomes open for others."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "properties" in schema:
        closed = schema.get("additionalProperties") in (False, _IN_EDITORS)
        names = {name: _opened(inner, root) for name, inner in schema["properties"].items()}
        if closed:
            schema["additionalProperties"] = _IN_EDITORS
        return names if closed else None
    if "then" in schema:
        return _opened(schema["then"], root)
    inner = schema.get("additionalProperties")
    if isinstance(inner, dict) and (each := _opened(inner, root)) is not None:
        if "enum" in (names := schema.get("propertyNames", {})):
            return dict.fromkeys(schema.pop("propertyNames")["enum"], each)
        return {"*": each}
    return None

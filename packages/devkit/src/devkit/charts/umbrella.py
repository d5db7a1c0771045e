"""Generates `helm/fleet`, the umbrella chart: every server with a switch, values that all share, and a first try."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from devkit.charts.alerts import alert_names
from devkit.charts.rendering import LIBRARY, UMBRELLA
from devkit.charts.values import Schema, values_schema
from devkit.workspace.services import ServiceDescription
from servicekit.settings import ServiceSettings

_OF_ONE_SERVER: Final = (
    *("enabled", "global", LIBRARY, "nameOverride", "fullnameOverride"),
    *("settings.public_url", "secrets.name", "migration.secret", "service.nodePort", "service.clusterIP"),
    *("ingress.hosts", "httpRoute.hostnames"),
)
"""Values that two servers cannot share."""


def umbrella_texts(workspace: Path, services: Sequence[ServiceDescription]) -> Iterator[tuple[Path, str]]:
    """Path and content of every generated file of the umbrella chart."""
    folder = workspace / "helm" / UMBRELLA
    ordered = sorted(services, key=lambda service: service.name)
    yield folder / "Chart.yaml", _description(ordered)
    yield folder / "values.yaml", _values(workspace, ordered)
    alerts = alert_names(workspace / "shared" / "prometheus" / "rules.yaml")
    schema = umbrella_schema(workspace / "helm" / LIBRARY, alerts, ordered)
    yield folder / "values.schema.json", json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    yield folder / "values-first-try.yaml", _first_try(ordered)
    yield folder / "templates" / "_servers.tpl", _servers(ordered)
    yield folder / "README.md", _page(ordered)
    # A chart can read its own files only.
    yield folder / "dashboard.json", (workspace / "shared" / "grafana" / "fleet.json").read_text(encoding="utf-8")


def umbrella_schema(library: Path, alerts: Sequence[str], services: Sequence[ServiceDescription]) -> Schema:
    """The JSON Schema of the umbrella's values. Helm validates each server's own with the schema of its chart."""
    servers = values_schema(library, alerts, ServiceSettings)
    definitions = servers.pop("$defs")
    of_all: Schema = servers["properties"]["global"]
    for path in _OF_ONE_SERVER:
        _remove(servers["properties"], path.split("."))
    servers["properties"]["settings"].pop("required", None)
    return {
        "$schema": servers["$schema"],
        "type": "object",
        "additionalProperties": False,
        "$defs": definitions,
        "properties": {
            "global": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    **of_all.get("properties", {}),
                    "servers": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": servers["properties"],
                        "description": "Values of every server. A server's own value wins.",
                    },
                    "firstTry": _FIRST_TRY,
                },
            },
            "dashboard": _DASHBOARD,
            **{service.name: _server(service) for service in services},
        },
    }


def _remove(properties: dict[str, Any], path: Sequence[str]) -> None:
    name, *rest = path
    if not rest:
        properties.pop(name, None)
    elif name in properties:
        _remove(properties[name]["properties"], rest)


def _server(service: ServiceDescription) -> Schema:
    return {
        "type": "object",
        "properties": {"enabled": {"type": "boolean", "description": "Install this server."}},
        "description": f"Whether to install the {service.title} server, and its values.",
    }


_IMAGE: Final[Schema] = {"type": "string", "minLength": 1, "description": "Image of the store."}
_FIRST_TRY: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "description": "Stores, passwords and an API key for a first try.",
    "properties": {
        "enabled": {"type": "boolean", "description": "Install them. values-first-try.yaml fits the servers to them."},
        "postgres": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "image": _IMAGE,
                "size": {"type": "string", "pattern": "^[0-9]+(Mi|Gi|Ti)$", "description": "Size of its volume."},
                "storageClass": {"type": "string", "description": "Its storage class. Empty: the cluster's default."},
            },
        },
        "valkey": {"type": "object", "additionalProperties": False, "properties": {"image": _IMAGE}},
    },
}

_TEXTS: Final[Schema] = {"type": "object", "additionalProperties": {"type": "string"}}
_DASHBOARD: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "description": "The dashboard as a ConfigMap, for Grafana's sidecar.",
    "properties": {
        "enabled": {"type": "boolean", "description": "Install it."},
        "namespace": {"type": "string", "description": "Its namespace. Empty: that of the release."},
        "labels": {**_TEXTS, "description": "Labels by which the sidecar finds it."},
        "annotations": {**_TEXTS, "description": "Its annotations, such as `grafana_folder`."},
    },
}


def _description(services: Sequence[ServiceDescription]) -> str:
    dependencies = "".join(
        f"  - name: {service.name}\n"
        f'    version: ">=0.1.0"\n'
        f"    repository: file://../{service.name}\n"
        f"    condition: {service.name}.enabled\n"
        for service in services
    )
    return f"""# Written by `make reference`.
apiVersion: v2
name: {UMBRELLA}
description: All MCP servers, or some of them
type: application
version: 0.1.0
kubeVersion: ">=1.30.0-0"
dependencies:
{dependencies}"""


def _values(workspace: Path, services: Sequence[ServiceDescription]) -> str:
    containers = yaml.safe_load((workspace / "compose.yaml").read_text(encoding="utf-8"))["services"]
    switches = "".join(f"\n{service.name}:\n  enabled: true\n" for service in services)
    return f"""# Written by `make reference`.
global:
  imageRegistry: ""
  imagePullSecrets: []
  # Values of every server, as in its own chart. A server's own value wins.
  servers: {{}}
  # Stores, passwords and an API key for a first try: see values-first-try.yaml.
  firstTry:
    enabled: false
    postgres:
      image: {containers["postgres"]["image"]}
      size: 1Gi
      storageClass: ""
    valkey:
      image: {containers["valkey"]["image"]}

# The dashboard as a ConfigMap, which the sidecar of Grafana's chart finds by this label.
dashboard:
  enabled: false
  namespace: ""
  labels: {{grafana_dashboard: "1"}}
  annotations: {{}}
{switches}"""


def _first_try(services: Sequence[ServiceDescription]) -> str:
    return f"""# Written by `make reference`. For a first try on a plain cluster, where nothing else has to
# exist. Not for real data: one Postgres and one Valkey without copies, and an API key that may do everything. It needs
# Helm itself, which keeps the generated passwords over upgrades. Argo CD would change them with each rendering.
global:
  firstTry: {{enabled: true}}
  servers:
    replicas: 1
    settings: {{issuer: ""}}
    secrets: {{files: [api_keys_file]}}
    migration: {{as: job, keys: [owner_url, owner_password]}}
    resources:
      requests: {{cpu: 50m, memory: 256Mi}}
      limits: {{memory: 256Mi}}
    disruptionBudget: {{enabled: false}}
    metrics: {{enabled: false}}
{"".join(map(_first_try_of, services))}"""


def _first_try_of(service: ServiceDescription) -> str:
    passwords = ("reader_url", "reader_password", "writer_url", "writer_password") if service.database else ()
    keys = ", ".join(("state_keys", "audit_anchor_keys", "redis_url", *passwords))
    return f"""
{service.name}:
  settings: {{public_url: "http://localhost:{service.port}/mcp"}}  # through `kubectl port-forward`
  secrets: {{keys: [{keys}]}}
"""


def _servers(services: Sequence[ServiceDescription]) -> str:
    lines = "".join(
        f"{service.name}: {{port: {service.port}, scopes: [{', '.join(map(json.dumps, service.scopes))}]}}\n"
        for service in services
    )
    return f"""{{{{/* Written by `make reference`: ports for `kubectl port-forward`, and scopes of the API key. */}}}}
{{{{- define "{UMBRELLA}.servers" -}}}}
{lines}{{{{- end }}}}
"""


def _page(services: Sequence[ServiceDescription]) -> str:
    names = " ".join(service.name for service in services)
    switched = "\n".join(
        f"| `{service.name}` | `enabled: true` | {service.description or service.title}. "
        f"Its other values are those of [its chart](../{service.name}/README.md). |"
        for service in services
    )
    return f"""# Chart of the fleet

<!-- Written by `make reference`. -->

All servers in one release, or some of them.

<!-- not run: needs a cluster; `make charts` renders the charts -->
```sh
for name in {names} {UMBRELLA}; do helm dependency build helm/$name; done
helm upgrade --install mcp helm/{UMBRELLA} --values your-values.yaml
helm test mcp
```

[docs/deploying.md](../../docs/deploying.md#all-servers-at-once) describes shared values, and a first try with bundled
stores.

| value | default | meaning |
|---|---|---|
| `global.servers` | | Values of every server, such as `settings.issuer`. A server's own value wins. |
| `global.imageRegistry` | | Registry of all images of servers. |
| `global.imagePullSecrets` | | Pull secrets of all pods. |
| `global.firstTry.enabled` | `false` | Install stores, passwords and an API key for a first try. |
| `dashboard.enabled` | `false` | Install the dashboard as a ConfigMap for Grafana's sidecar. |
| `dashboard.namespace` | | Its namespace. Empty: that of the release. |
| `dashboard.labels` | `{{"grafana_dashboard": "1"}}` | Labels by which the sidecar finds it. |
| `dashboard.annotations` | | Its annotations, such as `grafana_folder`. |
{switched}
"""

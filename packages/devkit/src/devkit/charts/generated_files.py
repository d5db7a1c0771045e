"""Generates the charts: every server's own, and the library's alert rules and graceful shutdown numbers."""

import json
from collections.abc import Iterator
from pathlib import Path

import yaml

from devkit.charts.alerts import alert_names, rules_template
from devkit.charts.known_values import known_values
from devkit.charts.rendering import LIBRARY
from devkit.charts.umbrella import umbrella_texts
from devkit.charts.values import merged, server_secrets, shared_defaults, values_schema, values_table
from devkit.workspace.composition import has_audit_file, settings_type_of
from devkit.workspace.services import ServiceDescription, discover
from servicekit.http.shutdown import GRACE_SECONDS, PRE_STOP_SECONDS
from servicekit.storage.postgres.login.version import NEWEST, OLDEST


def chart_texts(workspace: Path) -> Iterator[tuple[Path, str]]:
    """Path and content of every generated file of the charts."""
    folder = workspace / "helm"
    library = folder / LIBRARY
    yield library / "templates" / "_numbers.tpl", _numbers()
    rules = workspace / "shared" / "prometheus" / "rules.yaml"
    yield library / "templates" / "_alert_rules.tpl", rules_template(rules)
    services, alerts = discover(workspace), alert_names(rules)
    yield from umbrella_texts(workspace, services)
    for service in services:
        chart = folder / service.name
        settings_type = settings_type_of(service.name)
        schema, values = values_schema(library, alerts, settings_type), _values(service)
        defaults = merged(shared_defaults(library), yaml.safe_load(values))
        known = known_values(schema, settings_type, defaults)
        yield chart / "values.keys.json", json.dumps(known, indent=1, ensure_ascii=False) + "\n"
        yield chart / "Chart.yaml", _description(service)
        yield chart / "values.yaml", values
        yield chart / "values.schema.json", json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        yield chart / "README.md", _page(service, values_table(schema, defaults))
        yield chart / "templates" / "all.yaml", '{{ include "mcp-library.all" . }}\n'
        notes = '{{ include "mcp-library.withValues" (list . "mcp-library.notes") }}\n'
        yield chart / "templates" / "NOTES.txt", notes


def _description(service: ServiceDescription) -> str:
    version = service.version
    return f"""# Written by `make reference`.
apiVersion: v2
name: {service.name}
description: {service.title} MCP server
type: application
version: {version}
appVersion: {version}
kubeVersion: ">=1.30.0-0"
dependencies:
  - name: mcp-library
    version: ">=0.1.0"
    repository: file://../mcp-library
"""


def _values(service: ServiceDescription) -> str:
    text = f"""# Written by `make reference`: what differs from the other servers. README.md lists every value.
settings:
  public_url: https://{service.name}.example.com/mcp

secrets:
  keys: [{", ".join(server_secrets(service))}]
"""
    if has_audit_file(service.name):
        text += _AUDIT
    if service.database:
        text += _DATABASE
    return text


_AUDIT = """
audit:
  enabled: true
"""
_DATABASE = """
migration:
  enabled: true

networkPolicy:
  to:
    postgres:
      ports: [5432]
      peers:
        - podSelector: {matchLabels: {app.kubernetes.io/name: postgres}}
"""


def _numbers() -> str:
    numbers = {
        "port": 8000,
        "metricsPort": 9000,
        "preStopSeconds": PRE_STOP_SECONDS,
        "graceSeconds": GRACE_SECONDS,
    }
    lines = [f'{{{{- define "mcp-library.{name}" -}}}}{number}{{{{- end }}}}' for name, number in numbers.items()]
    return "\n".join(["{{/* Written by `make reference` from the kit's graceful shutdown. */}}", *lines, ""])


def _page(service: ServiceDescription, table: str) -> str:
    name = service.name
    stores = f"PostgreSQL {OLDEST} to {NEWEST}, and Redis or Valkey" if service.database else "Redis or Valkey"
    return f"""# Chart of {name}

<!-- Written by `make reference`. -->

<!-- not run: needs a cluster; `make charts` renders the chart -->
```sh
helm dependency build helm/{name}
helm upgrade --install {name} helm/{name} --values your-values.yaml
helm test {name}
```

[docs/deploying.md](../../docs/deploying.md) describes how to deploy and explains the values. `settings` accepts every
[setting of the server](../../services/{name}/README.md#settings) except secrets, in lower case and without prefix.
Needs {stores} ([tested versions](../../docs/deploying.md#versions-of-the-stores)).

{table}
"""

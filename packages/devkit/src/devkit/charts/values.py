"""The values of a chart: their schema, from the library chart and the server's settings, and their table."""

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from devkit.workspace.composition import settings_type_of
from devkit.workspace.secret_settings import is_secret
from devkit.workspace.services import ServiceDescription
from servicekit.access.policy_file import policy_schema
from servicekit.settings import ServiceSettings

Schema = dict[str, Any]

OWNER_SECRETS = ("owner_url", "owner_password")
"""Secrets of the migration and audit jobs only."""

_LONGEST_DEFAULT = 90

SET_BY_THE_CHART = {"host", "port", "metrics_host", "metrics_port", "policy_file", "audit_file"}
_NOT_IN_A_CLUSTER = ("stdio_", "tls_")
"""A pod has no terminal, and TLS ends at the ingress."""


def values_schema(library: Path, alerts: Sequence[str], settings_type: type[ServiceSettings]) -> Schema:
    """The JSON Schema of a chart's values.

    Args:
        library: the folder of the library chart.
        alerts: the names of all alerts.
        settings_type: the settings of the server that the chart installs.
    """
    schema: Schema = yaml.safe_load((library / "schema.yaml").read_text(encoding="utf-8"))
    properties = schema["properties"]
    settings, secrets, paths = kinds_of_settings(settings_type)
    properties["settings"]["properties"] = {
        name: {**described, **properties["settings"]["properties"].get(name, {})}
        for name, described in settings.items()
    }
    properties["secrets"]["properties"]["keys"]["items"] = {
        "enum": [name for name in secrets if name not in OWNER_SECRETS]
    }
    properties["secrets"]["properties"]["files"]["items"] = {"enum": paths}
    of_server = [*(name for name in secrets if name not in OWNER_SECRETS), *paths]
    for section, names in (("secrets", of_server), ("migration", list(OWNER_SECRETS))):
        origin = properties[section]["properties"]["from"]
        properties[section]["properties"]["from"] = {
            **schema["$defs"]["credentials"],
            "propertyNames": {"enum": names},
            "description": origin["description"],
        }
    properties["metrics"]["properties"]["rules"]["properties"]["disabled"]["items"] = {"enum": list(alerts)}
    policy = copy.deepcopy(policy_schema())
    schema["$defs"] |= policy.pop("$defs") | {"policy": {k: v for k, v in policy.items() if k != "$schema"}}
    properties["policy"] |= {"type": "object", "if": {"minProperties": 1}, "then": {"$ref": "#/$defs/policy"}}
    properties["policies"] |= {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z0-9][-a-z0-9]*$", "not": {"const": "policy"}},
        "additionalProperties": {"$ref": "#/$defs/policy"},
    }
    return schema


def required_secrets(settings_type: type[ServiceSettings]) -> list[str]:
    """The secret settings that a server needs to start in a cluster."""
    fields = settings_type.model_fields
    return [
        "state_keys",
        *(name for name, info in fields.items() if is_secret(info.annotation) and info.is_required()),
    ]


def server_secrets(service: ServiceDescription) -> list[str]:
    """The secret settings that a server is deployed with: the required ones, its stores' and those it names itself."""
    urls = ("reader_url", "writer_url") if service.database else ()
    required = required_secrets(settings_type_of(service.name))
    return list(dict.fromkeys(("state_keys", "audit_anchor_keys", "redis_url", *required, *urls, *service.secrets)))


def values_table(schema: Schema, defaults: Mapping[str, Any]) -> str:
    """Values with default and meaning as a Markdown table, without the server's settings, which have another table."""
    rows = ["| value | default | meaning |", "|---|---|---|"]
    for name, described, default in _leaves(schema, schema["properties"], defaults):
        shown = "" if default in ("", [], {}, None) else f"`{json.dumps(default, ensure_ascii=False)}`"
        if len(shown) > _LONGEST_DEFAULT:
            shown = "[values.yaml](../mcp-library/values.yaml)"
        rows.append(f"| `{name}` | {shown} | {described['description']} |")
    return "\n".join(rows)


def shared_defaults(library: Path) -> dict[str, Any]:
    """The default values of every server."""
    defaults: dict[str, Any] = yaml.safe_load((library / "values.yaml").read_text(encoding="utf-8"))
    return defaults


def kinds_of_settings(settings_type: type[ServiceSettings]) -> tuple[dict[str, Schema], list[str], list[str]]:
    """The settings in three groups: plain values, secrets, and file paths."""
    described = settings_type.model_json_schema()["properties"]
    open_settings, secrets, paths = dict[str, Schema](), list[str](), list[str]()
    for name, info in settings_type.model_fields.items():
        if is_secret(info.annotation):
            secrets.append(name)
        elif name in SET_BY_THE_CHART or name.startswith(_NOT_IN_A_CLUSTER):
            continue
        elif name.endswith("_file"):
            paths.append(name)
        else:
            open_settings[name] = _as_value(described[name])
    return open_settings, secrets, paths


def _as_value(described: Schema) -> Schema:
    """The schema of a setting in YAML: never null; a list may also be a string of words."""
    schema = {key: value for key, value in described.items() if key not in ("title", "default")}
    if "anyOf" in schema:
        types = [option for option in schema["anyOf"] if option.get("type") != "null"]
        schema = {**schema, "anyOf": types} if len(types) > 1 else {**types[0], "description": schema["description"]}
    if schema.get("type") == "array":
        return {"type": ["array", "string"], "items": schema["items"], "description": schema["description"]}
    return schema


def _leaves(
    schema: Schema, properties: Mapping[str, Schema], defaults: Any, prefix: str = ""
) -> Iterator[tuple[str, Schema, Any]]:
    for name, described in properties.items():
        default = defaults.get(name) if isinstance(defaults, Mapping) else None
        if name in ("settings", "global", "mcp-library") and not prefix:
            continue
        if "properties" in described:
            yield from _leaves(schema, described["properties"], default, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", described, default


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`below`, with the values of `above` over it, as Helm merges values files."""
    result = dict(below)
    for name, value in above.items():
        old = result.get(name)
        result[name] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result

"""The alert rules as a Helm template: every rule is one of a release in its namespace."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

# Placeholders of what Helm fills in, while the rules' braces are escaped.
_NAMESPACE, _RELEASE, _JOB, _SUFFIX, _RUNBOOK = "@namespace@", "@release@", "@job@", "@suffix@", "@runbook@"
_VALUES = {
    _NAMESPACE: '{{ include "mcp-library.namespace" . }}',
    _RELEASE: "{{ .Release.Name }}",
    _JOB: '{{ include "mcp-library.fullname" . }}',
    _SUFFIX: '{{ include "mcp-library.recordedSuffix" . }}',
    _RUNBOOK: '{{ include "mcp-library.runbookUrl" . }}',
}
_TOKEN = re.compile(
    r"""(?P<kept>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | \[[^\]]*\]
      | \b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)
      | \b(?:and|or|unless|offset|bool)\b
      | \b(?:sum|min|max|avg|group|count|stddev|stdvar|topk|bottomk|quantile|count_values)\b
      | \b\d[\w.]*
      | [a-zA-Z_:][\w:]*(?=\s*\())
    | (?P<name>[a-zA-Z_:][\w:]*)(?:\s*(?P<matchers>\{(?:[^}"]|"(?:[^"\\]|\\.)*")*\}))?""",
    re.VERBOSE,
)


class _Readable(yaml.SafeDumper):
    """Writes text of several lines as a literal block."""


def _literal(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Readable.add_representer(str, _literal)


def of_release(expression: str, matchers: str, recorded: Mapping[str, str]) -> str:
    """Restrict a PromQL expression to one release.

    Args:
        matchers: the first matchers of every selector, such as ``job="a"``.
        recorded: the release's own names of the series that rules record.
    """

    def held(token: re.Match[str]) -> str:
        if token["name"] is None:
            return token[0]
        name, inner = token["name"], (token["matchers"] or "{}")[1:-1]
        return f"{recorded.get(name, name)}{{{matchers}{', ' if inner.strip() else ''}{inner}}}"

    return _TOKEN.sub(held, expression)


def alert_names(rules: Path) -> list[str]:
    """The names of the alerts in a Prometheus rule file."""
    groups = yaml.safe_load(rules.read_text(encoding="utf-8"))["groups"]
    return sorted({rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule})


def rules_template(rules: Path) -> str:
    """The template ``mcp-library.alertRules`` from a Prometheus rule file.

    Two releases on one Prometheus share nothing: selectors, labels, groups and the names of recorded series have the
    namespace and the release.
    """
    groups: list[dict[str, Any]] = yaml.safe_load(rules.read_text(encoding="utf-8"))["groups"]
    every = [rule for group in groups for rule in group["rules"]]
    recorded = {name: f"{name}:{_SUFFIX}" for rule in every if (name := rule.get("record"))}
    for group in groups:
        group["name"] = f"{_NAMESPACE}.{_JOB}.{group['name']}"
        group["rules"] = [_rule_of_release(rule, recorded) for rule in group["rules"]]
    text = yaml.dump(groups, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=200)
    # Braces in the rules are for Prometheus; Helm must not evaluate them.
    text = re.sub(r"\{\{|\}\}", lambda braces: f'{{{{ "{braces[0]}" }}}}', text)
    for placeholder, value in _VALUES.items():
        text = text.replace(placeholder, value)
    body = "".join(f"    {line}\n" for line in text.splitlines())
    return f"""{{{{/* Written by `make reference` from shared/prometheus. */}}}}
{{{{- define "mcp-library.alertRules" -}}}}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {{{{ include "mcp-library.fullname" . }}}}
  labels:
    {{{{- include "mcp-library.labels" . | nindent 4 }}}}
    {{{{- with .Values.metrics.rules.labels }}}}
    {{{{- toYaml . | nindent 4 }}}}
    {{{{- end }}}}
spec:
  groups:
{body}{{{{- end }}}}
"""


def _rule_of_release(rule: dict[str, Any], recorded: Mapping[str, str]) -> dict[str, Any]:
    held = dict(rule)
    if "record" in rule:
        held["record"] = recorded[rule["record"]]
    held["expr"] = of_release(rule["expr"], f'namespace="{_NAMESPACE}", job="{_JOB}"', recorded)
    held["labels"] = {**rule.get("labels", {}), "namespace": _NAMESPACE, "release": _RELEASE}
    if "annotations" in rule:
        said: dict[str, str] = dict(rule["annotations"])
        said["summary"] = said["summary"].replace("{{ $labels.job }}", "{{ $labels.namespace }}/{{ $labels.job }}")
        said["runbook_url"] = f"{_RUNBOOK}#{said['runbook_url'].partition('#')[2]}"
        held["annotations"] = said
    return held

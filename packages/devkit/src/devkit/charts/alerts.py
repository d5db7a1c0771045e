"""The alert rules as a Helm template: every selector gets the job of the release."""

import re
from pathlib import Path
from typing import Any

import yaml

_JOB = "@job@"  # placeholder of the job's name while the rules' braces are escaped
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


def of_job(expression: str, job: str) -> str:
    """Restrict a PromQL expression to one job: ``job="…"`` becomes the first matcher of every selector."""

    def held(token: re.Match[str]) -> str:
        if token["name"] is None:
            return token[0]
        inner = (token["matchers"] or "{}")[1:-1]
        return f'{token["name"]}{{job="{job}"{", " if inner.strip() else ""}{inner}}}'

    return _TOKEN.sub(held, expression)


def rules_template(rules: Path) -> str:
    """The template ``mcp-library.alertRules`` from a Prometheus rule file."""
    groups: list[dict[str, Any]] = yaml.safe_load(rules.read_text(encoding="utf-8"))["groups"]
    for group in groups:
        for rule in group["rules"]:
            rule["expr"] = of_job(rule["expr"], _JOB)
    text = yaml.dump(groups, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=200)
    # Braces in the rules are for Prometheus; Helm must not evaluate them.
    text = re.sub(r"\{\{|\}\}", lambda braces: f'{{{{ "{braces[0]}" }}}}', text)
    text = text.replace(_JOB, '{{ include "mcp-library.fullname" . }}')
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

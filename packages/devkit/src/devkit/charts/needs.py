"""What a platform team may need of a chart, with the values that serve it (helm/needs.yaml)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Need:
    """A need and its values.

    Attributes:
        title: the need.
        values: content of a values file that serves it.
        database: whether only servers with a database have it.
        cluster: what only a cluster can show, which is therefore not tried; empty if there is nothing.
    """

    title: str
    values: dict[str, Any]
    database: bool
    cluster: str


def needs(workspace: Path) -> list[Need]:
    """Every need."""
    entries = yaml.safe_load((workspace / "helm" / "needs.yaml").read_text(encoding="utf-8"))
    return [
        Need(entry["need"], entry["values"], entry.get("database", False), entry.get("cluster", ""))
        for entry in entries
    ]


def needs_table(workspace: Path) -> str:
    """The needs as a Markdown table."""
    rows = ["| need | values | not tried on a cluster |", "|---|---|---|"]
    for need in needs(workspace):
        values = yaml.safe_dump(need.values, default_flow_style=True, sort_keys=False, width=10_000).strip()
        rows.append(f"| {need.title} | `{values}` | {need.cluster} |")
    return "\n".join(rows)

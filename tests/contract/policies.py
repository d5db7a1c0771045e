"""A policy file with a client for every operation of a server: one that may use everything else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from devkit.workspace.composition import compose_to_describe
from servicekit.registry.operation import Kind, Operation

NAMED: Mapping[Kind, str] = {"tool": "tools", "resource": "resources", "prompt": "prompts"}


def without(operation: Operation) -> str:
    """The client that may use everything but one operation."""
    return f"without {operation.kind} {operation.name}"


def write_policy(service: str, path: Path) -> str:
    """Write the file; returns its path."""
    registry = compose_to_describe(service).registry
    every = [*registry.tools.values(), *registry.resources.values(), *registry.prompts.values()]
    clients: dict[str, Any] = {}
    for excluded in every:
        clients[without(excluded)] = {
            key: [row.name for row in every if row.kind == kind and row is not excluded] for kind, key in NAMED.items()
        }
    clients["whoami only"] = {"tools": ["*_whoami"], "write": False, "max_records": 1}
    clients["one record"] = {"max_records": 1}
    path.write_text(yaml.safe_dump({"version": 1, "clients": clients}, explicit_start=True, explicit_end=True))
    return str(path)

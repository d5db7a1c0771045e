"""Finds the servers that a change affects: by their folder and chart, shared sources, or their part of the lock."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from devkit.release.checkout import Checkout
from devkit.release.uv_lock import slice_of
from devkit.workspace.services import ServiceDescription, discover

OF_ALL = ("packages/servicekit/*", "Dockerfile", ".dockerignore", "helm/mcp-library/*")
"""Sources of every image and chart."""


@dataclass(frozen=True)
class Planned:
    """A server to build; `reason` is the first file that affects it."""

    service: str
    reason: str


def plan(workspace: Path, since: str) -> list[Planned]:
    """The servers that differ from the merge base with `since`, ordered by port."""
    checkout = Checkout(workspace)
    changed = checkout.changed_since(since)
    before = checkout.text_at(checkout.base(since), "uv.lock") if "uv.lock" in changed else None
    found = ((service.name, _reason(workspace, service, changed, before)) for service in discover(workspace))
    return [Planned(name, reason) for name, reason in found if reason is not None]


def _reason(
    workspace: Path, service: ServiceDescription, changed: Sequence[str], lock_before: str | None
) -> str | None:
    own = (f"services/{service.name}/*", f"helm/{service.name}/*")
    for path in changed:
        if any(fnmatchcase(path, pattern) for pattern in (*own, *OF_ALL)):
            return path
    if lock_before is not None:
        package = f"mcp-fleet-{service.name}"
        if slice_of(lock_before, package) != slice_of((workspace / "uv.lock").read_text(encoding="utf-8"), package):
            return "uv.lock, its packages"
    return None

"""The preconditions of a release: a dry run reports them, a tag requires them."""

from pathlib import Path

from devkit.release.changelog import has_entry
from devkit.release.checkout import Checkout
from devkit.release.versions import numbers_of
from devkit.workspace.services import ServiceDescription


def tag_of(service: ServiceDescription) -> str:
    """The tag of a server's version, such as ``orders-v1.2.0``."""
    return f"{service.name}-v{service.version}"


def is_tagged(workspace: Path, service: ServiceDescription) -> bool:
    """Whether HEAD is the tagged commit without changes, as in the build of a pushed tag."""
    checkout, name = Checkout(workspace), tag_of(service)
    return checkout.is_clean and name in checkout.tags(f"{service.name}-v") and checkout.is_at(name)


def unmet_preconditions(workspace: Path, service: ServiceDescription) -> list[str]:
    """Why the commit cannot be tagged, with the next step; a tagged commit only needs its changelog entry."""
    checkout, version = Checkout(workspace), service.version
    raising = f"Run make version S={service.name} TO=…"
    reasons: list[str] = []
    if not has_entry(workspace / "CHANGELOG.md", service.name, version):
        reasons.append(f"CHANGELOG.md has no dated entry for {service.name} {version}. {raising} to add it.")
    if is_tagged(workspace, service):
        return reasons
    if not checkout.is_clean:
        reasons.append("The checkout has uncommitted changes. Commit them.")
    newest = next(iter(checkout.tags(f"{service.name}-v")), None)
    if newest and numbers_of(version) <= numbers_of(newest.removeprefix(f"{service.name}-v")):
        reasons.append(f"The tag {newest} exists, and version {version} is not higher. {raising}")
    return reasons

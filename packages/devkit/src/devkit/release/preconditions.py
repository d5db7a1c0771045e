"""Whether a commit may become a release: said by a dry run, and insisted on before its tag is made."""

from pathlib import Path

from devkit.release.changelog import has_entry
from devkit.release.checkout import Checkout
from devkit.release.versions import numbers_of
from devkit.workspace.services import ServiceDescription


def tag_of(service: ServiceDescription) -> str:
    """The tag that the version of a server has, such as ``orders-v1.2.0``."""
    return f"{service.name}-v{service.version}"


def is_tagged(workspace: Path, service: ServiceDescription) -> bool:
    """Whether the checkout is the commit that has the tag, as where a pushed tag is built."""
    checkout, name = Checkout(workspace), tag_of(service)
    return checkout.is_clean and name in checkout.tags(f"{service.name}-v") and checkout.is_at(name)


def hindrances(workspace: Path, service: ServiceDescription) -> list[str]:
    """Why the commit must not be given its tag, each with the way out; one that has it is held to the changelog."""
    checkout, version = Checkout(workspace), service.version
    raising = f"make version S={service.name} TO=…"
    reasons: list[str] = []
    if not has_entry(workspace / "CHANGELOG.md", service.name, version):
        reasons.append(f"CHANGELOG.md has no dated entry with words for {service.name} {version}: {raising} makes it.")
    if is_tagged(workspace, service):
        return reasons
    if not checkout.is_clean:
        reasons.append("There are changes that no commit has. Commit them: a release is a commit.")
    newest = next(iter(checkout.tags(f"{service.name}-v")), None)
    if newest and numbers_of(version) <= numbers_of(newest.removeprefix(f"{service.name}-v")):
        reasons.append(f"{newest} is there already, and {version} does not follow it: {raising}")
    return reasons

"""The preconditions of a release: a dry run reports them, a tag requires them."""

from collections.abc import Iterator
from pathlib import Path

from devkit.errors import DevkitError
from devkit.release.changelog import has_entry
from devkit.release.checkout import Checkout
from devkit.release.packages import Releasable, accepted_kits, find_releasable, kit_of
from devkit.release.versions import numbers_of
from devkit.workspace.services import ServiceDescription


def tag_of(package: Releasable) -> str:
    """The tag of a package's version, such as ``orders-v1.2.0``."""
    return f"{package.name}-v{package.version}"


def maintenance_branch(package: Releasable) -> str:
    """The branch for fixes of a package's minor version, such as ``release/orders-1.2``."""
    return f"release/{package.name}-{'.'.join(package.version.split('.')[:2])}"


def is_tagged(workspace: Path, package: Releasable) -> bool:
    """Whether HEAD is the tagged commit without changes, as in the build of a pushed tag."""
    checkout, name = Checkout(workspace), tag_of(package)
    return checkout.is_clean and name in checkout.tags(f"{package.name}-v") and checkout.is_at(name)


def unmet_preconditions(workspace: Path, package: Releasable) -> list[str]:
    """Why the commit cannot be tagged, with the next step; a tagged commit needs no higher version."""
    checkout, version = Checkout(workspace), package.version
    reasons: list[str] = []
    if not has_entry(workspace / "CHANGELOG.md", package.name, version):
        reasons.append(
            f"CHANGELOG.md has no dated entry for {package.name} {version}. "
            f"Run make version S={package.name} TO=… to add it."
        )
    branches, line = checkout.branches(), maintenance_branch(package)
    if not branches & {"main", line}:
        reasons.append(f"The commit is on neither main nor {line}. Merge it into one of them.")
    if isinstance(package, ServiceDescription):
        reasons += _of_kit(workspace, package, checkout)
    if not is_tagged(workspace, package):
        reasons += _of_tag(package, checkout, whole_history="main" in branches)
    return reasons


def _of_tag(package: Releasable, checkout: Checkout, *, whole_history: bool) -> Iterator[str]:
    """On main, a version follows every tag; on a maintenance branch, those of its minor version."""
    if not checkout.is_clean:
        yield "The checkout has uncommitted changes. Commit them."
    prefix = f"{package.name}-v"
    line = "" if whole_history else package.version.rpartition(".")[0] + "."
    newest = next((tag for tag in checkout.tags(prefix) if tag.startswith(prefix + line)), None)
    if newest and numbers_of(package.version) <= numbers_of(newest.removeprefix(prefix)):
        yield (
            f"The tag {newest} exists, and version {package.version} is not higher. "
            f"Run make version S={package.name} TO=…"
        )


def _of_kit(workspace: Path, service: ServiceDescription, checkout: Checkout) -> Iterator[str]:
    """A released server runs on a released kit, so that a version of the kit stands for one content."""
    kit = kit_of(workspace)
    try:
        accepted = accepted_kits(service)
    except DevkitError as missing:
        yield str(missing)
        return
    if kit.version not in accepted:
        yield (
            f"{service.name} accepts the kit {accepted}, and this commit has {kit.version}. "
            f"Change the range in {service.directory.relative_to(workspace)}/pyproject.toml."
        )
    tag = tag_of(kit)
    release_kit = f"make version S={kit.name} TO=…, commit, make release S={kit.name} TAG=yes"
    if tag not in checkout.tags(f"{kit.name}-v"):
        yield f"The kit has no tag {tag}. Release it first: {release_kit}"
    elif checkout.differs_from(tag, kit.directory.relative_to(workspace).as_posix()):
        yield f"The kit differs from {tag}. Release it first: {release_kit}"


def package_of_tag(workspace: Path, tag: str) -> "Releasable":
    """The package that a pushed tag releases.

    Raises:
        DevkitError: the tag names no package, or another version than the package's.
    """
    package = find_releasable(workspace, tag.rpartition("-v")[0])
    if tag != tag_of(package):
        raise DevkitError(f"The tag {tag} is not that of {package.name} {package.version}: {tag_of(package)}.")
    return package

"""The contract gate: a change that breaks clients needs a version that announces it."""

import json
from pathlib import Path

from devkit.errors import DevkitError
from devkit.reference.contract import breaking_changes, read_contract, version_allows_breaking
from devkit.reference.generated_files import contract_path
from devkit.release.checkout import Checkout
from devkit.workspace.services import ServiceDescription


class ContractBroken(DevkitError):
    """The change breaks clients, and the version does not announce it."""


def check_contract(workspace: Path, service: ServiceDescription, since: str | None = None) -> str:
    """Compare the contract file with that of the previous release, or with that at `since`.

    Returns:
        The result as text, with the release it was compared with.

    Raises:
        ContractBroken: the change breaks clients, and the version does not announce it; lists the breaking changes.
    """
    checkout = Checkout(workspace)
    path = contract_path(workspace, service.name)
    place, new = path.relative_to(workspace).as_posix(), read_contract(path)
    for reference in [checkout.base(since)] if since else checkout.tags(f"{service.name}-v", merged=True):
        text = checkout.text_at(reference, place)
        old = json.loads(text) if text is not None else None
        # On a build of a pushed tag, the newest tag is this commit; the comparison needs an earlier one.
        if old is not None and (since or old != new or not checkout.is_at(reference)):
            break
    else:
        return "no previous release"
    version = service.version
    if (broken := breaking_changes(old, new)) and not version_allows_breaking(old["version"], version):
        raise ContractBroken(
            f"{service.name} {version} breaks clients of {old['version']} ({since or reference}):\n  "
            + "\n  ".join(broken)
            + "\nUndo these changes, or raise the version: "
            + f"make version S={service.name} TO={_next_breaking(old['version'])}",
            exit_code=1,
        )
    return (
        f"compatible with {since or reference}"
        if not broken
        else f"breaks {since or reference}, as its version announces"
    )


def _next_breaking(version: str) -> str:
    major, minor, *_ = (int(part) for part in version.split("."))
    return f"0.{minor + 1}.0" if major == 0 else f"{major + 1}.0.0"

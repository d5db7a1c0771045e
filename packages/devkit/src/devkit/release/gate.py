"""What a release may not do: break clients without saying so in its version."""

import json
from pathlib import Path

from devkit.errors import DevkitError
from devkit.reference.contract import breaking_changes, read_contract, version_allows_breaking
from devkit.reference.generated_files import contract_path
from devkit.release.checkout import Checkout
from devkit.workspace.services import ServiceDescription


class ContractBroken(DevkitError):
    """Clients would break, and the version does not say so."""


def check_contract(workspace: Path, service: ServiceDescription, since: str | None = None) -> str:
    """Compare the contract on file with that of the release before, or with that at `since`.

    Returns:
        What it was compared with, in words.

    Raises:
        ContractBroken: clients would break, and the version does not say so; each change is a sentence.
    """
    checkout = Checkout(workspace)
    path = contract_path(workspace, service.name)
    place, new = path.relative_to(workspace).as_posix(), read_contract(path)
    for reference in [checkout.base(since)] if since else checkout.tags(f"{service.name}-v"):
        text = checkout.text_at(reference, place)
        old = json.loads(text) if text is not None else None
        # Where the tag is pushed, the newest one is that of this very commit: compared with itself, nothing breaks.
        if old is not None and (since or old != new or not checkout.is_at(reference)):
            break
    else:
        return "no release before this one"
    version = service.version
    if (broken := breaking_changes(old, new)) and not version_allows_breaking(old["version"], version):
        raise ContractBroken(
            f"{service.name} {version} would break clients of {old['version']} ({since or reference}):\n  "
            + "\n  ".join(broken)
            + "\nUndo this, or say so in the version: "
            + f"make version S={service.name} TO={_next_breaking(old['version'])}",
            exit_code=1,
        )
    return (
        f"compatible with {since or reference}"
        if not broken
        else f"breaks {since or reference}, and its version says so"
    )


def _next_breaking(version: str) -> str:
    major, minor, *_ = (int(part) for part in version.split("."))
    return f"0.{minor + 1}.0" if major == 0 else f"{major + 1}.0.0"

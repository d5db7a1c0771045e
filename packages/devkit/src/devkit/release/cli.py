"""The commands `devkit plan`, `gate`, `version`, `image`, `release`, `tagged` and `verify-release`."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from devkit.errors import DevkitError
from devkit.settings import DevkitSettings
from devkit.workspace.services import ServiceDescription, discover, find

ServiceName = Annotated[str, typer.Argument(help="A service of this workspace, such as orders.")]
PackageName = Annotated[str, typer.Argument(help="A service of this workspace, or servicekit.")]
Since = Annotated[str, typer.Option(help="A branch, tag or commit.")]


def add_release_commands(app: typer.Typer) -> None:
    """Add the release commands to the command line."""
    for command in (plan, gate, version, image, release, tagged, verify_release):
        app.command()(command)


def plan(since: Since = "origin/main", as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Print the services that a change affects, and the file that affects them."""
    from devkit.release.plan import plan as plan_builds

    planned = plan_builds(DevkitSettings().workspace, since)
    if as_json:
        print(json.dumps([entry.service for entry in planned]))
    else:
        print("\n".join(f"{entry.service:<10} {entry.reason}" for entry in planned) or "Nothing to build.")


def gate(since: Since = "origin/main") -> None:
    """Fail when a change breaks clients of a service and its version does not announce it."""
    from devkit.release.gate import ContractBroken, check_contract

    workspace = DevkitSettings().workspace
    broken: list[str] = []
    for service in discover(workspace):
        try:
            print(f"{service.name:<10} {check_contract(workspace, service, since)}")
        except ContractBroken as problem:
            broken.append(str(problem))
    if broken:
        raise DevkitError("\n\n".join(broken), exit_code=1)


def version(package: PackageName, to: Annotated[str, typer.Argument(metavar="VERSION", help="Such as 1.2.0.")]) -> None:
    """Raise the version of a service or of the kit, and date its changelog entry."""
    from devkit.release.packages import find_releasable
    from devkit.release.versions import raise_version

    workspace = DevkitSettings().workspace
    raise_version(workspace, find_releasable(workspace, package), to, datetime.now(UTC).date().isoformat())
    print(f"{package} has version {to}.")


def image(service: ServiceName) -> None:
    """Build the image of a service and print its digest and size."""
    from devkit.release.image import NoBuilder, build_image

    settings = DevkitSettings()
    with tempfile.TemporaryDirectory() as folder:
        try:
            built = build_image(settings, find(settings.workspace, service), Path(folder))
        except NoBuilder as missing:
            print(f"skipped: {missing}")
            return
    print(f"{built.name}\n{built.digest}\n{built.size / 1e6:.1f} MB compressed")


def tagged(tag: Annotated[str, typer.Argument(help="A pushed tag, such as orders-v1.2.0.")]) -> None:
    """Print the name of the package that a tag releases; fail where the checkout is not what the tag says."""
    from devkit.release.preconditions import package_of_tag

    print(package_of_tag(DevkitSettings().workspace, tag).name)


def release(
    package: PackageName,
    tag: Annotated[bool, typer.Option("--tag", help="Tag the commit after a successful build.")] = False,
    key: Annotated[Path | None, typer.Option(help="Sign with this EC private key (PEM).")] = None,
) -> None:
    """Build a release into dist/ and print its artifacts; nothing is published."""
    from devkit.reference.generated_files import outdated
    from devkit.release.build import build_release
    from devkit.release.checkout import Checkout
    from devkit.release.gate import check_contract
    from devkit.release.packages import find_releasable
    from devkit.release.preconditions import is_tagged, tag_of, unmet_preconditions

    settings = DevkitSettings()
    workspace, found = settings.workspace, find_releasable(settings.workspace, package)
    name = tag_of(found)
    already_tagged = is_tagged(workspace, found)
    if tag and already_tagged:
        raise DevkitError(f"This commit already has the tag {name}. To publish it: git push origin {name}")
    unmet = "\n  ".join(unmet_preconditions(workspace, found))
    if unmet and (tag or already_tagged):
        raise DevkitError(f"{name} cannot be released:\n  {unmet}")
    # The contract gate and the chart use generated files, which must match the code.
    if stale := [str(path.relative_to(workspace)) for path in outdated(workspace)]:
        raise DevkitError(f"Generated files are out of date: {', '.join(stale)}. Run make reference and commit them.")
    if isinstance(found, ServiceDescription):
        print(f"contract   {check_contract(workspace, found)}")
    folder, built = build_release(settings, found, key)
    for file in sorted(file for file in folder.iterdir() if file.is_file()):
        print(f"{file.stat().st_size:>10,}  {file.relative_to(workspace)}")
    if isinstance(found, ServiceDescription):
        skipped = "skipped: no buildah or podman installed"
        print(f"image      {f'{built.name}@{built.digest}' if built else skipped}")
    if tag:
        Checkout(workspace).tag(name, f"{found.title} {found.version}")
        print(f"Tagged {name}. To publish: git push origin {name}")
    elif already_tagged:
        print(f"Built the tagged release {name}.")
    elif unmet:
        print(f"Dry run of {name}. Before it can be tagged:\n  {unmet}")
    else:
        print(f"Dry run of {name}. To tag it: make release S={package} TAG=yes")


def verify_release(
    folder: Annotated[Path, typer.Argument(help="The files of a release, such as dist/orders-1.2.0.")],
    key: Annotated[Path | None, typer.Option(help="The public key (PEM) of a release signed with a key.")] = None,
    repository: Annotated[str, typer.Option(help="owner/name on GitHub whose workflow signed it, without a key.")] = "",
) -> None:
    """Verify the signature, the digests and the provenance of a release."""
    from devkit.release.verification import Keyless
    from devkit.release.verification import verify_release as verify

    if (key is None) == (not repository):
        raise DevkitError("Name the signer: KEY=public.pem, or REPOSITORY=owner/name for the workflow's signature.")
    print("\n".join(verify(DevkitSettings(), folder, key or Keyless(repository))))

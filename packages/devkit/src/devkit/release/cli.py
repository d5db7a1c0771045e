"""The commands `devkit plan`, `gate`, `version`, `image` and `release`."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from devkit.errors import DevkitError
from devkit.settings import DevkitSettings
from devkit.workspace.services import discover, find

ServiceName = Annotated[str, typer.Argument(help="A service of this workspace, such as orders.")]
Since = Annotated[str, typer.Option(help="A branch, tag or commit.")]


def add_release_commands(app: typer.Typer) -> None:
    """Add the release commands to the command line."""
    for command in (plan, gate, version, image, release):
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


def version(service: ServiceName, to: Annotated[str, typer.Argument(metavar="VERSION", help="Such as 1.2.0.")]) -> None:
    """Raise the version of a service and date its changelog entry."""
    from devkit.release.versions import raise_version

    workspace = DevkitSettings().workspace
    raise_version(workspace, find(workspace, service), to, datetime.now(UTC).date().isoformat())
    print(f"{service} has version {to}.")


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


def release(
    service: ServiceName,
    tag: Annotated[bool, typer.Option("--tag", help="Tag the commit after a successful build.")] = False,
) -> None:
    """Build a release into dist/ and print its artifacts; nothing is published."""
    from devkit.reference.generated_files import outdated
    from devkit.release.build import build_release
    from devkit.release.checkout import Checkout
    from devkit.release.gate import check_contract
    from devkit.release.preconditions import is_tagged, tag_of, unmet_preconditions

    settings = DevkitSettings()
    workspace, found = settings.workspace, find(settings.workspace, service)
    name = tag_of(found)
    tagged = is_tagged(workspace, found)
    if tag and tagged:
        raise DevkitError(f"This commit already has the tag {name}. To publish it: git push origin {name}")
    unmet = "\n  ".join(unmet_preconditions(workspace, found))
    if unmet and (tag or tagged):
        raise DevkitError(f"{name} cannot be released:\n  {unmet}")
    # The contract gate and the chart use generated files, which must match the code.
    if stale := [str(path.relative_to(workspace)) for path in outdated(workspace)]:
        raise DevkitError(f"Generated files are out of date: {', '.join(stale)}. Run make reference and commit them.")
    print(f"contract   {check_contract(workspace, found)}")
    folder, built = build_release(settings, found)
    for file in sorted(file for file in folder.iterdir() if file.is_file()):
        print(f"{file.stat().st_size:>10,}  {file.relative_to(workspace)}")
    print(f"image      {built.name}@{built.digest}" if built else "image      skipped: no buildah or podman installed")
    if tag:
        Checkout(workspace).tag(name, f"{found.title} {found.version}")
        print(f"Tagged {name}. To publish: git push origin {name}")
    elif tagged:
        print(f"Built the tagged release {name}.")
    elif unmet:
        print(f"Dry run of {name}. Before it can be tagged:\n  {unmet}")
    else:
        print(f"Dry run of {name}. To tag it: make release S={service} TAG=yes")

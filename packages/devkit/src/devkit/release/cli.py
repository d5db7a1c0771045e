"""`devkit plan`, `gate`, `version`, `image` and `release`."""

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
    """Add what a release needs to the command line."""
    for command in (plan, gate, version, image, release):
        app.command()(command)


def plan(since: Since = "origin/main", as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Say which services a change touches, and why."""
    from devkit.release.plan import plan as plan_builds

    planned = plan_builds(DevkitSettings().workspace, since)
    if as_json:
        print(json.dumps([entry.service for entry in planned]))
    else:
        print("\n".join(f"{entry.service:<10} {entry.reason}" for entry in planned) or "Nothing to build.")


def gate(since: Since = "origin/main") -> None:
    """Refuse a change that would break clients of any service without saying so in its version."""
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
    """Raise the version of a service, and date its entry in the changelog."""
    from devkit.release.versions import raise_version

    workspace = DevkitSettings().workspace
    raise_version(workspace, find(workspace, service), to, datetime.now(UTC).date().isoformat())
    print(f"{service} is {to} now.")


def image(service: ServiceName) -> None:
    """Build the image of a service, and print its digest and size."""
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
    service: ServiceName, tag: Annotated[bool, typer.Option("--tag", help="Tag the commit when all went well.")] = False
) -> None:
    """Build a release into dist/ and print what it is made of; nothing leaves this machine."""
    from devkit.reference.generated_files import outdated
    from devkit.release.build import build_release
    from devkit.release.checkout import Checkout
    from devkit.release.gate import check_contract
    from devkit.release.preconditions import hindrances, is_tagged, tag_of

    settings = DevkitSettings()
    workspace, found = settings.workspace, find(settings.workspace, service)
    name = tag_of(found)
    tagged = is_tagged(workspace, found)
    if tag and tagged:
        raise DevkitError(f"This commit is {name} already. To publish it: git push origin {name}")
    against = "\n  ".join(hindrances(workspace, found))
    if against and (tag or tagged):
        raise DevkitError(f"{name} cannot be released:\n  {against}")
    # The gate reads the contract on file, and the chart its schema: neither may be that of other code.
    if stale := [str(path.relative_to(workspace)) for path in outdated(workspace)]:
        raise DevkitError(f"Not up to date: {', '.join(stale)}. Run make reference and commit what it brings.")
    print(f"contract   {check_contract(workspace, found)}")
    folder, built = build_release(settings, found)
    for file in sorted(file for file in folder.iterdir() if file.is_file()):
        print(f"{file.stat().st_size:>10,}  {file.relative_to(workspace)}")
    print(f"image      {built.name}@{built.digest}" if built else "image      skipped: neither buildah nor podman here")
    if tag:
        Checkout(workspace).tag(name, f"{found.title} {found.version}")
        print(f"Tagged {name}. To publish: git push origin {name}")
    elif tagged:
        print(f"Built what the tag {name} stands for.")
    elif against:
        print(f"A dry run of {name}. What stands in the way of its tag:\n  {against}")
    else:
        print(f"A dry run of {name}. To tag it: make release S={service} TAG=yes")

"""The commands of releases: `devkit plan`, `gate`, `version`, `image`, `release`, `verify-release` and others."""

import json
import tempfile
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from devkit.errors import DevkitError
from devkit.settings import DevkitSettings
from devkit.workspace.services import ServiceDescription, discover, find

if TYPE_CHECKING:
    from devkit.release.findings import Finding
    from devkit.release.image import Image

_PACKAGES: Final = textwrap.TextWrapper(118, initial_indent="  ", subsequent_indent="    ")
PackageName = Annotated[str, typer.Argument(help="A service of this workspace, or servicekit.")]
Since = Annotated[str, typer.Option(help="A branch, tag or commit.")]


def add_release_commands(app: typer.Typer) -> None:
    """Add the release commands to the command line."""
    for command in (plan, gate, version, image, base_images, findings, release, tagged, verify_release):
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


def image(
    services: Annotated[list[str] | None, typer.Argument(help="Services, such as orders; all by default.")] = None,
) -> None:
    """Build the images of services; print digests, sizes, layers and packages, and a table with known findings."""
    from devkit.release.image import Image, NoBuilder, build_image, kinds_of
    from devkit.release.image_table import image_table
    from devkit.release.scan import locked_findings

    settings = DevkitSettings()
    chosen = [find(settings.workspace, name) for name in services or ()] or discover(settings.workspace)
    images: dict[str, list[Image]] = {service.name: [] for service in chosen}
    try:
        for service in chosen:
            for kind in kinds_of(service):
                with tempfile.TemporaryDirectory() as folder:
                    built = build_image(settings, service, Path(folder) / kind, kind)
                print(described(built))
                images[service.name].append(built)
    except NoBuilder as missing:
        print(f"skipped: {missing}")
        return
    known: dict[str, list[Finding] | None] = {}
    for name in images:
        try:
            known[name] = locked_findings(settings, name)
        except DevkitError as unknown:
            known[name] = None
            print(f"Findings of {name} are not known: {unknown}")
    print(f"\n{image_table(images, known)}")


def described(built: "Image") -> str:
    """Name, digest, size, layers and packages of an image, for people."""
    lines = [f"{built.name}@{built.digest}"]
    for platform, contents in built.contents.items():
        layers = " + ".join(f"{size / 1e6:.1f}" for size in contents.layers)
        size = f"{contents.size / 1e6:.1f} MB compressed"
        base = f", {contents.base} of them the base's"
        lines.append(f"  {platform}: {size}, in {len(contents.layers)} layers ({layers}){base}")
        for name, packages in (
            ("Python", contents.python),
            ("Debian", contents.debian),
            ("base's Python", contents.base_python),
        ):
            listed = ", ".join(f"{package} {version}" for package, version in packages.items())
            if packages:
                lines.append(_PACKAGES.fill(f"{len(packages)} {name} packages: {listed}"))
    return "\n".join(lines)


def base_images() -> None:
    """Print the base images with their digests, as variables for `make release`."""
    from devkit.release.base_images import resolved

    print("\n".join(f"{name}={image}" for name, image in resolved(DevkitSettings()).items()))


def findings(
    reports: Annotated[list[Path] | None, typer.Argument(help="JSON reports of pip-audit and trivy.")] = None,
    package: Annotated[str, typer.Option(help="Also ask pip-audit for the locked packages of a service.")] = "",
    accepted: Annotated[Path | None, typer.Option(help="Findings that a release may have (TOML).")] = None,
) -> None:
    """Print the known vulnerabilities of packages and of scan reports; fail if one of them stops a release."""
    from devkit.release.findings import read_accepted, read_report, stopping, table
    from devkit.release.packages import find_releasable
    from devkit.release.scan import locked_findings

    if not (reports or package):
        raise DevkitError("Name what to look at: reports of scanners, or --package orders.")
    settings = DevkitSettings()
    found = [finding for report in reports or () for finding in read_report(report)]
    if package:
        found += locked_findings(settings, find_releasable(settings.workspace, package).name)
    stops = stopping(found, read_accepted(accepted) if accepted else [], datetime.now(UTC).date())
    print(table(found, stops))
    if stops:
        raise DevkitError(
            f"{len(stops)} findings stop the release. Upgrade the packages (make lock), or accept a finding for a time "
            "in .github/accepted-findings.toml, with the reason.",
            exit_code=1,
        )


def tagged(tag: Annotated[str, typer.Argument(help="A pushed tag, such as orders-v1.2.0.")]) -> None:
    """Print the name of the package that a tag releases; fail where the checkout is not what the tag says."""
    from devkit.release.preconditions import package_of_tag

    print(package_of_tag(DevkitSettings().workspace, tag).name)


def release(
    package: PackageName,
    tag: Annotated[bool, typer.Option("--tag", help="Tag the commit after a successful build.")] = False,
    key: Annotated[Path | None, typer.Option(help="Sign with this EC private key (PEM).")] = None,
    platforms: Annotated[str, typer.Option(help="Such as linux/amd64,linux/arm64; this machine's by default.")] = "",
    images: Annotated[bool, typer.Option(help="Build the images.")] = True,
) -> None:
    """Build a release into dist/ and print its artifacts; nothing is published."""
    from devkit.reference.generated_files import outdated
    from devkit.release.base_images import base_images as base_images_of
    from devkit.release.base_images import unpinned
    from devkit.release.build import build_release
    from devkit.release.checkout import Checkout
    from devkit.release.gate import check_contract
    from devkit.release.packages import find_releasable
    from devkit.release.preconditions import is_tagged, tag_of, unmet_preconditions

    settings = DevkitSettings()
    workspace, found = settings.workspace, find_releasable(settings.workspace, package)
    name, already_tagged = tag_of(found), is_tagged(workspace, found)
    if tag and already_tagged:
        raise DevkitError(f"This commit already has the tag {name}. To publish it: git push origin {name}")
    unmet = unmet_preconditions(workspace, found)
    if already_tagged:
        unmet += unpinned(base_images_of(settings)) if isinstance(found, ServiceDescription) else []
    if unmet and (tag or already_tagged):
        raise DevkitError(f"{name} cannot be released:\n  " + "\n  ".join(unmet))
    # The contract gate and the chart use generated files, which must match the code.
    if stale := [str(path.relative_to(workspace)) for path in outdated(workspace)]:
        raise DevkitError(f"Generated files are out of date: {', '.join(stale)}. Run make reference and commit them.")
    if isinstance(found, ServiceDescription):
        print(f"contract   {check_contract(workspace, found)}")
    folder, built = build_release(
        settings, found, key, [part for part in platforms.split(",") if part] if images else None
    )
    for file in sorted(file for file in folder.iterdir() if file.is_file()):
        print(f"{file.stat().st_size:>10,}  {file.relative_to(workspace)}")
    if isinstance(found, ServiceDescription):
        skipped = "no buildah or podman installed" if images else "IMAGES=no"
        print("\n".join(map(described, built)) or f"image      skipped: {skipped}")
    if tag:
        Checkout(workspace).tag(name, f"{found.title} {found.version}")
        print(f"Tagged {name}. To publish: git push origin {name}")
    else:
        print(_ending(name, package, unmet, already_tagged=already_tagged))


def _ending(name: str, package: str, unmet: list[str], *, already_tagged: bool) -> str:
    """What a build without a new tag was, and the next step."""
    if already_tagged:
        return f"Built the tagged release {name}."
    if unmet:
        return f"Dry run of {name}. Before it can be tagged:\n  " + "\n  ".join(unmet)
    return f"Dry run of {name}. To tag it: make release S={package} TAG=yes"


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

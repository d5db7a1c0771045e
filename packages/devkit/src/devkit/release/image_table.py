"""Images as a table: size, layers, packages and findings."""

from collections.abc import Mapping, Sequence

from devkit.release.findings import Finding
from devkit.release.image import Image


def image_table(images: Mapping[str, Sequence[Image]], findings: Mapping[str, Sequence[Finding] | None]) -> str:
    """A Markdown table with a row for each platform of each image.

    Args:
        images: the images of each server.
        findings: known vulnerabilities of each server's locked packages; None where they are not known.
    """
    rows = [
        "| image | own layers | own size | Python packages | findings | with its base |",
        "|---|---|---|---|---|---|",
    ]
    for server, built in images.items():
        for image in built:
            for platform, contents in image.contents.items():
                found = findings[server]
                whole = f"{len(contents.layers)} layers, {contents.size / 1e6:.1f} MB"
                cells = (
                    f"`{image.name.removeprefix('localhost/')}`, {platform}",
                    str(len(contents.own_layers)),
                    f"{sum(contents.own_layers) / 1e6:.1f} MB",
                    str(len(contents.python)),
                    "not known" if found is None else str(_count(found, contents.python) or "none"),
                    f"{whole}, {len(contents.debian)} Debian packages",
                )
                rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _count(found: Sequence[Finding], installed: Mapping[str, str]) -> int:
    """How many findings are of installed packages: a lock has packages that some images leave out."""
    return sum(finding.package.replace("_", "-").lower() in installed for finding in found)

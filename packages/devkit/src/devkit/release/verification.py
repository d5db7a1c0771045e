"""Verifies a release folder: its signature, the digest of every file, and the provenance."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from devkit.errors import DevkitError
from devkit.release import provenance, signatures
from devkit.settings import DevkitSettings, inherited_environment

SUMS: Final = "SHA256SUMS"
BUNDLE: Final = f"{SUMS}.sigstore.json"
_UNSIGNED: Final = {SUMS, f"{SUMS}.sig", BUNDLE}
_ISSUER: Final = "https://token.actions.githubusercontent.com"


@dataclass(frozen=True)
class Keyless:
    """The release workflow of a repository on GitHub, as Sigstore's certificates name it.

    Attributes:
        repository: owner and name, such as ``example/mcp-fleet``.
    """

    repository: str

    def identity(self, tag: str) -> str:
        """The subject of the certificate that signed the release of `tag`."""
        return f"https://github.com/{self.repository}/.github/workflows/release.yml@refs/tags/{tag}"


def verify_release(settings: DevkitSettings, folder: Path, signer: Path | Keyless) -> list[str]:
    """Verify a release.

    Args:
        folder: the files of a release; its name is the package and the version, such as ``orders-1.2.0``.
        signer: the file of a public key, or the workflow whose keyless signature is expected.

    Returns:
        What was verified, a line each.

    Raises:
        DevkitError: a check fails; lists every file that is wrong.
    """
    name, _, version = folder.resolve().name.rpartition("-")
    sums = folder / SUMS
    if not sums.is_file():
        raise DevkitError(f"{sums} is missing. Name a folder of a release, such as dist/orders-1.2.0.")
    tag = f"{name}-v{version}"
    by = _verify_signature(settings, sums, signer, tag)
    digests = _listed(sums)
    if problems := [*_wrong_files(folder, digests), *_wrong_image(folder)]:
        raise DevkitError(f"{folder} is not the release that was signed:\n  " + "\n  ".join(problems), exit_code=1)
    stated = _verify_provenance(folder, digests, (name, version, tag))
    definition = stated["predicate"]["buildDefinition"]
    sources = {part["name"]: part for part in definition["resolvedDependencies"]}
    commit = sources["source"]["digest"]["gitCommit"]
    return [
        f"signature   {by}",
        f"files       {len(digests)} with their digests",
        f"provenance  {name} {version} on kit {definition['internalParameters']['servicekit']}, commit {commit},",
        f"            built by {stated['predicate']['runDetails']['builder']['id']}",
    ]


def _verify_signature(settings: DevkitSettings, sums: Path, signer: Path | Keyless, tag: str) -> str:
    if isinstance(signer, Path):
        signatures.verify(sums, signer)
        return f"of {signer}"
    cosign = shutil.which("cosign", path=settings.path)
    if cosign is None:
        raise DevkitError("Verifying a keyless signature needs cosign (docs.sigstore.dev). With a key: KEY=public.pem")
    bundle = sums.with_name(BUNDLE)
    finished = subprocess.run(
        [
            *(cosign, "verify-blob", "--bundle", bundle, "--certificate-oidc-issuer", _ISSUER),
            *("--certificate-identity", signer.identity(tag), sums),
        ],
        env=inherited_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise DevkitError(f"cosign refuses {bundle}:\n{finished.stderr.strip()[-2000:]}", exit_code=1)
    return f"of {signer.identity(tag)}"


def _listed(sums: Path) -> dict[str, str]:
    """SHA-256 in hexadecimal, by file name."""
    lines = (line.partition("  ") for line in sums.read_text(encoding="utf-8").splitlines())
    return {name: digest for digest, _, name in lines}


def _wrong_files(folder: Path, digests: dict[str, str]) -> Iterator[str]:
    present = {file.name: file for file in folder.iterdir() if file.is_file() and file.name not in _UNSIGNED}
    for name in sorted({*digests, *present}):
        if name not in present:
            yield f"{name}: missing"
        elif name not in digests:
            yield f"{name}: not in {SUMS}"
        elif hashlib.sha256(present[name].read_bytes()).hexdigest() != digests[name]:
            yield f"{name}: another content"


def _wrong_image(folder: Path) -> Iterator[str]:
    """Images are published in a registry, not beside the files; a folder that was just built has them."""
    for image in sorted(folder.glob("*image")):
        stated = folder.joinpath(f"{image.name}-digest").read_text(encoding="utf-8").strip()
        if f"sha256:{hashlib.sha256((image / 'manifest.json').read_bytes()).hexdigest()}" != stated:
            yield f"{image.name}: its digest is not {stated}"


def _images(folder: Path, package: str) -> dict[str, str]:
    """SHA-256 of each image in hexadecimal, by its name in the statement."""
    return {
        provenance.image_name(package, file.name): file.read_text(encoding="utf-8").strip().removeprefix("sha256:")
        for file in folder.glob("*image-digest")
    }


def _verify_provenance(folder: Path, digests: dict[str, str], expected: tuple[str, str, str]) -> dict[str, Any]:
    """The statement, which has to be of these files and this version."""
    try:
        stated: dict[str, Any] = json.loads((folder / provenance.NAME).read_bytes())
        kinds = (stated["_type"], stated["predicateType"], stated["predicate"]["buildDefinition"]["buildType"])
        parameters = stated["predicate"]["buildDefinition"]["externalParameters"]
        subjects = {subject["name"]: subject["digest"]["sha256"] for subject in stated["subject"]}
    except (OSError, KeyError, TypeError, ValueError):
        raise DevkitError(f"{provenance.NAME} is missing or no statement of a release.", exit_code=1) from None
    if kinds != (provenance.STATEMENT, provenance.PREDICATE, provenance.BUILD_TYPE):
        raise DevkitError(f"{provenance.NAME} is of another kind: {', '.join(kinds)}.", exit_code=1)
    if tuple(parameters[key] for key in ("package", "version", "tag")) != expected:
        raise DevkitError(
            f"{provenance.NAME} is of {parameters['tag']}, and the folder is named after {expected[2]}.", exit_code=1
        )
    wanted = {name: digest for name, digest in digests.items() if name != provenance.NAME}
    wanted |= _images(folder, expected[0])
    if wrong := sorted(name for name in wanted if subjects.get(name) != wanted[name]):
        raise DevkitError(f"{provenance.NAME} does not cover {', '.join(wrong)}.", exit_code=1)
    return stated

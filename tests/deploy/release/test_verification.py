"""A release folder is verified with its signature, digests and provenance, or refused with what is wrong."""

import base64
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from devkit.errors import DevkitError
from devkit.release import provenance
from devkit.release.signatures import sign
from devkit.release.verification import BUNDLE, SUMS, Keyless, verify_release
from devkit.settings import DevkitSettings
from devkit.workspace.services import find

from .conftest import git

Edit = Callable[[Path], object]


def write_key(folder: Path, name: str, private: Any = None) -> Path:
    """A key pair as PEM files; returns the private one."""
    private = private or ec.generate_private_key(ec.SECP256R1())
    file = folder / f"{name}.pem"
    file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    file.with_name(f"{name}.pub").write_bytes(public)
    return file


@pytest.fixture
def settings(fleet: Path) -> DevkitSettings:
    return DevkitSettings(
        workspace=fleet,
        PYTHON_IMAGE=f"docker.io/library/python@sha256:{'a' * 64}",
        GITHUB_SERVER_URL="https://github.com",
        GITHUB_REPOSITORY="example/fleet",
        GITHUB_WORKFLOW_REF="example/fleet/.github/workflows/release.yml@refs/tags/orders-v1.0.0",
    )


@pytest.fixture
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ours", "theirs"):
        write_key(folder, name)
    return folder


@pytest.fixture
def release(settings: DevkitSettings, keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of orders 1.0.0, signed with our key."""
    folder = tmp_path_factory.mktemp("dist") / "orders-1.0.0"
    (folder / "image").mkdir(parents=True)
    (folder / "image" / "manifest.json").write_text("{}", encoding="utf-8")
    image = hashlib.sha256(b"{}").hexdigest()
    (folder / "image-digest").write_text(f"sha256:{image}\n", encoding="utf-8")
    (folder / "notes.md").write_text("- Refunds.\n", encoding="utf-8")
    (folder / "orders-1.0.0.tgz").write_bytes(b"chart")
    restate(settings, folder, {"mcp-orders": image})
    sign(folder / SUMS, keys / "ours.pem")
    return folder


def digests(folder: Path) -> dict[str, str]:
    files = (file for file in folder.iterdir() if file.is_file() and not file.name.startswith(SUMS))
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def restate(settings: DevkitSettings, folder: Path, images: dict[str, str]) -> None:
    text = provenance.statement(settings, find(settings.workspace, "orders"), digests(folder) | images)
    (folder / provenance.NAME).write_text(text, encoding="utf-8")
    list_again(folder)


def list_again(folder: Path) -> None:
    lines = [f"{digest}  {name}\n" for name, digest in sorted(digests(folder).items())]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def test_a_release_says_what_was_verified(settings: DevkitSettings, release: Path, keys: Path) -> None:
    revision = git(settings.workspace, "rev-parse", "HEAD").strip()
    assert verify_release(settings, release, keys / "ours.pub") == [
        f"signature   of {keys / 'ours.pub'}",
        "files       4 with their digests",
        f"provenance  orders 1.0.0 on kit 1.0.0, commit {revision},",
        "            built by https://github.com/example/fleet/.github/workflows/release.yml@refs/tags/orders-v1.0.0",
    ]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda folder: (folder / "notes.md").write_text("- Nothing."), r"notes\.md: another content"),
        (lambda folder: (folder / "orders-1.0.0.tgz").unlink(), r"orders-1\.0\.0\.tgz: missing"),
        (lambda folder: (folder / "added.whl").write_text(""), r"added\.whl: not in SHA256SUMS"),
        (
            lambda folder: (folder / "image" / "manifest.json").write_text("{ }"),
            "image: its digest is not sha256:44",
        ),
        (lambda folder: (folder / f"{SUMS}.sig").unlink(), r"SHA256SUMS\.sig is missing"),
        (lambda folder: (folder / f"{SUMS}.sig").write_text("AAAA"), "is not a signature of SHA256SUMS"),
        (lambda folder: (folder / f"{SUMS}.sig").write_text("no base64"), "is not a signature of SHA256SUMS"),
        (list_again, None),
        (lambda folder: ((folder / "notes.md").write_text("- Nothing."), list_again(folder)), "is not a signature of"),
        (lambda folder: (folder / SUMS).unlink(), "Name a folder of a release"),
    ],
    ids=["file", "absent", "added", "image", "unsigned", "signature", "no signature", "same list", "list", "no list"],
)
def test_a_changed_release_is_refused(
    settings: DevkitSettings, release: Path, keys: Path, edit: Edit, words: str | None
) -> None:
    edit(release)
    if words is None:
        verify_release(settings, release, keys / "ours.pub")
        return
    with pytest.raises(DevkitError, match=words):
        verify_release(settings, release, keys / "ours.pub")


def test_another_signer_is_refused(settings: DevkitSettings, release: Path, keys: Path) -> None:
    with pytest.raises(DevkitError, match=r"is not a signature of SHA256SUMS by .*theirs\.pub"):
        verify_release(settings, release, keys / "theirs.pub")


def test_another_version_under_this_name_is_refused(settings: DevkitSettings, release: Path, keys: Path) -> None:
    renamed = release.rename(release.with_name("orders-1.0.1"))
    with pytest.raises(DevkitError, match=r"is of orders-v1\.0\.0, and the folder is named after orders-v1\.0\.1"):
        verify_release(settings, renamed, keys / "ours.pub")


def change(key: str, value: str) -> Callable[[dict[str, Any]], None]:
    def edit(document: dict[str, Any]) -> None:
        document[key] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (change("predicateType", "https://slsa.dev/provenance/v0.2"), "of another kind: .*v0.2"),
        (lambda document: document["subject"].pop(1), "does not cover mcp-orders"),
        (lambda document: document["subject"].pop(2), r"does not cover notes\.md"),
        (lambda document: document.pop("subject"), "missing or no statement"),
    ],
    ids=["kind", "image", "file", "no statement"],
)
def test_an_incomplete_statement_is_refused(
    settings: DevkitSettings, release: Path, keys: Path, edit: Callable[[dict[str, Any]], None], words: str
) -> None:
    document = json.loads((release / provenance.NAME).read_text(encoding="utf-8"))
    edit(document)
    (release / provenance.NAME).write_text(json.dumps(document), encoding="utf-8")
    list_again(release)
    sign(release / SUMS, keys / "ours.pem")
    with pytest.raises(DevkitError, match=words):
        verify_release(settings, release, keys / "ours.pub")


def test_the_statement_names_source_lock_and_base(release: Path, settings: DevkitSettings) -> None:
    predicate = json.loads((release / provenance.NAME).read_text(encoding="utf-8"))["predicate"]
    source, lock, base = predicate["buildDefinition"]["resolvedDependencies"]
    assert source["uri"] == "git+https://github.com/example/fleet"
    assert lock["digest"] == {"sha256": hashlib.sha256((settings.workspace / "uv.lock").read_bytes()).hexdigest()}
    assert (base["name"], base["digest"]) == ("PYTHON_IMAGE", {"sha256": "a" * 64})
    assert predicate["buildDefinition"]["internalParameters"] == {"servicekit": "1.0.0"}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing: apt install openssl")
def test_openssl_verifies_the_signature_and_makes_keys(settings: DevkitSettings, release: Path, keys: Path) -> None:
    raw = keys / "raw"
    raw.write_bytes(base64.b64decode((release / f"{SUMS}.sig").read_bytes()))
    checked = ["openssl", "dgst", "-sha256", "-verify", keys / "ours.pub", "-signature", raw, release / SUMS]
    assert "Verified OK" in subprocess.run(checked, capture_output=True, text=True, check=True).stdout
    own = keys / "own.pem"
    subprocess.run(["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", own], check=True)
    subprocess.run(["openssl", "ec", "-in", own, "-pubout", "-out", keys / "own.pub"], check=True, capture_output=True)
    sign(release / SUMS, own)
    verify_release(settings, release, keys / "own.pub")


def test_another_kind_of_key_is_refused_with_the_command(release: Path, keys: Path, settings: DevkitSettings) -> None:
    other = write_key(keys, "other", ed25519.Ed25519PrivateKey.generate())
    with pytest.raises(DevkitError, match="openssl ecparam -genkey"):
        sign(release / SUMS, other)
    with pytest.raises(DevkitError, match="openssl ec -in"):
        verify_release(settings, release, keys / "other.pub")


COSIGN = """#!/bin/sh
printf '%s\\n' "$@" > {arguments}
echo "none of the expected identities matched" >&2
exit {status}
"""


@pytest.mark.parametrize("status", [0, 1])
def test_a_keyless_signature_is_that_of_the_workflow(release: Path, fleet: Path, tmp_path: Path, status: int) -> None:
    """A stand-in for cosign, as its check needs the transparency log of Sigstore."""
    programs, arguments = tmp_path / "bin", tmp_path / "arguments"
    programs.mkdir()
    (programs / "cosign").write_text(COSIGN.format(arguments=arguments, status=status), encoding="utf-8")
    (programs / "cosign").chmod(0o755)
    settings = DevkitSettings(workspace=fleet, PATH=str(programs))
    if status:
        with pytest.raises(DevkitError, match="none of the expected identities matched"):
            verify_release(settings, release, Keyless("example/fleet"))
    else:
        verify_release(settings, release, Keyless("example/fleet"))
    assert arguments.read_text(encoding="utf-8").splitlines() == [
        "verify-blob",
        "--bundle",
        str(release / BUNDLE),
        "--certificate-oidc-issuer",
        "https://token.actions.githubusercontent.com",
        "--certificate-identity",
        "https://github.com/example/fleet/.github/workflows/release.yml@refs/tags/orders-v1.0.0",
        str(release / SUMS),
    ]


def test_a_keyless_signature_needs_cosign(release: Path, fleet: Path) -> None:
    with pytest.raises(DevkitError, match="needs cosign"):
        verify_release(DevkitSettings(workspace=fleet, PATH="/nonexistent"), release, Keyless("example/fleet"))

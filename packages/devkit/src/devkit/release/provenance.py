"""States how a release was built: in-toto Statement v1 with SLSA provenance v1 (https://slsa.dev/spec/v1.0/provenance)."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from devkit.release.checkout import Checkout
from devkit.release.packages import Releasable, kit_of
from devkit.release.preconditions import tag_of
from devkit.settings import DevkitSettings

NAME: Final = "provenance.json"
STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "urn:mcp-fleet:make-release:1"
"""`make release` of this project: the parameters are the package, its version and its tag."""
LOCAL_BUILDER: Final = "urn:mcp-fleet:builder:local"


def image_name(package: str, file: str) -> str:
    """The subject for the image whose digest is in `file`: ``mcp-orders`` for ``image-digest``."""
    return f"mcp-{package}{'-owner' if file.startswith('owner-') else ''}"


def statement(settings: DevkitSettings, package: Releasable, subjects: Mapping[str, str]) -> str:
    """The statement about a release, as JSON; the same for the same commit, base images and builder.

    Args:
        subjects: SHA-256 in hexadecimal, by file or image name.
    """
    checkout = Checkout(settings.workspace)
    lock = hashlib.sha256((settings.workspace / "uv.lock").read_bytes()).hexdigest()
    images = [
        {"name": name, "uri": f"docker://{image}", **_digest_of(image)}
        for name, image in sorted(settings.base_images.items())
    ]
    document = {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(subjects.items())],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "package": package.name,
                    "version": package.version,
                    "tag": tag_of(package),
                },
                "internalParameters": {"servicekit": kit_of(settings.workspace).version},
                "resolvedDependencies": [
                    {"name": "source", **_source(settings), "digest": {"gitCommit": checkout.revision}},
                    {"name": "uv.lock", "digest": {"sha256": lock}},
                    *images,
                ],
            },
            "runDetails": {"builder": {"id": settings.builder or LOCAL_BUILDER}},
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _source(settings: DevkitSettings) -> dict[str, str]:
    return {"uri": f"git+{settings.repository_url}"} if settings.repository_url else {}


def _digest_of(image: str) -> dict[str, Any]:
    algorithm, _, digest = image.partition("@")[2].partition(":")
    return {"digest": {algorithm: digest}} if digest else {}

"""Requests about releases and tags."""

from devkit.simulators.github.world import World

from .request import SITE, Asked, Names

RELEASE = {"tag_name": "v2.0.0", "name": "Second"}

ASKED: list[Asked] = [
    ("GET", f"{SITE}/tags", None, 200),
    ("GET", f"{SITE}/releases", None, 200),
    ("POST", f"{SITE}/releases", RELEASE, 201),
    ("POST", f"{SITE}/releases", RELEASE, 422),
    ("GET", f"{SITE}/releases/latest", None, 200),
    ("GET", f"{SITE}/releases/tags/v2.0.0", None, 200),
    ("GET", f"{SITE}/releases/tags/v9", None, 404),
    ("POST", f"{SITE}/releases/generate-notes", {"tag_name": "v3.0.0", "target_commitish": "main"}, 200),
]


def prepare(_: World) -> Names:
    """Nothing is prepared."""
    return {}

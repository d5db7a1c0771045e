"""`migrate` runs in the owner's image: the image that serves has no migrations."""

from typing import Any

import pytest

from devkit.charts.helm import HelmFailed
from devkit.charts.rendering import Charts

DIGESTS = [f"sha256:{letter * 64}" for letter in "ab"]


def images(charts: Charts, *options: str) -> tuple[str, str]:
    """The images of the server and of the migration of orders."""
    documents = charts.render("orders", options=[part for option in options for part in ("--set", option)])
    by_kind: dict[str, Any] = {document["kind"]: document for document in documents}
    pods = (by_kind[kind]["spec"]["template"]["spec"]["containers"][0]["image"] for kind in ("Deployment", "Job"))
    serving, owner = pods
    return serving, owner


def test_the_tag_of_the_owner_s_image_follows_the_server_s(charts: Charts) -> None:
    serving, owner = images(charts, "image.registry=registry.example.com/fleet", "image.tag=1.2.0")
    assert serving == "registry.example.com/fleet/mcp-orders:1.2.0"
    assert owner == f"{serving}-owner"
    serving, owner = images(charts, "global.imageRegistry=mirror.example.com", "image.repository=orders")
    assert serving.startswith("mirror.example.com/orders:")
    assert owner == f"{serving}-owner"


def test_each_image_is_pinned_by_its_own_digest(charts: Charts) -> None:
    serving, owner = images(charts, f"image.digest={DIGESTS[0]}", f"migration.image.digest={DIGESTS[1]}")
    assert serving.endswith(f"mcp-orders@{DIGESTS[0]}")
    assert owner.endswith(f"mcp-orders@{DIGESTS[1]}")
    assert images(charts, "migration.image.tag=1.3.0-owner")[1].endswith("mcp-orders:1.3.0-owner")


def test_a_digest_without_that_of_the_owner_is_refused(charts: Charts) -> None:
    with pytest.raises(HelmFailed, match=r"migration\.image\.digest is missing"):
        images(charts, f"image.digest={DIGESTS[0]}")


def test_a_server_without_migrations_needs_one_digest(charts: Charts) -> None:
    documents = charts.render("weather", options=["--set", f"image.digest={DIGESTS[0]}"])
    assert any(DIGESTS[0] in str(document) for document in documents)

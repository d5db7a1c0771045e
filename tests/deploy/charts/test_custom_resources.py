"""Custom resources against the schemas of npm's @kubernetes-models, which are generated from the operators' types.

They accept unknown fields and know no `external-secrets.io/v1`; the strict schemas in helm/kinds cover both.
"""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from devkit.charts.rendering import Charts, Document
from devkit.settings import WORKSPACE
from tests.fixtures.npm import NotInstalled, install, node

MODELS: Final = Path(__file__).parent / "models"
INSTALLED: Final = WORKSPACE / ".tools" / "models"
KINDS: Final = ("HTTPRoute", "PrometheusRule", "ServiceMonitor")


def problems(documents: Sequence[Document]) -> list[str | None]:
    """The problem of each custom resource, or None. Skips the test without Node or a registry."""
    try:
        install(MODELS, INSTALLED, "the schemas of custom resources")
        script = shutil.copy(MODELS / "validate.mjs", INSTALLED)  # Node looks for packages beside the script
        command = node(str(script))
    except NotInstalled as missing:
        pytest.skip(str(missing))
    done = subprocess.run(command, input=json.dumps(documents), capture_output=True, text=True, check=True)
    found: list[str | None] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def resources(charts: Charts) -> list[Document]:
    """The custom resources of every values file."""
    return [
        document
        for values in charts.values("orders")
        for document in charts.render("orders", values)
        if document["kind"] in KINDS
    ]


def test_custom_resources_fit_their_operators(resources: list[Document]) -> None:
    assert {document["kind"] for document in resources} == set(KINDS)
    assert problems(resources) == [None] * len(resources)


def wrong(resources: Sequence[Document], kind: str, *path: str | int) -> Document:
    """A resource with an object in place of one of its texts."""
    document: Any = json.loads(json.dumps(next(one for one in resources if one["kind"] == kind)))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = {"wrong": True}
    found: Document = document
    return found


def test_a_wrong_custom_resource_is_found(resources: list[Document]) -> None:
    places: dict[str, tuple[str | int, ...]] = {
        "HTTPRoute": ("spec", "parentRefs", 0, "name"),
        "PrometheusRule": ("spec", "groups", 0, "name"),
        "ServiceMonitor": ("spec", "endpoints", 0, "interval"),
    }
    found = problems([wrong(resources, kind, *path) for kind, path in places.items()])
    for path, problem in zip(places.values(), found, strict=True):
        assert f"data/{'/'.join(map(str, path))} must be string" in str(problem)

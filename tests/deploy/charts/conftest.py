"""Charts as Helm renders them. Where Helm is missing, these tests are skipped."""

import copy
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from devkit.charts.helm import Helm, find_helm
from devkit.charts.rendering import Charts, Document, Values, chart_names, working_copy
from devkit.errors import DevkitError
from devkit.settings import WORKSPACE, DevkitSettings

CHARTS = chart_names(WORKSPACE / "helm")
WAYS = ("default", "minimal", "production", "gateway")


@pytest.fixture(scope="session")
def helm() -> Helm:
    """The real Helm."""
    try:
        return find_helm(DevkitSettings())
    except DevkitError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def charts(helm: Helm) -> Iterator[Charts]:
    """Every chart of the workspace, ready to render."""
    with working_copy(helm, WORKSPACE) as copy:
        yield copy


@pytest.fixture(params=CHARTS)
def chart(request: pytest.FixtureRequest) -> str:
    """Every chart, one per test."""
    name: str = request.param
    return name


@pytest.fixture
def render(charts: Charts, chart: str, tmp_path: Path) -> Any:
    """Renders the chart under values given as a mapping."""

    def rendered(values: dict[str, Any]) -> list[Document]:
        file = tmp_path / "values.yaml"
        file.write_text(yaml.safe_dump(values), encoding="utf-8")
        return charts.render(chart, Values("given", file))

    return rendered


@pytest.fixture(scope="session")
def rendered(charts: Charts) -> Callable[[str, str], list[Document]]:
    """Renders a chart under one of the values files, once."""

    @cache
    def render(chart: str, way: str) -> list[Document]:
        return charts.render(chart, next(entry for entry in charts.values(chart) if entry.name == way))

    return lambda chart, way: copy.deepcopy(render(chart, way))


@pytest.fixture(params=WAYS)
def documents(
    request: pytest.FixtureRequest, rendered: Callable[[str, str], list[Document]], chart: str
) -> list[Document]:
    """Each chart, rendered with each of the shared values files."""
    return rendered(chart, request.param)

"""Charts and values files of the workspace, and what Helm makes of them."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from devkit.charts.helm import Helm

Document = dict[str, Any]

LIBRARY = "service"
"""The chart that the others include."""


@dataclass(frozen=True)
class Values:
    """A way to install a chart: its defaults, or a file over them."""

    name: str
    file: Path | None


@dataclass(frozen=True)
class Charts:
    """A copy of the charts with their dependencies in place; the checkout stays as it is."""

    helm: Helm
    directory: Path

    @property
    def names(self) -> list[str]:
        """Every chart that can be installed."""
        return chart_names(self.directory)

    def values(self, chart: str) -> list[Values]:
        """Every way that is kept in the workspace to install a chart."""
        files = [*(self.directory / "values").glob("*.yaml"), *(self.directory / chart).glob("values-*.yaml")]
        return [Values("default", None), *(Values(file.stem, file) for file in sorted(files))]

    def lint(self, chart: str, values: Values) -> None:
        """`helm lint --strict`. Raises `HelmFailed`."""
        self.helm("lint", "--strict", chart, *_values(values), directory=self.directory)

    def render(
        self, chart: str, values: Values = Values("default", None), options: Sequence[str] = ()
    ) -> list[Document]:
        """`helm template`, hooks included. Raises `HelmFailed`."""
        text = self.helm("template", chart, chart, *_values(values), *options, directory=self.directory)
        return [document for document in yaml.safe_load_all(text) if document]


def chart_names(directory: Path) -> list[str]:
    """The charts in a folder, without the library."""
    return sorted(file.parent.name for file in directory.glob("*/Chart.yaml") if file.parent.name != LIBRARY)


@contextmanager
def working_copy(helm: Helm, workspace: Path) -> Iterator[Charts]:
    """The charts of a workspace, ready to render, for the duration of the block."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "helm"
        shutil.copytree(workspace / "helm", directory, ignore=shutil.ignore_patterns("charts", "Chart.lock"))
        charts = Charts(helm, directory)
        for name in charts.names:
            helm("dependency", "build", name, directory=directory)
            # Of a dependency in the same tree it holds nothing but the time of day.
            (directory / name / "Chart.lock").unlink()
        yield charts


def _values(values: Values) -> list[str]:
    return ["--values", str(values.file)] if values.file else []

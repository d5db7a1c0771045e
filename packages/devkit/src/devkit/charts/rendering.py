"""Lints and renders the charts of the workspace."""

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

LIBRARY = "mcp-library"
"""The library chart. Helm sets the value of this name, so no value of ours may have it."""
UMBRELLA = "fleet"
"""The chart of all servers."""


@dataclass(frozen=True)
class Values:
    """A values file of a chart; `file` is None for the defaults."""

    name: str
    file: Path | None


@dataclass(frozen=True)
class Charts:
    """A working copy of the charts with their dependencies."""

    helm: Helm
    directory: Path

    @property
    def names(self) -> list[str]:
        """All charts except the library; the umbrella is the last, as it contains the others."""
        return [*chart_names(self.directory), UMBRELLA]

    def values(self, chart: str) -> list[Values]:
        """All values files of a chart in the workspace."""
        shared = () if chart == UMBRELLA else (self.directory / "values").glob("*.yaml")
        files = [*shared, *(self.directory / chart).glob("values-*.yaml")]
        return [Values("default", None), *(Values(file.stem, file) for file in sorted(files))]

    def lint(self, chart: str, values: Values) -> None:
        """`helm lint --strict`. Raises `HelmFailed`."""
        self.helm("lint", "--strict", chart, *_values(values), directory=self.directory)

    def render(
        self, chart: str, values: Values = Values("default", None), options: Sequence[str] = (), release: str = ""
    ) -> list[Document]:
        """`helm template`, hooks included. The release has the chart's name unless given. Raises `HelmFailed`."""
        text = self.helm("template", release or chart, chart, *_values(values), *options, directory=self.directory)
        return [document for document in yaml.safe_load_all(text) if document]


def chart_names(directory: Path) -> list[str]:
    """The charts of servers in a folder."""
    names = {file.parent.name for file in directory.glob("*/Chart.yaml")}
    return sorted(names - {LIBRARY, UMBRELLA})


@contextmanager
def working_copy(helm: Helm, workspace: Path) -> Iterator[Charts]:
    """A working copy of the workspace's charts for the length of the block."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "helm"
        shutil.copytree(workspace / "helm", directory, ignore=shutil.ignore_patterns("charts", "Chart.lock"))
        for file in (directory / "values").glob("*.yaml"):  # what fits every server fits all of them together
            shared = {"global": {"servers": yaml.safe_load(file.read_text(encoding="utf-8"))}}
            (directory / UMBRELLA / f"values-{file.name}").write_text(yaml.safe_dump(shared), encoding="utf-8")
        charts = Charts(helm, directory)
        for name in charts.names:
            helm("dependency", "build", name, directory=directory)
            # For a dependency in the same tree it only holds the time.
            (directory / name / "Chart.lock").unlink()
        yield charts


def _values(values: Values) -> list[str]:
    return ["--values", str(values.file)] if values.file else []

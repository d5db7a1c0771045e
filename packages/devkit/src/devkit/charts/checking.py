"""`make charts`: lints and renders every chart with every values file; validates it for every Kubernetes version."""

from collections.abc import Iterator

from devkit.charts.helm import HelmFailed, find_helm
from devkit.charts.kinds import VERSIONS, Kinds
from devkit.charts.rendering import Charts, Document, Values, working_copy
from devkit.settings import DevkitSettings


def check_charts(settings: DevkitSettings) -> bool:
    """Print a line per chart and Kubernetes version with its problems; returns whether all charts are valid."""
    kinds = Kinds(settings.workspace / "helm" / "kinds")
    good = True
    with working_copy(find_helm(settings), settings.workspace) as charts:
        for chart in charts.names:
            good &= _check(charts, chart, kinds)
    return good


def _check(charts: Charts, chart: str, kinds: Kinds) -> bool:
    values_files = charts.values(chart)
    names = ", ".join(values.name for values in values_files)
    if problems := list(_lint(charts, chart, values_files)):
        print(f"FAILED  {chart:<10} helm lint --strict: {names}", *problems, sep="\n  ")
        return False
    print(f"ok      {chart:<10} helm lint --strict: {names}")
    good = True
    for version in VERSIONS:
        count, problems = _validate(charts, chart, values_files, kinds, version)
        good &= not problems
        word = "FAILED" if problems else "ok"
        print(
            f"{word:<7} {chart:<10} Kubernetes {version}: {count} objects of {len(values_files)} values files",
            *problems,
            sep="\n  ",
        )
    return good


def _lint(charts: Charts, chart: str, values_files: list[Values]) -> Iterator[str]:
    for values in values_files:
        try:
            charts.lint(chart, values)
        except HelmFailed as problem:
            yield f"{values.name}: {problem}"


def _validate(
    charts: Charts, chart: str, values_files: list[Values], kinds: Kinds, version: str
) -> tuple[int, list[str]]:
    found: list[tuple[Values, Document]] = []
    problems: list[str] = []
    for values in values_files:
        try:
            found += ((values, document) for document in charts.render(chart, values, [f"--kube-version={version}.0"]))
        except HelmFailed as problem:
            problems.append(f"{values.name}: {problem}")
    for values, document in found:
        problems += (f"{values.name}: {problem}" for problem in kinds.problems(document, version))
    return len(found), problems

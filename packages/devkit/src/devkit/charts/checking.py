"""`make charts`: every chart under every values file, linted, rendered, and valid for every version of Kubernetes."""

from collections.abc import Iterator

from devkit.charts.helm import HelmFailed, find_helm
from devkit.charts.kinds import VERSIONS, Kinds
from devkit.charts.rendering import Charts, Document, Values, working_copy
from devkit.settings import DevkitSettings


def check_charts(settings: DevkitSettings) -> bool:
    """Print a line per chart and version of Kubernetes, and every problem below it; whether there was none."""
    kinds = Kinds(settings.workspace / "helm" / "kinds")
    good = True
    with working_copy(find_helm(settings), settings.workspace) as charts:
        for chart in charts.names:
            good &= _check(charts, chart, kinds)
    return good


def _check(charts: Charts, chart: str, kinds: Kinds) -> bool:
    ways = charts.values(chart)
    names = ", ".join(way.name for way in ways)
    if said := list(_lint(charts, chart, ways)):
        print(f"FAILED  {chart:<10} helm lint --strict: {names}", *said, sep="\n  ")
        return False
    print(f"ok      {chart:<10} helm lint --strict: {names}")
    good = True
    for version in VERSIONS:
        count, problems = _validate(charts, chart, ways, kinds, version)
        good &= not problems
        word = "FAILED" if problems else "ok"
        print(
            f"{word:<7} {chart:<10} Kubernetes {version}: {count} objects of {len(ways)} values files",
            *problems,
            sep="\n  ",
        )
    return good


def _lint(charts: Charts, chart: str, ways: list[Values]) -> Iterator[str]:
    for way in ways:
        try:
            charts.lint(chart, way)
        except HelmFailed as problem:
            yield f"{way.name}: {problem}"


def _validate(charts: Charts, chart: str, ways: list[Values], kinds: Kinds, version: str) -> tuple[int, list[str]]:
    found: list[tuple[Values, Document]] = []
    problems: list[str] = []
    for way in ways:
        try:
            found += ((way, document) for document in charts.render(chart, way, [f"--kube-version={version}.0"]))
        except HelmFailed as problem:
            problems.append(f"{way.name}: {problem}")
    problems += (f"{way.name}: {said}" for way, document in found for said in kinds.problems(document, version))
    return len(found), problems

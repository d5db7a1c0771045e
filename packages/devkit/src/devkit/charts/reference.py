"""What is generated of the charts: the schema and the README of each, its version, and the numbers of the drain."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from devkit.charts.alerts import rules_template
from devkit.charts.rendering import LIBRARY, chart_names
from devkit.charts.values import defaults_of, values_schema, values_table
from devkit.composition import settings_type_of
from devkit.fleet import find
from devkit.release.versions import version_of
from servicekit.http.shutdown import GRACE_SECONDS, PRE_STOP_SECONDS


def chart_texts(workspace: Path) -> Iterator[tuple[Path, str]]:
    """Every generated text of the charts with its place, as it should be."""
    folder = workspace / "helm"
    library = folder / LIBRARY
    yield library / "templates" / "_numbers.tpl", _numbers()
    rules = workspace / "shared" / "prometheus" / "rules.yaml"
    yield library / "templates" / "_alert_rules.tpl", rules_template(rules)
    for name in chart_names(folder):
        chart = folder / name
        schema = values_schema(library, settings_type_of(name))
        yield chart / "values.schema.json", json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        yield chart / "README.md", _page(name, values_table(schema, defaults_of(library, chart)))
        description = (chart / "Chart.yaml").read_text(encoding="utf-8")
        version = version_of(find(workspace, name))
        yield (
            chart / "Chart.yaml",
            re.sub(r"^(version|appVersion): .*", rf"\1: {version}", description, flags=re.MULTILINE),
        )


def _numbers() -> str:
    numbers = {
        "port": 8000,
        "metricsPort": 9000,
        "preStopSeconds": PRE_STOP_SECONDS,
        "graceSeconds": GRACE_SECONDS,
    }
    lines = [f'{{{{- define "service.{name}" -}}}}{number}{{{{- end }}}}' for name, number in numbers.items()]
    return "\n".join(["{{/* Written by `make reference`: the drain's numbers are the kit's. */}}", *lines, ""])


def _page(name: str, table: str) -> str:
    return f"""# Chart of {name}

<!-- Written by `make reference`. -->

```sh
helm dependency build helm/{name}
helm upgrade --install {name} helm/{name} --values your-values.yaml
helm test {name}
```

How to deploy, and what the values are for: [docs/deploying.md](../../docs/deploying.md). `settings` takes every
[setting of the server](../../services/{name}/README.md#settings) that is no secret, in lower case, without its prefix.

{table}
"""

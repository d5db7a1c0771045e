"""Generates tables of tools, settings and metrics, `.env.example`, schemas and contract files from the code."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from devkit.charts.generated_files import chart_texts
from devkit.charts.needs import needs_table
from devkit.client.configuration import client_table
from devkit.client.plugin import plugin_texts
from devkit.places.generated_files import PLACES, place_texts
from devkit.places.values import values_table
from devkit.reference.contract import contract_of, contract_text
from devkit.reference.database_schema import schema_text
from devkit.reference.server_lists import (
    compose_servers,
    compose_volumes,
    letters,
    page_list,
    server_table,
    with_import_contracts,
)
from devkit.reference.sizing import sizing_table
from devkit.workspace.composition import compose_to_describe, settings_type_of
from devkit.workspace.secret_settings import is_secret
from devkit.workspace.services import ServiceDescription, discover, version_in
from servicekit.access.policy_file import policy_schema
from servicekit.clients import texts
from servicekit.clients.connections import file_text
from servicekit.preflight.catalogue import CHECKS
from servicekit.preflight.schema import FILE
from servicekit.server import Service
from servicekit.telemetry.instruments import INSTRUMENTS


def write_reference(workspace: Path) -> list[Path]:
    """Bring every generated file up to date; returns the paths that changed."""
    changed = outdated(workspace)
    for path, text in changed.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(changed)


def outdated(workspace: Path) -> dict[Path, str]:
    """The generated files that are out of date, with their new content."""
    wanted = dict(reference_texts(workspace))
    return {
        path: text for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def contract_path(workspace: Path, name: str) -> Path:
    """Path of the contract file of a service."""
    return workspace / "tests" / "contract" / "snapshots" / f"{name}.json"


def reference_texts(workspace: Path) -> Iterator[tuple[Path, str]]:
    """Path and content of every generated file."""
    descriptions = discover(workspace)
    for description in descriptions:
        page = description.directory / "README.md"
        text = page.read_text(encoding="utf-8") if page.exists() else _first_page(description)
        composed = compose_to_describe(description.name)
        text = replace_part(text, "tools", tool_table(composed))
        yield page, replace_part(text, "settings", settings_table(description))
        yield contract_path(workspace, description.name), contract_text(contract_of(composed))
        if (schema := schema_text(f"{description.name}_mcp")) is not None:
            yield description.source / f"{description.name}_mcp" / FILE, schema
    project = workspace / "pyproject.toml"
    yield project, with_import_contracts(project.read_text(encoding="utf-8"), descriptions)
    front = workspace / "README.md"
    yield front, replace_part(front.read_text(encoding="utf-8"), "servers", server_table(descriptions))
    index = workspace / "docs" / "README.md"
    text = replace_part(index.read_text(encoding="utf-8"), "servers", page_list("services", "server", descriptions))
    yield index, replace_part(text, "charts", page_list("helm", "chart", descriptions))
    fleet = workspace / "packages" / "servicekit" / "src" / "servicekit" / "core" / "fleet.py"
    yield fleet, replace_part(fleet.read_text(encoding="utf-8"), "letters", letters(descriptions))
    stack = workspace / "compose.yaml"
    text = replace_part(stack.read_text(encoding="utf-8"), "servers", compose_servers(descriptions))
    yield stack, replace_part(text, "volumes", compose_volumes(descriptions))
    page = workspace / "docs" / "operations.md"
    text = replace_part(page.read_text(encoding="utf-8"), "metrics", metrics_table())
    yield page, replace_part(text, "checks", checks_table())
    page = workspace / "docs" / "deploying.md"
    text = replace_part(page.read_text(encoding="utf-8"), "needs", needs_table(workspace))
    text = replace_part(text, "sizing", sizing_table(workspace))
    for place, kind in PLACES.items():
        text = replace_part(text, place, values_table(kind))
    yield page, text
    servers = {one.name: one.resource for one in descriptions}
    yield workspace / ".mcp.json", file_text("claude-code", servers)
    yield from plugin_texts(workspace, servers, version_in(workspace))
    page = workspace / "docs" / "clients.md"
    text = replace_part(page.read_text(encoding="utf-8"), "clients", client_table(servers))
    for framework in ("langchain", "openai-agents"):
        text = replace_part(text, framework, f"```python\n{texts(framework, servers)}```")
    yield page, text
    yield workspace / "shared" / "policy.schema.json", json.dumps(policy_schema(), indent=2) + "\n"
    yield workspace / ".env.example", "\n".join(environment_example(descriptions))
    yield from chart_texts(workspace)
    yield from place_texts(workspace)


def replace_part(text: str, name: str, content: str) -> str:
    """`text` with `content` between ``<!-- name -->`` and ``<!-- /name -->``.

    Raises:
        ValueError: the marks are missing.
    """
    pattern = re.compile(rf"(<!-- {name} -->\n).*?([^\n]*<!-- /{name} -->)", re.DOTALL)  # in YAML, behind a #
    if pattern.search(text) is None:
        raise ValueError(f"<!-- {name} --> and <!-- /{name} --> are missing")
    return pattern.sub(lambda match: f"{match[1]}{content}\n{match[2]}", text)


def tool_table(service: Service) -> str:
    """The tools of a service as a Markdown table."""
    rows = ["| tool | | scope | toolset | description |", "|---|---|---|---|---|"]
    for tool in service.registry.tools.values():
        kind = "D" if tool.destructive else "W" if tool.writes else "R"
        sentence = re.split(r"(?<=\.)\s", " ".join(tool.description.split()), maxsplit=1)[0]
        scopes = " ".join(f"`{scope}`" for scope in sorted(tool.scopes))
        toolset = f"{tool.toolset}{'' if tool.toolset in service.toolsets.listed else ', off'}" if tool.toolset else ""
        rows.append(f"| `{tool.name}` | {kind} | {scopes} | {toolset} | {sentence} |")
    return "\n".join(rows)


def metrics_table() -> str:
    """The instruments of the kit as a Markdown table."""
    rows = ["| metric | on `/metrics` | type | unit | attributes | description |", "|---|---|---|---|---|---|"]
    for instrument in sorted(INSTRUMENTS, key=lambda row: row.name):
        attributes = " ".join(f"`{name}`" for name in instrument.attributes)
        rows.append(
            f"| `{instrument.name}` | `{instrument.prometheus_name}` | {instrument.kind} | {instrument.unit} "
            f"| {attributes} | {instrument.description} |"
        )
    return "\n".join(rows)


def checks_table() -> str:
    """The checks of the preflight as a Markdown table."""
    rows = ["| checks | what is right |", "|---|---|"]
    for check in CHECKS:
        names = " ".join(f"`{part}.{check.name}`" for part in check.part.split())
        rows.append(f"| {names} | {check.looks_at} |")
    return "\n".join(rows)


def settings_table(description: ServiceDescription) -> str:
    """The settings of a service as a Markdown table."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, info in settings_type_of(description.name).model_fields.items():
        default = "required" if info.is_required() else f"`{_default(info)}`" if _default(info) else ""
        rows.append(f"| `{description.prefix}{name.upper()}` | {default} | {info.description} |")
    return "\n".join(rows)


def environment_example(descriptions: list[ServiceDescription]) -> Iterator[str]:
    """The lines of `.env.example`: each variable with its description and its default, commented out."""
    yield "# All settings of all servers. Settings without a value are required; the others show their default."
    yield "# Each setting can come from a file: NAME_FILE is the path of a file that holds the value of NAME."
    for description in descriptions:
        yield f"\n# {description.title}"
        for name, info in settings_type_of(description.name).model_fields.items():
            variable = f"{description.prefix}{name.upper()}"
            yield f"\n# {info.description}{' A secret.' if is_secret(info.annotation) else ''}"
            yield f"{variable}=" if info.is_required() else f"# {variable}={_default(info)}"
    yield ""


def _first_page(description: ServiceDescription) -> str:
    return f"""# {description.name}

{description.title}: {description.description}.

## Tools

R reads, W writes, D cannot be undone.

<!-- tools -->
<!-- /tools -->

## Settings

<!-- settings -->
<!-- /settings -->
"""


def _default(info: FieldInfo) -> str:
    value: Any = info.default
    if value is None or value is PydanticUndefined or value == ():
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(value) if isinstance(value, tuple) else str(value)

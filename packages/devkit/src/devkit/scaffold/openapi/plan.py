"""Plans a server from the file of an OpenAPI description."""

import textwrap
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from devkit.errors import DevkitError
from devkit.scaffold.names import Names, check_service_name
from devkit.scaffold.openapi.modules import modules
from devkit.scaffold.openapi.operations import Operations, Unused, choose
from devkit.scaffold.openapi.reading import read_description
from devkit.scaffold.openapi.server_files import app, identity, nouns_in_words, project, readme, settings
from devkit.scaffold.openapi.stored import stored
from devkit.scaffold.openapi.test_files import (
    as_json,
    contract,
    operations_file,
    requests,
    shown_path,
    test_of_tools,
    workspace_tools,
)
from devkit.scaffold.plan import Plan
from devkit.scaffold.ports import next_port
from devkit.scaffold.rendering import TEMPLATES, render, replacements
from devkit.settings import DevkitSettings
from devkit.simulators.openapi.description import Description, list_of, mapping_of
from devkit.workspace.services import discover
from servicekit.upstream.http.url import Origin

_SHOWN: Final = 8
"""Operations without a tool that are printed for each reason; the page of the server has all."""


def plan_from_openapi(workspace_settings: DevkitSettings, service: str, file: Path, base_url: str | None) -> Plan:
    """Plan a server whose tools read an API.

    Args:
        service: its name, such as ``crm``.
        file: the OpenAPI description.
        base_url: of the API; None for the first server that the description names.

    Raises:
        DevkitError: a name is bad or taken, the file is no description, or no operation can become a tool.
    """
    workspace = workspace_settings.workspace
    check_service_name(workspace, service)
    description = read_description(file)
    address = base_url_of(description, base_url)
    known = workspace_tools(workspace)
    operations = choose(description, service, known.__contains__)
    names = Names(service, "record", "records")
    port = next_port(workspace_settings, discover(workspace))
    files = dict(render(TEMPLATES / "openapi", replacements(names, port=port)))
    files |= _files(description, names, port, address, operations)
    return Plan(
        names=names,
        port=port,
        files=files,
        changelog=textwrap.fill(
            f"Tools that read {nouns_in_words(operations.tools)} from the {names.title} API.",
            116,
            subsequent_indent="  ",
        ),
        requests=requests(service, operations.tools),
        notes=_notes(service, operations),
    )


def base_url_of(description: Description, given: str | None) -> str:
    """The base URL of the API. Raises `DevkitError` if it is not given, and the description names none with https."""
    server = mapping_of(next(iter(list_of(description.root.get("servers"))), None))
    url = given or str(server.get("url", ""))
    if given is None:
        for name, variable in mapping_of(server.get("variables")).items():
            url = url.replace("{" + str(name) + "}", str(mapping_of(variable).get("default", "")))
    url = url.rstrip("/")
    try:
        origin = Origin(url)
        is_usable = (
            origin.scheme == "https" and url.isascii() and url.isprintable() and set(url).isdisjoint("{} \"'\\<>")
        )
    except ValueError:
        is_usable = False
    if not is_usable or not urlsplit(url).hostname:
        said = "UPSTREAM is no" if given else "The description names no server with an"
        raise DevkitError(f"{said} https address without variables. Add UPSTREAM=https://api.example.com/v1.")
    return url


def _files(
    description: Description, names: Names, port: int, base_url: str, operations: Operations
) -> dict[PurePosixPath, str]:
    name, title, tools = names.service, names.title, operations.tools
    made = modules(description, name, title, tools)
    root, tests = PurePosixPath("services", name), PurePosixPath("tests", "services", name)
    package = root / "src" / f"{name}_mcp"
    files = {
        root / "pyproject.toml": project(name, title, port, operations),
        root / "README.md": readme(name, title, operations),
        root / "openapi.json": as_json(stored(description, tools, base_url)),
        root / "operations.md": operations_file(name, tools, list(lines_of(operations.unused))),
        package / "settings.py": settings(name, title, port, base_url, operations.credentials),
        package / "identity.py": identity(name, title, operations),
        package / "app.py": app(name, operations, made),
        tests / "contract.py": contract(name, tools),
        tests / "test_tools.py": test_of_tools(name, tools),
    }
    for module in made:
        files[package / "tools" / f"{module.name}.py"] = module.tools
        if module.models:
            files[package / "models" / f"{module.name}.py"] = module.models
    return files


def lines_of(unused: Sequence[Unused], most: int | None = None) -> list[str]:
    """The operations that are no tools, by reason, as lines of Markdown.

    Args:
        most: operations for each reason; None for all.
    """
    lines: list[str] = []
    ordered = sorted(unused, key=lambda one: one.reason)
    for reason, group in groupby(ordered, key=lambda one: one.reason):
        members = list(group)
        lines += [f"{reason.capitalize()} ({len(members)}):", ""]
        lines += [f"- `{one.method} {shown_path(one.path)}`" for one in members[:most]]
        if most is not None and len(members) > most:
            lines.append(f"- and {len(members) - most} more")
        lines.append("")
    return lines[:-1]


def _notes(service: str, operations: Operations) -> list[str]:
    made = ", ".join(tool.name for tool in operations.tools)
    notes = [f"{len(operations.tools)} tools: {made}."]
    if operations.unused:
        notes.append(f"{len(operations.unused)} operations are no tools (services/{service}/operations.md lists all):")
        notes += lines_of(operations.unused, _SHOWN)
    for name in operations.credentials.settings:
        notes.append(f"{service.upper()}_{name.upper()} carries the credential of the API.")
    if any(scheme.expires for scheme in operations.credentials.schemes.values()):
        notes.append("The API signs in with OAuth. This server does not: it sends the access token that it is given.")
    return notes

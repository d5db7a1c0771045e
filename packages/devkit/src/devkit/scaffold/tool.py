"""Makes a tool that reads, in a server that exists."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from devkit.errors import DevkitError
from devkit.scaffold import tool_code
from devkit.scaffold.columns import Fields, fields_of
from devkit.scaffold.evaluation import with_requests
from devkit.scaffold.names import server_with_tool
from devkit.scaffold.records import changed_since, record, recorded
from devkit.scaffold.registration import with_imports, with_tool
from devkit.scaffold.tool_code import ToolNames
from devkit.scaffold.tools import tidy, write_generated
from devkit.scaffold.transaction import Transaction
from devkit.settings import DevkitSettings
from devkit.workspace.composition import compose_to_describe
from devkit.workspace.services import ServiceDescription, find

Say = Callable[[str], None]
_LONGEST: Final = 40
_READS: Final = ("count", "find", "get", "list", "read", "search", "show")
_EXAMPLE: Final = "Use a verb that reads and a noun, such as TOOL=list_invoices."


def create_tool(
    settings: DevkitSettings, service: str, tool: str, table: str | None = None, say: Say = lambda _: None
) -> list[Path]:
    """Write a tool with its model, port, adapter, registration, test and requests.

    Args:
        tool: its name, such as ``list_invoices``.
        table: a table of the server, whose rows it lists. Without one, it lists constants of its model.
        say: takes a line for each step.

    Returns:
        Every file that was written or changed.

    Raises:
        DevkitError: a name is bad or taken, the server has another form, or a step failed. Every file is as it was.
    """
    workspace = settings.workspace
    description = find(workspace, service)
    _check_name(workspace, tool)
    fields = fields_of(service, table) if table is not None else None
    names = _names(workspace, description, tool, fields)
    source, tests = description.source / names.package, workspace / "tests" / "services" / service
    mine = changed_since(settings, service, [description.directory, tests]) if recorded(settings, service) else None
    files = _files(source, tests, names, fields)
    for path in files:
        if path.exists():
            raise DevkitError(f"{path.relative_to(workspace)} exists already. Choose another name for the tool.")
    app = source / "app.py"
    needs = () if fields is None else ("reader",)
    registered = with_tool(app.read_text(encoding="utf-8"), names.registration, _imports(names, fields), needs)
    try:
        with Transaction(workspace) as change:
            for path, text in files.items():
                change.write(path, text)
            if fields is not None:
                _write_port(change, source, names)
            change.write(app, registered)
            with_requests(change, workspace, tool_code.requests(names), service)
            tidy(workspace, [path for path in change.changed if path.suffix == ".py"])
            say(f"Wrote {tool} and registered it in {app.relative_to(workspace)}.")
            write_generated(change, workspace)
    except BaseException:
        say(f"{tool} was not made. Every file is as it was.")
        raise
    if mine is not None:
        kept = [path for path in change.changed if path.relative_to(workspace).as_posix() not in mine]
        record(settings, service, kept)
    if names.toolset:
        say(f"It is in the toolset {names.toolset}; app.py says so.")
    if fields is not None and fields.left_out:
        say(f"Left out, as no plain field has their type: {', '.join(fields.left_out)}.")
    return change.changed


def _check_name(workspace: Path, tool: str) -> None:
    """Raise `DevkitError` with the reason if no tool that reads can be called so."""
    if not re.fullmatch(r"[a-z]+(?:_[a-z][a-z0-9]*)+", tool) or len(tool) > _LONGEST:
        raise DevkitError(
            f"TOOL={tool} cannot name a tool: it is a verb and a noun in lower case, joined by _, of at most "
            f"{_LONGEST} characters. {_EXAMPLE}"
        )
    if tool.partition("_")[0] not in _READS:
        raise DevkitError(
            f"TOOL={tool} does not begin with a verb that reads ({', '.join(_READS)}). {_EXAMPLE} For a tool that "
            'writes see CONTRIBUTING.md, "A tool that writes".'
        )
    if (other := server_with_tool(workspace, tool)) is not None:
        raise DevkitError(f"TOOL={tool} is taken: {other} has a tool of that name. {_EXAMPLE}")


def _names(workspace: Path, service: ServiceDescription, tool: str, fields: Fields | None) -> ToolNames:
    """The names of the tool's parts."""
    scope = next((scope for scope in service.scopes if scope.endswith(":read")), None)
    if scope is None:
        raise DevkitError(
            f"{service.name} has no scope that ends in :read. Add one under [tool.fleet] in its pyproject.toml."
        )
    present = compose_to_describe(service.name).registry.tools.values()
    names = ToolNames(
        service=service.name,
        title=service.title,
        tool=tool,
        scope=scope,
        toolset=next((one.toolset for one in present if one.toolset), None),
        fixture=_fixture(workspace, service.name),
        port_module="ports" if (service.source / f"{service.name}_mcp" / "ports.py").exists() else f"ports.{tool}",
    )
    made = f"{names.stem}Tools({names.stem}Query(reader))" if fields is not None else f"{names.stem}Tools()"
    return replace(names, source=made)


def _fixture(workspace: Path, service: str) -> str:
    """The fixture that is a client with the right to read."""
    file = workspace / "tests" / "services" / service / "conftest.py"
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    for name in ("acme", "reader", "client"):
        if re.search(rf"^async def {name}\(|^    {name},$", text, re.MULTILINE):
            return name
    raise DevkitError(
        f"tests/services/{service}/conftest.py has no fixture acme, reader or client for the test of the tool. "
        'Write the tool by hand: CONTRIBUTING.md, "Add a tool".'
    )


def _files(source: Path, tests: Path, names: ToolNames, fields: Fields | None) -> dict[Path, str]:
    """The new files."""
    files = {
        source / "models" / f"{names.tool}.py": tool_code.model(names, fields),
        source / "tools" / f"{names.tool}.py": tool_code.method(names, fields),
        tests / f"test_{names.tool}.py": tool_code.test(names, fields),
    }
    if fields is not None:
        files[source / "adapters" / f"{names.tool}.py"] = tool_code.adapter(names, fields)
    return files


def _imports(names: ToolNames, fields: Fields | None) -> list[str]:
    imports = [
        f"from {names.package}.tools.{names.tool} import {names.stem}Tools",
        "from servicekit.registry import read",
    ]
    if fields is not None:
        imports.append(f"from {names.package}.adapters.{names.tool} import {names.stem}Query")
    return imports


def _write_port(change: Transaction, source: Path, names: ToolNames) -> None:
    """Write the port: into a module of its own, or at the end of ports.py."""
    imports, text = tool_code.port(names)
    module = source / "ports.py"
    if module.exists():
        before = module.read_text(encoding="utf-8").rstrip()
        change.write(module, with_imports(f"{before}\n\n\n{text}", imports))
    else:
        head = f'"""The port of {names.tool}."""\n\n' + "\n".join(imports)
        change.write(source / "ports" / f"{names.tool}.py", f"{head}\n\n\n{text}")

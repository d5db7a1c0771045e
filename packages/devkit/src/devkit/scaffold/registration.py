"""Registers a tool in a server's app.py, where that has the form that the templates and most servers have."""

import ast

from devkit.errors import DevkitError

_BY_HAND = 'Add the tool by hand: CONTRIBUTING.md, "Add a tool".'


def with_tool(source: str, registration: str, imports: list[str], needs: tuple[str, ...] = ()) -> str:
    """The text of app.py with one more element in the list `tools` of its `Service`.

    Args:
        source: the text of app.py.
        registration: an expression, such as ``read(tools.list_invoices, scope=READ)``.
        imports: import statements that the expression needs. The formatter sorts them.
        needs: names that the expression takes from `build`, such as ``reader``.

    Raises:
        DevkitError: app.py has another form.
    """
    tree = ast.parse(source)
    build = next((one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "build"), None)
    if build is None:
        raise DevkitError(f"app.py has no function build. {_BY_HAND}")
    for name in needs:
        if name not in _assigned(build):
            raise DevkitError(f"build in app.py has no variable {name}, with which the tool would read. {_BY_HAND}")
    listed = _tools_of(build)
    if listed is None or listed.end_lineno is None or listed.end_col_offset is None:
        raise DevkitError(f"app.py has no list tools=[...] in the call of Service. {_BY_HAND}")
    lines = source.splitlines(keepends=True)
    end = sum(map(len, lines[: listed.end_lineno - 1]))
    # Columns of the syntax tree count bytes.
    end += len(lines[listed.end_lineno - 1].encode()[: listed.end_col_offset - 1].decode())
    before, after = source[:end].rstrip(), source[end:]
    comma = "" if before.endswith((",", "[")) or _ends_in_comment(before) else ","
    changed = f"{before}{comma}\n{registration},\n{after}"
    return with_imports(changed, imports)


def _assigned(build: ast.FunctionDef) -> set[str]:
    """The names that the function's own statements assign."""
    targets = [target for one in build.body if isinstance(one, ast.Assign) for target in one.targets]
    return {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}


def _tools_of(build: ast.FunctionDef) -> ast.List | None:
    """The list of tools in the call of `Service`."""
    for call in ast.walk(build):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Service":
            for keyword in call.keywords:
                if keyword.arg == "tools" and isinstance(keyword.value, ast.List):
                    return keyword.value
    return None


def _ends_in_comment(text: str) -> bool:
    return "#" in text.rpartition("\n")[2]


def with_imports(source: str, imports: list[str]) -> str:
    """The text with more imports, behind its docstring."""
    body = ast.parse(source).body
    first = next(one for one in body if isinstance(one, ast.Import | ast.ImportFrom))
    lines = source.splitlines(keepends=True)
    return "".join([*lines[: first.lineno - 1], *(f"{line}\n" for line in imports), *lines[first.lineno - 1 :]])

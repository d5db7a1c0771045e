"""Python code of the generated modules with tools and models. Every text of the description in it is a literal."""

import ast
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from devkit.scaffold.openapi.arguments import Argument
from devkit.scaffold.openapi.listings import Listing
from devkit.scaffold.openapi.names import class_name, words_of
from devkit.scaffold.openapi.operations import Tool
from devkit.scaffold.openapi.results import Model, Models

_WIDTH: Final = 108
_LONGEST_LITERAL: Final = 90
_IMPORTS: Final[Mapping[str, Sequence[str]]] = {
    "datetime": ("date",),
    "typing": ("Annotated", "Literal"),
    "pydantic": ("AwareDatetime", "Field"),
    "servicekit.schema": (
        "Columns", "CursorKey", "Exact", "Identifier", "Limit", "Page", "Record", "Searched", "StartOfDay",
    ),
}  # fmt: skip
_OWN_IMPORTS: Final[Mapping[str, Sequence[str]]] = {
    "models.values": ("FIRST", "ONE_LINE", "Content", "Json", "Name", "Text", "Value", "content_of"),
    "ports": ("Api",),
    "tools.pages": ("Listing", "page_of"),
}


@dataclass(frozen=True)
class ModuleOfTools:
    """The tools and models of one noun.

    Attributes:
        name: of both modules.
        class_name: of the class with the tools.
    """

    name: str
    class_name: str
    tools: str
    models: str
    left_out_fields: int


def module_of(
    service: str, title: str, name: str, tools: Sequence[Tool], models: Models, every: Sequence[Tool]
) -> ModuleOfTools:
    """The code of a group of tools and of what they return; `every` has all tools of the server."""
    results = {tool.name: models.model(tool.schema, tool.nouns) for tool in tools}
    used = {model.name for model in models.made}
    holder = class_name([*words_of(name), "tools"], used)
    aliases = _Aliases({*used, holder})
    methods = [_method(tool, title, results[tool.name], aliases, every) for tool in tools]
    constants = [
        f"{_constant(tool)} = {_listing(tool.listing, is_wrapped=results[tool.name] is None)}"
        for tool in tools
        if tool.listing is not None
    ]
    words = " ".join(words_of(name))
    body = "\n\n".join(
        [
            "\n".join(aliases.lines + constants),
            f"class {holder}:\n    {_docstring(f'Tools that read {words}. One method is one tool.', 4)}\n\n"
            "    def __init__(self, api: Api) -> None:\n        self._api = api\n\n" + "\n\n".join(methods),
        ]
    )
    own = {f"models.{name}": sorted({model.name for model in models.made})}
    return ModuleOfTools(
        name=name,
        class_name=holder,
        tools=f'"""Tools that read {words}."""\n\n{_imports(service, body, own)}\n\n{body}\n',
        models=_models(service, words, models.made) if models.made else "",
        left_out_fields=models.left_out,
    )


class _Aliases:
    """The types of the arguments of a module, each under a name."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._known: dict[str, str] = {}
        self.lines: list[str] = []

    def of(self, argument: Argument) -> str:
        """The name of the type of an argument."""
        if argument.annotation not in self._known:
            name = class_name(argument.name.split("_"), self._taken)
            self._taken.add(name)
            self._known[argument.annotation] = name
            self.lines.append(f"{name} = {argument.annotation}")
        return self._known[argument.annotation]


def _method(tool: Tool, title: str, model: Model | None, aliases: _Aliases, others: Sequence[Tool]) -> str:
    parameters = ["self"]
    for argument in tool.arguments:
        kind = aliases.of(argument)
        parameters.append(f"{argument.name}: {kind}" if argument.required else f"{argument.name}: {kind} | None = None")
    if tool.listing is not None:
        parameters += ["limit: Limit = 20", "cursor: CursorKey | None = None"]
        returned = f"Annotated[Page[{_model_of(model)}], Columns()]"
    else:
        returned = model.name if model is not None else "Content"
    return (
        f"    async def {tool.name}({', '.join(parameters)}) -> {returned}:\n"
        f"        {_docstring(_says(tool, title, others), 8)}\n"
        f"        return await {_call(tool, title, model)}"
    )


def _model_of(model: Model | None) -> str:
    return model.name if model is not None else "Value"


def _call(tool: Tool, title: str, model: Model | None) -> str:
    path = ", ".join(_segment(parts, tool.arguments) for parts in tool.segments)
    path += "," if len(tool.segments) == 1 else ""
    query = ", ".join(f"{one.wire!r}: {one.sent}" for one in tool.arguments if one.place == "query")
    noun = " ".join(tool.nouns)
    absent = f"{title} has no {noun} of that {tool.named}." if tool.named else f"{title} has no {noun} now."
    if len(absent) > _LONGEST_LITERAL:
        absent = f"{title} has no {noun} of these identifiers."
    more = f"absent={absent!r}"
    if tool.headers:
        more += f", headers={dict(tool.headers)!r}"
    if tool.ending_slash:
        more += ", ending_slash=True"
    if tool.listing is not None:
        return (
            f"page_of(self._api, ({path}), {{{query}}}, {_constant(tool)}, {_model_of(model)}, limit, cursor, {more})"
        )
    parse = f"{model.name}.model_validate" if model is not None else "content_of"
    return f"self._api.read(({path}), {{{query}}}, {parse}, {more})"


def _segment(parts: Sequence[str], arguments: Sequence[Argument]) -> str:
    """Python code of a segment: text and arguments by turns."""
    sent = {one.wire: one for one in arguments if one.place == "path"}
    codes = [_as_text(sent[part]) if at % 2 else repr(part) for at, part in enumerate(parts) if part]
    return " + ".join(codes) if len(codes) > 1 else codes[0]


def _as_text(argument: Argument) -> str:
    if argument.annotation.startswith("Annotated[bool"):
        return f"str({argument.name}).lower()"
    return argument.name if argument.annotation.startswith("Annotated[str, Identifier") else f"str({argument.name})"


def _says(tool: Tool, title: str, others: Sequence[Tool]) -> str:
    """What a model reads about a tool: what it reads, the API's own words as a quotation, and the next tool."""
    noun = " ".join(tool.nouns)
    if tool.listing is not None:
        own = f"{noun.capitalize()} in {title}, page by page."
        single = next((one for one in others if one.path.rpartition("/{")[0] == tool.path.rstrip("/")), None)
        follows = f" {single.name} reads one of them." if single is not None else ""
    else:
        own = f"{noun.capitalize()} in {title}" + (f", by {tool.named}." if tool.named else ", as it is now.")
        follows = ""
    quoted = f' The API says: "{tool.says}".' if tool.says else " At most ten seconds old."
    return own + quoted + follows


def _docstring(text: str, indent: int) -> str:
    widest = _WIDTH - indent if text.isascii() else (_WIDTH - indent) // 2
    lines = textwrap.wrap(text, widest, break_on_hyphens=False)
    return '"""' + f"\n{' ' * indent}".join(lines) + '"""'


def _constant(tool: Tool) -> str:
    return f"_{tool.name.upper()}"


def _listing(listing: Listing, *, is_wrapped: bool) -> str:
    """Python code of the constant, without what has its default."""
    listing = replace(listing, wrap="value" if is_wrapped else "")
    given = ", ".join(
        f"{one.name}={getattr(listing, one.name)!r}"
        for one in fields(listing)
        if getattr(listing, one.name) != one.default
    )
    return f"Listing({given})"


def _models(service: str, words: str, models: Iterable[Model]) -> str:
    classes = []
    for model in models:
        lines = [f"class {model.name}(Record):", f"    {_docstring(_of_model(model), 4)}", ""]
        for one in model.fields:
            default = "None" if one.name == one.wire else f"Field(None, validation_alias={one.wire!r})"
            lines.append(f"    {one.name}: {one.annotation} | None = {default}")
        classes.append("\n".join(lines))
    body = "\n\n\n".join(classes)
    head = f'"""What the API sends about {words}. A value that it leaves out is None."""'
    return f"{head}\n\n{_imports(service, body, {})}\n\n{body}\n"


def _of_model(model: Model) -> str:
    shown = ", ".join(one.name for one in model.fields[:3])
    return f"A record with {shown}{' and more' if len(model.fields) > 3 else ''}."


def _imports(service: str, body: str, own: Mapping[str, Sequence[str]]) -> str:
    """The imports of the names that some code uses."""
    used = {
        node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    known = {**_IMPORTS, **{f"{service}_mcp.{room}": names for room, names in {**_OWN_IMPORTS, **own}.items()}}
    lines = []
    for module, names in known.items():
        needed = [name for name in names if name in used]
        if needed:
            lines.append(f"from {module} import {', '.join(needed)}")
    return "\n".join(lines)

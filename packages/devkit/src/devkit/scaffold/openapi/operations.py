"""The operations of a description: at most 20 become tools, and each of the others has the reason why it is none."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote

from devkit.errors import DevkitError
from devkit.scaffold.openapi.arguments import Argument, LeftOut, read_parameters, shown_name
from devkit.scaffold.openapi.credentials import Credentials
from devkit.scaffold.openapi.listings import Listing, listing_of
from devkit.scaffold.openapi.names import fixed_parts, letters_of, nouns_of, singular, tool_words, unique, words_of
from devkit.scaffold.openapi.results import rows_of
from devkit.scaffold.openapi.texts import inert
from devkit.simulators.openapi.described_paths import PARAMETER
from devkit.simulators.openapi.description import Description, Node, Unresolvable, mapping_of

MOST_TOOLS: Final = 20
MOST_ARGUMENTS: Final = 16
_UNRESERVED: Final = re.compile(r"[\w.~{} -]+")
"""Of a segment of a path: others would be sent percent-encoded, which some servers read as another path."""
_LONGEST_PATH: Final = 300
_FOUND: Final = re.compile(r"(max_length=\d+)\)(?=, Field)")
"""The end of an `Identifier` in the annotation of an argument."""
_SEARCHES: Final = frozenset({"q", "query", "search", "term", "terms", "keyword", "keywords", "text", "searchterm"})


@dataclass(frozen=True)
class Unused:
    """An operation that is no tool.

    Attributes:
        reason: a predicate, such as ``is deprecated``.
    """

    method: str
    path: str
    reason: str


@dataclass(frozen=True)
class Tool:
    """An operation that becomes a tool.

    Attributes:
        name: of the tool, such as ``list_pets``.
        nouns: the words of its name after the verb.
        manner: how it selects, such as ``tags``; part of the name where another tool would have the same.
        group: the words of the module that it is in.
        says: the beginning of the API's own text about it, inert; empty for none.
        arguments: those of the API's parameters that the tool has, required ones first.
        headers: sent with each request.
        ignored: optional parameters that the tool has not, with the reasons.
        schema: of the response, or of one record of a list.
        listing: None for one record.
        segments: the path: fixed text, or the parts of a segment with parameters.
        ending_slash: the path ends with a slash.
    """

    name: str
    nouns: tuple[str, ...]
    manner: tuple[str, ...]
    group: tuple[str, ...]
    path: str
    says: str
    arguments: tuple[Argument, ...]
    headers: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]
    schema: Any
    listing: Listing | None
    segments: tuple[tuple[str, ...], ...]
    ending_slash: bool
    operation: Node

    @property
    def named(self) -> str:
        """The arguments that name one record, in words."""
        return " and ".join(one.name for one in self.arguments if one.place == "path")


@dataclass(frozen=True)
class Operations:
    """What becomes of every operation of a description."""

    tools: tuple[Tool, ...]
    unused: tuple[Unused, ...]
    credentials: Credentials


def choose(description: Description, service: str, is_taken: Callable[[str], bool]) -> Operations:
    """Choose the tools: the list and the record of each noun at the top of the API first, in the order of the file;
    then those below them.

    Args:
        is_taken: whether a server of the fleet has a tool of that name.

    Raises:
        DevkitError: no operation can become a tool; says why for the first ones.
    """
    found = list(description.operations())
    gets = [operation for _, method, _, operation in found if method == "get"]
    credentials = Credentials(description, gets)
    unused = [Unused(method.upper(), path, "changes data") for path, method, _, _ in found if method != "get"]
    candidates: list[Tool] = []
    for path, method, item, operation in found:
        if method == "get":
            try:
                credentials.check(operation)
                candidates.append(_candidate(description, path, item, operation))
            except (LeftOut, Unresolvable) as reason:
                unused.append(Unused("GET", path, str(reason)))
    candidates = list(_in_order(candidates))
    unused += [Unused("GET", one.path, f"is beyond the first {MOST_TOOLS}") for one in candidates[MOST_TOOLS:]]
    if not candidates:
        raise DevkitError(_nothing(unused))
    tools = tuple(_named(candidates[:MOST_TOOLS], service, is_taken))
    return Operations(tools, tuple(unused), credentials)


def _nothing(unused: Sequence[Unused]) -> str:
    gets = [one for one in unused if one.method == "GET"]
    if not gets:
        return "The description has no GET operation, and tools are made from these only. Write the tools by hand."
    shown = "; ".join(f"one {one.reason}" for one in gets[:3])
    return f"None of the {len(gets)} GET operations of the description can become a tool: {shown}."


def _candidate(description: Description, path: str, item: Node, operation: Node) -> Tool:
    """The tool of an operation, without its final name.

    Raises:
        LeftOut, Unresolvable: it cannot become one.
    """
    if operation.get("deprecated") is True:
        raise LeftOut("is deprecated")
    if "servers" in operation or "servers" in item:
        raise LeftOut("is on a server of its own")
    if mapping_of(operation.get("requestBody")).get("required") is True:
        raise LeftOut("needs a request body")
    segments, ending_slash = _segments(path)
    success = description.success(operation)
    if success is None:
        raise LeftOut("describes no success")
    content = description.json_content(success[1])
    if content is None:
        kinds = [re.sub(r"[^a-z0-9/+.-]", "", str(kind).lower())[:40] for kind in mapping_of(success[1].get("content"))]
        raise LeftOut(f"answers with {kinds[0]} and not with JSON" if kinds else "describes no content")
    parameters = description.parameters(item, operation)
    rows = rows_of(description, content.get("schema"), path)
    listing = listing_of(description, rows, parameters) if rows is not None else None
    if listing is not None:
        parameters = [one for one in parameters if one.get("name") not in listing.parameters]
    searches = any(
        "".join(words_of(str(one.get("name", "")))) in _SEARCHES for one in parameters if one.get("in") == "query"
    )
    operation_id = operation.get("operationId")
    verb, nouns, manner = tool_words(
        operation_id if isinstance(operation_id, str) else "", path, is_list=rows is not None, searches=searches
    )
    noun = singular(nouns[-1])
    names = PARAMETER.findall(path)
    read = read_parameters(description, parameters, names, noun)
    group = letters_of(words_of(fixed_parts(path)[0])) if fixed_parts(path) else []
    return Tool(
        name=f"{verb}_{'_'.join(nouns)}",
        nouns=tuple(nouns),
        manner=tuple(manner),
        group=tuple(group[:3]) or tuple(nouns_of(path)[:2]),
        path=path,
        says=inert(operation.get("summary")) or inert(operation.get("description")),
        arguments=_bounded(read.arguments),
        headers=tuple(read.headers.items()),
        ignored=(*read.ignored, *(f"{shown_name(one.wire)}: one of too many" for one in _dropped(read.arguments))),
        schema=rows.items if rows is not None else content.get("schema", {}),
        listing=listing,
        segments=segments,
        ending_slash=ending_slash,
        operation=operation,
    )


def _bounded(arguments: Sequence[Argument]) -> tuple[Argument, ...]:
    """The required arguments, and as many of the others as a tool may have."""
    ordered = sorted(arguments, key=lambda one: not one.required)
    needed = sum(one.required for one in arguments)
    if needed > MOST_ARGUMENTS:
        raise LeftOut(f"needs more than {MOST_ARGUMENTS} parameters")
    return tuple(ordered[:MOST_ARGUMENTS])


def _dropped(arguments: Sequence[Argument]) -> list[Argument]:
    return sorted(arguments, key=lambda one: not one.required)[MOST_ARGUMENTS:]


def _segments(path: str) -> tuple[tuple[tuple[str, ...], ...], bool]:
    """The segments of a path template: each is text and names of parameters by turns, beginning with text."""
    if not path.startswith("/") or len(path) > _LONGEST_PATH:
        raise LeftOut("has a path that does not begin with a slash, or is too long")
    inner = path[1:]
    ending = inner.endswith("/")
    found: list[tuple[str, ...]] = []
    for part in inner.removesuffix("/").split("/") if inner else []:
        if not _UNRESERVED.fullmatch(unquote(part)) or part.count("{") != part.count("}"):
            raise LeftOut("has a path with other signs than letters, digits, -, ., _ and ~")
        pieces = [unquote(piece) if at % 2 == 0 else piece for at, piece in enumerate(PARAMETER.split(part))]
        if any("{" in piece or "}" in piece for piece in pieces) or pieces in ([""], ["."], [".."]):
            raise LeftOut("has a path with an empty segment or an unclosed brace")
        found.append(tuple(pieces))
    return tuple(found), ending


def _in_order(tools: Sequence[Tool]) -> Iterator[Tool]:
    """Depth first by nouns, so that 20 tools are whole nouns rather than the lists of many."""
    first: dict[str, int] = {}
    for at, tool in enumerate(tools):
        first.setdefault((fixed_parts(tool.path) or [""])[0], at)
    yield from sorted(
        tools,
        key=lambda tool: (
            len(fixed_parts(tool.path)),
            first[(fixed_parts(tool.path) or [""])[0]],
            len(PARAMETER.findall(tool.path)),
        ),
    )


def _named(tools: Sequence[Tool], service: str, is_taken: Callable[[str], bool]) -> Iterator[Tool]:
    """The tools with names of their own; arguments that identify a record name the tool that lists it."""
    own = {f"{service}_whoami", f"{service}_list_my_actions"}
    named: list[Tool] = []
    plain = "".join(re.findall(r"[a-z]", service))
    for tool in tools:
        verb, _, rest = tool.name.partition("_")
        others = [f"{verb}_{plain}_{rest}"]
        if tool.name in own:  # two tools of one server differ by how they select, or by what is above them
            others = [f"{verb}_{'_'.join(nouns_of(tool.path))}", *others]
            others = [f"{tool.name}_by_{'_'.join(tool.manner)}", *others] if tool.manner else others
        name = unique([tool.name, *others], lambda name: name in own or is_taken(name))
        own.add(name)
        named.append(replace(tool, name=name))
    lists = {tool.path.rstrip("/"): tool.name for tool in named if tool.listing is not None}
    for tool in named:
        above = tool.path.rpartition("/{")[0]
        finder = lists.get(above)
        if finder is None or not tool.path.endswith("}"):
            yield tool
            continue
        last = PARAMETER.findall(tool.path)[-1]
        yield replace(
            tool,
            arguments=tuple(
                replace(one, annotation=_FOUND.sub(rf"\1, found_by='{finder}')", one.annotation, count=1))
                if one.wire == last
                else one
                for one in tool.arguments
            ),
        )

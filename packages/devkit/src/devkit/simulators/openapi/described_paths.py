"""The GET operations of a description as a simulated API answers them: lists and records that name each other."""

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from devkit.simulators.openapi.description import Description, Unresolvable, mapping_of
from devkit.simulators.openapi.values import ROWS, Values

PARAMETER: Final = re.compile(r"\{([^{}/]+)\}")
"""A parameter in the template of a path."""

EXAMPLE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._:/+@=,-]{0,78}[A-Za-z0-9])?")
"""A text that is shown as the example of an identifier; another one, such as a long hash, becomes ``x``."""


@dataclass(frozen=True)
class DescribedPath:
    """One GET operation.

    Attributes:
        pattern: matches the raw path of a request; a group for each parameter.
        names: the parameters of the path, in the order of the groups.
        known: of each of them, the values of which there is a record.
        required: the query parameters that a request needs.
        status: of the response.
        records: the response. Each of its records gets the identifiers in `known`.
        listed: the parameter that tells the records of this list apart; None where it is no list of such records.
    """

    template: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    known: Mapping[str, tuple[Any, ...]]
    required: tuple[str, ...]
    status: int
    records: Any
    listed: tuple[str, tuple[Any, ...]] | None

    def values_in(self, raw_path: str) -> dict[str, str] | None:
        """The decoded parameters in the path of a request; None if it is the path of another operation."""
        match = self.pattern.fullmatch(raw_path)
        return None if match is None else dict(zip(self.names, map(unquote, match.groups()), strict=True))

    def content(self, values: Mapping[str, str]) -> Any:
        """The response to a request with these values in its path."""
        content = copy.deepcopy(self.records)
        if self.listed is not None:
            name, known = self.listed
            for row, value in zip(rows_in(content), known, strict=False):  # a list may be shorter
                _identify(row, name, value)
        elif self.names and isinstance(content, dict):
            name = self.names[-1]
            value = next((one for one in self.known[name] if str(one) == values[name]), values[name])
            _identify(content, name, value)
        return content


def described_paths(description: Description) -> list[DescribedPath]:
    """The GET operations that answer with JSON, those with the most fixed text in their path first."""
    made = Values(description)
    found: list[DescribedPath] = []
    identifiers: dict[tuple[str, str], tuple[Any, ...]] = {}
    gets = [(path, item, one) for path, method, item, one in description.operations() if method == "get"]
    for path, item, operation in gets:
        try:
            parameters = description.parameters(item, operation)
        except Unresolvable:
            continue
        for parameter in parameters:
            if parameter.get("in") == "path":
                name = str(parameter.get("name"))
                key = (before(path, name), name)
                named = (*identifiers.get(key, ()), *known_values(made, parameter))
                identifiers[key] = tuple(dict.fromkeys(named))
    for path, item, operation in gets:
        try:
            success, parameters = description.success(operation), description.parameters(item, operation)
            content = None if success is None else description.json_content(success[1])
        except Unresolvable:
            continue
        if success is None or content is None:
            continue
        names = tuple(PARAMETER.findall(path))
        pattern = re.compile("".join(_patterns(path)))
        known = {name: identifiers.get((before(path, name), name), ("1",)) for name in names}
        below = next((key for key in identifiers if key[0] == f"{path.rstrip('/')}/"), None)
        found.append(
            DescribedPath(
                template=path,
                pattern=pattern,
                names=names,
                known=known,
                required=tuple(
                    str(one["name"]) for one in parameters if one.get("in") == "query" and one.get("required") is True
                ),
                status=success[0],
                records=made.content(content, path),
                listed=(below[1], identifiers[below]) if below is not None else None,
            )
        )
    return sorted(found, key=lambda one: (len(one.names), -len(one.template)))


def known_values(made: Values, parameter: Mapping[str, Any]) -> tuple[Any, ...]:
    """The values of a parameter of a path of which the simulated API has a record, the first one first."""
    schema = mapping_of(parameter.get("schema"))
    name = str(parameter.get("name"))
    first = made.content({**parameter, "schema": schema}, name)
    others = [made.value(schema, name, number) for number in range(2, ROWS + 1)]
    plain = ["x" if isinstance(one, str) and not EXAMPLE.fullmatch(one) else one for one in (first, *others)]
    return tuple(dict.fromkeys(one for one in plain if isinstance(one, str | int | float)))


def before(template: str, name: str) -> str:
    """The part of the template of a path before a parameter."""
    return template.partition("{" + name + "}")[0]


def rows_in(content: Any) -> list[Any]:
    """The records of a list: the response itself, or the first list of objects in it."""
    if isinstance(content, dict):
        lists = (value for value in content.values() if isinstance(value, list))
        content = next((value for value in lists if value and isinstance(value[0], dict)), [])
    return content if isinstance(content, list) else []


def _identify(record: Any, parameter: str, value: Any) -> None:
    """Give a record the identifier by which its path names it, in the property that has it."""
    if not isinstance(record, dict):
        return
    for name in record:
        if _folded(name) in (_folded(parameter), "id") and isinstance(record[name], type(value)):
            record[name] = value
            return


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _patterns(template: str) -> list[str]:
    parts = PARAMETER.split(template)  # text, name, text, name, ...
    return [re.escape(part) if place % 2 == 0 else "([^/]+)" for place, part in enumerate(parts)]

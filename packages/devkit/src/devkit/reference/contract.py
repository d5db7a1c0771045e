"""The public contract of a server: tools, resources and prompts as clients see them. Finds breaking changes."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from servicekit.server import Service

Schema = Mapping[str, Any]

_STRICTER_WHEN_HIGHER = ("minimum", "minLength", "minItems", "exclusiveMinimum")
_STRICTER_WHEN_LOWER = ("maximum", "maxLength", "maxItems", "exclusiveMaximum")


def contract_of(service: Service) -> dict[str, Any]:
    """What clients of a service depend on: tools with scopes, input and output; resources; prompts."""
    return {
        "service": service.identity.name,
        "version": service.identity.version,
        "tools": {
            name: {
                "description": tool.description,
                "scopes": sorted(tool.scopes),
                "writes": tool.writes,
                "destructive": tool.destructive,
                "input": tool.arguments.schema,
                "output": tool.output_schema,
            }
            for name, tool in sorted(service.registry.tools.items())
        },
        "resources": sorted(service.registry.resources),
        "prompts": {name: list(row.arguments.names) for name, row in sorted(service.registry.prompts.items())},
    }


def read_contract(path: Path) -> dict[str, Any]:
    """Read a contract file."""
    contract: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return contract


def contract_text(contract: Mapping[str, Any]) -> str:
    """The content of a contract file, formatted for readable diffs."""
    return json.dumps(contract, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def version_allows_breaking(old: str, new: str) -> bool:
    """Whether the version number announces an incompatible change (Semantic Versioning 2.0.0 §4, §8).

    Below 1.0.0 the minor number counts as the major one.
    """
    old_numbers, new_numbers = (tuple(int(part) for part in text.split(".")[:2]) for text in (old, new))
    significant = 2 if old_numbers[0] == 0 else 1
    return new_numbers[:significant] > old_numbers[:significant]


def breaking_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Each change that could break a client, as a sentence for the change's author."""
    return [
        *_removed("resource", old["resources"], new["resources"]),
        *_removed("prompt", old["prompts"], new["prompts"]),
        *_removed("tool", old["tools"], new["tools"]),
        *(
            f"{name}: The argument {argument} of this prompt is removed; requests that send it fail. "
            "Keep it until the next major version."
            for name, named in old["prompts"].items()
            for argument in named
            if argument not in new["prompts"].get(name, named)
        ),
        *(
            f"{name}: {change}"
            for name, tool in old["tools"].items()
            if name in new["tools"]
            for change in _tool_changes(tool, new["tools"][name])
        ),
    ]


def _removed(kind: str, old: Any, new: Any) -> Iterator[str]:
    for name in old:
        if name not in new:
            yield f"The {kind} {name} is removed. Keep it beside its successor until the next major version."


def _tool_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for scope in sorted(set(new["scopes"]) - set(old["scopes"])):
        yield f"It now needs the scope {scope}, which existing tokens may lack."
    if new["writes"] and not old["writes"]:
        yield "It was read-only and now writes."
    yield from _input_changes(old["input"], new["input"])
    if old["output"] is not None:
        yield from _output_changes(old["output"], new["output"] or {}, "the result")


def _input_changes(old: Schema, new: Schema, within: str | None = None) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})

    def subject(name: str) -> str:
        return f"The field {name} of {within}" if within else f"The argument {name}"

    successors = set[str]()
    for name in sorted(before.keys() - after.keys()):
        named = [other for other in sorted(after.keys() - before.keys()) if _same(before[name], after[other])]
        successors.update(named[:1])
        now = f"is renamed to {named[0]}" if named else "is removed"
        yield (
            f"{subject(name)} {now}; calls that send it fail. "
            "Keep the old name as an optional argument until the next major version."
        )
    for name in sorted(set(new.get("required", ())) - set(old.get("required", ())) - successors):
        yield f"{subject(name)} is now required. Give it a default."
    for name in sorted(before.keys() & after.keys()):
        yield from (f"{subject(name)} {change}" for change in _stricter(before[name], after[name]))
        yield from _input_changes(_record(before[name]), _record(after[name]), name)


def _record(argument: Schema) -> Schema:
    """The schema of an object argument, or of the objects in a list; else an empty schema."""
    found: Schema = argument.get("items", argument)
    return found if "properties" in found else {}


def _same(old: Schema, new: Schema) -> bool:
    """Whether two arguments differ only in title and description."""
    return all(old.get(key) == new.get(key) for key in {*old, *new} if key not in ("title", "description"))


def _stricter(old: Schema, new: Schema) -> Iterator[str]:
    if old.get("type") != new.get("type") or old.get("anyOf") != new.get("anyOf"):
        yield "has another type."
    if "enum" in new and (gone := sorted(set(map(str, old.get("enum", ["anything"]))) - set(map(str, new["enum"])))):
        yield f"no longer allows {', '.join(gone)}."
    for bound in _STRICTER_WHEN_HIGHER:
        if new.get(bound, float("-inf")) > old.get(bound, float("-inf")):
            yield f"has a stricter {bound}."
    for bound in _STRICTER_WHEN_LOWER:
        if new.get(bound, float("inf")) < old.get(bound, float("inf")):
            yield f"has a stricter {bound}."
    for keyword in ("pattern", "format"):
        if keyword in new and new[keyword] != old.get(keyword):
            yield f"has another {keyword}."
    if "items" in old and "items" in new:
        yield from _stricter(old["items"], new["items"])


def _output_changes(old: Schema, new: Schema, where: str) -> Iterator[str]:
    if old.get("type") != new.get("type"):
        yield f"{where} has another type."
        return
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in sorted(before.keys() - after.keys()):
        yield f"{name} is removed from {where}."
    for name in sorted((set(old.get("required", ())) - set(new.get("required", ()))) & after.keys()):
        yield f"{name} in {where} may now be absent."
    for name in sorted(before.keys() & after.keys()):
        yield from _output_changes(before[name], after[name], f"{name} in {where}")
    if "items" in old and "items" in new:
        yield from _output_changes(old["items"], new["items"], f"a record of {where}")

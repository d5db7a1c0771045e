"""What a server publishes, and values that its records really have."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from devkit.workspace.composition import compose_to_describe
from tests.contract.argument_cases import sample

from .fleet import Server

_KEPT = 40
"""Real values kept of a name."""
SEEDS: dict[str, dict[str, list[Any]]] = {
    "github": {
        "owner": ["acme"],
        "repo": ["website", "handbook", "payments"],
        "ref": ["main"],
        "path": ["README.md"],
        "base": ["main"],
        "query": ["fix", "release"],
    },
    "weather": {"location": ["Lisbon", "Berlin", "47.37,8.54"]},
}
"""Names with which the search for real values begins."""
SAME: dict[str, tuple[str, ...]] = {
    "order_id": ("id", "number"),
    "ticket_id": ("id", "number"),
    "ticket_ids": ("id", "number"),
    "into_id": ("id", "number"),
    "other_id": ("id", "number"),
    "issue_number": ("number",),
    "pull_number": ("number",),
    "expected_version": ("version",),
    "branch": ("name", "head"),
    "head": ("name",),
    "from_ref": ("name",),
    "assignee": ("login", "id", "email"),
}
"""Arguments, and the members of results that hold their values."""


@dataclass
class Catalogue:
    """The published lists of a server."""

    tools: dict[str, dict[str, Any]]
    templates: list[str]
    prompts: dict[str, list[str]]
    samples: dict[str, dict[str, Any]]
    """By tool: a call with right types."""
    known: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    """By name of an argument or member: values that exist."""

    def values_of(self, name: str) -> list[Any]:
        """Values that exist for an argument."""
        return [value for one in (name, *SAME.get(name, ())) for value in self.known.get(one, ())]

    def required(self, tool: str, place: int = 0) -> dict[str, Any]:
        """The tool's required arguments, as far as possible with values that exist."""
        schema = self.tools[tool]["inputSchema"]
        filled = {name: value for name, value in self.samples[tool].items() if name in schema.get("required", ())}
        for name in filled:
            if values := self.values_of(name):
                filled[name] = values[place % len(values)]
        return filled

    def uri(self, template: str) -> str:
        """A URI of a template, as far as possible with values that exist."""
        while "{" in template:
            before, _, rest = template.partition("{")
            variable, _, after = rest.partition("}")
            values = self.values_of(variable.strip("+")) or ["1"]
            template = f"{before}{values[0]}{after}"
        return template

    def note(self, value: Any, name: str = "") -> None:
        """Keep the values in a result by their names."""
        if isinstance(value, dict):
            if isinstance(columns := value.get("columns"), list) and isinstance(rows := value.get("rows"), list):
                for row in rows:
                    self.note(dict(zip(columns, row, strict=False)))
            for key, inner in value.items():
                self.note(inner, key)
        elif isinstance(value, list):
            for inner in value[:_KEPT]:
                self.note(inner, name)
        elif isinstance(value, str | int) and not isinstance(value, bool) and name and len(str(value)) < 200:
            kept = self.known[name]
            if value not in kept and len(kept) < _KEPT:
                kept.append(value)


async def read_catalogue(server: Server, tenant: str = "acme") -> Catalogue:
    """Read the lists of a server as a tenant, then call its reading tools to learn values that exist."""
    wire = server.wire(tenant)
    lists: dict[str, Any] = {}
    for method in ("tools/list", "resources/list", "resources/templates/list", "prompts/list"):
        _, message = await wire.request(method, {})
        lists |= message.get("result", {})
    registry = compose_to_describe(server.name).registry
    catalogue = Catalogue(
        tools={tool["name"]: tool for tool in lists["tools"]},
        templates=[
            *(one["uri"] for one in lists.get("resources", ())),
            *(one["uriTemplate"] for one in lists.get("resourceTemplates", ())),
        ],
        prompts={one["name"]: [a["name"] for a in one.get("arguments", ())] for one in lists.get("prompts", ())},
        samples={name: sample(tool.arguments.kinds) for name, tool in registry.tools.items()},
    )
    for name, values in SEEDS.get(server.name, {}).items():
        catalogue.known[name].extend(values)
    for _ in range(3):
        for name, tool in catalogue.tools.items():
            if tool["annotations"]["readOnlyHint"]:
                for place in range(2):
                    _, message = await wire.call(name, catalogue.required(name, place))
                    catalogue.note(message.get("result", {}).get("structuredContent", {}))
    wire.cut()
    return catalogue

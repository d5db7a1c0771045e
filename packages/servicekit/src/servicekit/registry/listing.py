"""The entries of tools/list, resources/list, resources/templates/list and prompts/list, as JSON values."""

import json
from hashlib import blake2b
from typing import Any

from servicekit.registry.prompts import PromptSpec
from servicekit.registry.resources import ResourceSpec
from servicekit.registry.tools import ToolSpec


def listed_tool(tool: ToolSpec) -> dict[str, Any]:
    """The entry of a tool in tools/list: what models read, and for people who choose tools what it needs."""
    needs = {"fleet/scopes": sorted(tool.scopes), "fleet/confirmation": tool.confirm is not None}
    return {**tool_entry(tool), "_meta": needs}


def tool_entry(tool: ToolSpec) -> dict[str, Any]:
    """What models read of a tool."""
    entry: dict[str, Any] = {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": tool.arguments.schema,
        "annotations": {
            "readOnlyHint": not (tool.writes or tool.destructive),
            "destructiveHint": tool.destructive,
            "idempotentHint": tool.idempotent,
            "openWorldHint": tool.open_world,
        },
    }
    if tool.output_schema is not None:
        entry["outputSchema"] = tool.output_schema
    return entry


def brief_tool(tool: ToolSpec) -> dict[str, Any]:
    """The entry of a tool in tools/list without the schema of its result."""
    entry = listed_tool(tool)
    entry.pop("outputSchema", None)
    return entry


def fingerprint(tool: ToolSpec) -> str:
    """A digest of the tool's entry, which changes when the model is shown another description."""
    shown = json.dumps(tool_entry(tool), sort_keys=True, ensure_ascii=False)
    return blake2b(shown.encode(), digest_size=6).hexdigest()


def resource_entry(registration: ResourceSpec) -> dict[str, Any]:
    """The entry of a resource or template in resources/list or resources/templates/list."""
    key = "uriTemplate" if registration.is_template else "uri"
    return {
        key: registration.name,
        "name": registration.method.__name__,
        "title": registration.title,
        "description": registration.description,
        "mimeType": registration.mime_type,
    }


def prompt_entry(registration: PromptSpec) -> dict[str, Any]:
    """The entry of a prompt in prompts/list."""
    properties: dict[str, Any] = registration.arguments.schema["properties"]
    required = registration.arguments.schema.get("required", [])
    arguments = [
        {"name": name, "description": schema.get("description", ""), "required": name in required}
        for name, schema in properties.items()
    ]
    return {
        "name": registration.name,
        "title": registration.title,
        "description": registration.description,
        "arguments": arguments,
    }

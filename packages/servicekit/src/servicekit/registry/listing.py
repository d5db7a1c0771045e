"""Rows as MCP clients see them: the objects inside the list results, in the wire's own form."""

import json
from hashlib import blake2b
from typing import Any

from servicekit.registry.prompts import PromptSpec
from servicekit.registry.resources import ResourceSpec
from servicekit.registry.tools import ToolSpec


def describe_tool(tool: ToolSpec) -> dict[str, Any]:
    """A tool, in tools/list."""
    described: dict[str, Any] = {
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
    if tool.output.schema is not None:
        described["outputSchema"] = tool.output.schema
    return described


def fingerprint(tool: ToolSpec) -> str:
    """A short name for all that a model is shown of a tool: another name, and it was shown something else."""
    shown = json.dumps(describe_tool(tool), sort_keys=True, ensure_ascii=False)
    return blake2b(shown.encode(), digest_size=6).hexdigest()


def describe_resource(row: ResourceSpec) -> dict[str, Any]:
    """A resource or a template, in resources/list and resources/templates/list."""
    key = "uriTemplate" if row.is_template else "uri"
    return {
        key: row.name,
        "name": row.method.__name__,
        "title": row.title,
        "description": row.description,
        "mimeType": row.mime_type,
    }


def describe_prompt(row: PromptSpec) -> dict[str, Any]:
    """A prompt, in prompts/list."""
    properties: dict[str, Any] = row.arguments.schema["properties"]
    required = row.arguments.schema.get("required", [])
    arguments = [
        {"name": name, "description": schema.get("description", ""), "required": name in required}
        for name, schema in properties.items()
    ]
    return {"name": row.name, "title": row.title, "description": row.description, "arguments": arguments}

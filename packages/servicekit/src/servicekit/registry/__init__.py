"""Registrations: one line for each tool, resource, prompt and completion."""

from servicekit.registry.preview import Preview
from servicekit.registry.prompts import ResolvedArguments, completion, prompt
from servicekit.registry.resources import resource
from servicekit.registry.tools import ToolSpec, read, write

__all__ = [
    "Preview",
    "ResolvedArguments",
    "ToolSpec",
    "completion",
    "prompt",
    "read",
    "resource",
    "write",
]

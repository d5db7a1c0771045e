"""Toolsets, with the names that GitHub's own MCP server uses."""

from typing import Literal

Toolset = Literal["repos", "issues", "pull_requests", "actions", "releases", "users"]
LISTED: tuple[Toolset, ...] = ("repos", "issues", "pull_requests", "actions", "users")
"""Those that clients get by default: their tools fit into 5 000 tokens of a prompt."""

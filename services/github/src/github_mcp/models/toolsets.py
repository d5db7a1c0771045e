"""Toolsets, with the names that GitHub's own MCP server uses where it has them."""

from typing import Literal

Toolset = Literal[
    "repos",
    "issues",
    "pull_requests",
    "actions",
    "users",
    "reviews",
    "workflows",
    "releases",
    "history",
    "repository_setup",
    "planning",
    "security",
    "people",
]
LISTED: tuple[Toolset, ...] = ("repos", "issues", "pull_requests", "actions", "users")
"""Those that clients get by default: their tools fit into 5 000 tokens of a prompt."""

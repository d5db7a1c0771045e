"""Toolsets, with the names that GitHub's own MCP server uses."""

from typing import Literal

Toolset = Literal["repos", "issues", "pull_requests", "actions", "releases", "users"]

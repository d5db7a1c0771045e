"""Comparisons and blame."""

from github_mcp.tools.history import HistoryTools
from github_mcp.toolsets.registration import GitHubPorts, Registration
from servicekit.registry import ToolSpec


def history(ports: GitHubPorts) -> list[ToolSpec]:
    """The toolset `history`, which clients get only when they choose it."""
    add = Registration("history", ports.disclosure)
    tools = HistoryTools(ports.history)
    return [
        add.read(tools.compare_refs, title="Compare two branches, tags or commits"),
        add.read(tools.search_commits, title="Search commits"),
        add.read(tools.get_blame, title="Who last changed each line"),
    ]

"""Releases."""

from github_mcp.tools.releases import ReleaseTools
from github_mcp.toolsets.registration import GitHubPorts, Registration
from servicekit.registry import ToolSpec


def releases(ports: GitHubPorts) -> list[ToolSpec]:
    """The toolset `releases`, which clients get only when they choose it."""
    add = Registration("releases", ports.disclosure)
    tools = ReleaseTools(ports.releases)
    return [
        add.read(tools.get_latest_release, title="Latest release"),
        add.write(tools.create_release, tools.find_release, title="Publish a release"),
    ]

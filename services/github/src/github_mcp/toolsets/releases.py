"""Releases, tags and release notes."""

from github_mcp.tools.releases import ReleaseTools
from github_mcp.toolsets.registration import GitHubPorts, Registration
from servicekit.registry import ToolSpec


def releases(ports: GitHubPorts) -> list[ToolSpec]:
    """The toolset `releases`, which clients get only when they choose it."""
    add = Registration("releases", ports.disclosure)
    tools = ReleaseTools(ports.releases)
    return [
        add.read(tools.list_releases, title="Releases of a repository"),
        add.read(tools.list_tags, title="Tags of a repository"),
        add.read(tools.get_latest_release, title="Latest release"),
        add.read(tools.get_release, title="Read a release"),
        add.read(tools.generate_release_notes, title="Generate release notes"),
        add.write(tools.create_release, tools.find_release, title="Publish a release"),
    ]

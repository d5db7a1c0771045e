"""Creating and forking repositories, deleting branches."""

from github_mcp.tools.repository_setup import RepositorySetupTools
from github_mcp.toolsets.registration import GitHubPorts, Registration
from servicekit.registry import ToolSpec


def repository_setup(ports: GitHubPorts) -> list[ToolSpec]:
    """The toolset `repository_setup`, which clients get only when they choose it."""
    add = Registration("repository_setup", ports.disclosure)
    tools = RepositorySetupTools(ports.repository_setup, ports.disclosure)
    return [
        add.create(tools.create_repository, tools.find_repository, title="Create a repository"),
        add.write(tools.fork_repository, tools.find_fork, title="Fork a repository"),
        add.destroy(tools.delete_branch, tools.preview_deletion, tools.find_deletion, title="Delete a branch"),
    ]

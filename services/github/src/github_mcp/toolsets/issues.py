"""Issues and their comments."""

from github_mcp.tools.issues import IssueTools
from github_mcp.toolsets.registration import GitHubPorts, Registration
from servicekit.registry import ToolSpec


def issues(ports: GitHubPorts) -> list[ToolSpec]:
    """The toolset `issues`."""
    add = Registration("issues", ports.disclosure)
    tools = IssueTools(ports.issues)
    return [
        add.read(tools.list_issues, title="Issues of a repository"),
        add.read(tools.search_issues, title="Search issues and pull requests"),
        add.read(tools.get_issue, title="Read an issue"),
        add.write(tools.create_issue, tools.find_issue, title="File an issue"),
        add.write(tools.update_issue, title="Edit, close, label, assign an issue"),
        add.write(tools.add_comment, tools.find_comment, title="Comment on an issue"),
    ]

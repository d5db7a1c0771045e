"""The account in use, and what is left of its quota."""

from github_mcp.tools.accounts import AccountTools
from github_mcp.toolsets.registration import GitHubPorts, Registration
from servicekit.registry import ToolSpec


def users(ports: GitHubPorts) -> list[ToolSpec]:
    """The toolset `users`."""
    add = Registration("users", ports.disclosure)
    tools = AccountTools(ports.accounts)
    return [
        add.read(tools.get_me, title="GitHub account in use"),
        add.read(tools.get_rate_limit, title="API quota"),
    ]

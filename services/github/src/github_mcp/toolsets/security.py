"""Security alerts."""

from github_mcp.tools.security import SecurityTools
from github_mcp.toolsets.registration import SECURITY, GitHubPorts, Registration
from servicekit.registry import ToolSpec


def security(ports: GitHubPorts) -> list[ToolSpec]:
    """The toolset `security`, which clients get only when they choose it, and under a scope of its own."""
    add = Registration("security", ports.disclosure)
    tools = SecurityTools(ports.alerts)
    return [
        add.read(tools.list_security_alerts, title="Security alerts", scope=SECURITY),
        add.read(tools.get_security_alert, title="Read a security alert", scope=SECURITY),
    ]

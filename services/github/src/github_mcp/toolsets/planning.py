"""Milestones, issue types and sub-issues."""

from github_mcp.tools.planning import PlanningTools, also_changed
from github_mcp.toolsets.registration import GitHubPorts, Registration
from servicekit.registry import ToolSpec


def planning(ports: GitHubPorts) -> list[ToolSpec]:
    """The toolset `planning`, which clients get only when they choose it."""
    add = Registration("planning", ports.disclosure)
    tools = PlanningTools(ports.planning)
    return [
        add.read(tools.list_milestones, title="Milestones of a repository"),
        add.write(tools.create_milestone, tools.find_milestone, title="Create a milestone"),
        add.write(tools.update_milestone, title="Change a milestone"),
        add.read(tools.list_labels, title="Labels"),
        add.read(tools.list_issue_types, title="Issue types"),
        add.write(tools.change_sub_issue, tools.find_sub_issue_change, title="Change sub-issues", also=also_changed),
    ]

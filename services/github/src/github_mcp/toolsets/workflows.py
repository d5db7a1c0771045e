"""Workflows and their runs."""

from github_mcp.tools.workflows import WorkflowTools
from github_mcp.toolsets.registration import GitHubPorts, Registration
from servicekit.registry import ToolSpec


def workflows(ports: GitHubPorts) -> list[ToolSpec]:
    """The toolset `workflows`, which clients get only when they choose it."""
    add = Registration("workflows", ports.disclosure)
    tools = WorkflowTools(ports.workflows, ports.run_control, ports.dispatches)
    return [
        add.read(tools.list_workflows, title="Workflows of a repository"),
        add.read(tools.list_workflow_runs, title="Workflow runs"),
        add.read(tools.get_workflow_run, title="One workflow run"),
        add.write(tools.rerun_workflow_run, title="Rerun a workflow run or job"),
        add.write(tools.cancel_workflow_run, tools.find_cancelled_run, title="Cancel a workflow run"),
        add.write(tools.dispatch_workflow, tools.find_dispatched_run, title="Start a workflow"),
    ]

"""CI: checks, logs and reruns."""

from github_mcp.tools.actions import ActionTools
from github_mcp.tools.checks import CheckTools
from github_mcp.tools.workflows import WorkflowTools
from github_mcp.toolsets.registration import GitHubPorts, Registration
from servicekit.registry import ToolSpec


def actions(ports: GitHubPorts) -> list[ToolSpec]:
    """The toolset `actions`."""
    add = Registration("actions", ports.disclosure)
    checks, logs = CheckTools(ports.checks), ActionTools(ports.actions, ports.checks)
    runs = WorkflowTools(ports.workflows, ports.run_control, ports.dispatches)
    return [
        add.read(checks.get_check_runs, title="CI checks and builds"),
        add.read(logs.get_job_logs, title="CI job logs"),
        add.write(runs.rerun_failed_jobs, title="Rerun failed CI jobs"),
    ]

"""CI: checks, logs and reruns."""

from github_mcp.tools.actions import ActionTools
from github_mcp.toolsets.registration import GitHubPorts, Registration
from servicekit.registry import ToolSpec


def actions(ports: GitHubPorts) -> list[ToolSpec]:
    """The toolset `actions`."""
    add = Registration("actions", ports.disclosure)
    tools = ActionTools(ports.actions)
    return [
        add.read(tools.get_check_runs, title="CI checks and builds"),
        add.read(tools.get_job_logs, title="CI job logs"),
        add.write(tools.rerun_failed_jobs, title="Rerun failed CI jobs"),
    ]

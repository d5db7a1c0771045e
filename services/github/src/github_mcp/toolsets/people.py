"""Users, collaborators and teams."""

from github_mcp.tools.people import PeopleTools
from github_mcp.toolsets.registration import GitHubPorts, Registration
from servicekit.registry import ToolSpec


def people(ports: GitHubPorts) -> list[ToolSpec]:
    """The toolset `people`, which clients get only when they choose it."""
    add = Registration("people", ports.disclosure)
    tools = PeopleTools(ports.people)
    return [
        add.read(tools.search_accounts, title="Find people"),
        add.read(tools.list_collaborators, title="Who has access to a repository"),
        add.read(tools.list_teams, title="Teams of an organisation"),
        add.read(tools.list_team_members, title="Members of a team"),
    ]

"""Users, collaborators and teams."""

from github_mcp.models.wire import Body, Name, Wire, at


class Person(Wire):
    """A user, or an App's bot."""

    login: Name
    kind: Name | None = at("type")
    role: Name | None = at("role_name")
    url: str | None = at("html_url")


class Team(Wire):
    """A team of an organisation. Pass `slug` to list_team_members."""

    slug: Name
    name: Name
    description: Body | None = None
    privacy: Name | None = None
    parent: Name | None = at("parent", "slug")
    url: str | None = at("html_url")

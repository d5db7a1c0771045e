"""Users, collaborators and teams."""

from mcp.client import Client

from tests.fixtures.calls import call, refusal, walk

from .scene import SITE, Hub, new_caller, plain

ACME = {"organization": "acme"}


def grants(*repositories: str) -> dict[str, dict[str, tuple[str, ...]]]:
    return {"grants": {"repositories": repositories}}


async def test_people_are_found_by_name_or_login(reader: Client) -> None:
    found = (await call(reader, "search_accounts", query="lisa"))["items"]
    assert [(one["login"], one["kind"]) for one in found] == [("mona", "User")]
    assert [one["login"] for one in await walk(reader, "search_accounts", query="type:org", limit=1)] == [
        "acme",
        "globex",
    ]
    assert (await call(reader, "search_accounts", query="zebra"))["items"] == []


async def test_collaborators_are_listed_with_their_roles(reader: Client) -> None:
    found = await walk(reader, "list_collaborators", **SITE, limit=1)
    assert [(one["login"], one["role"]) for one in found] == [("hubot", "admin"), ("mona", "admin")]
    words = await refusal(reader, "list_collaborators", owner="globex", repo="rockets")
    assert "Must have push access to view repository collaborators" in words


async def test_teams_and_their_members_are_listed(reader: Client) -> None:
    platform, reviewers = await walk(reader, "list_teams", **ACME, limit=1)
    assert (platform["slug"], plain(platform["description"])) == ("platform", "Keeps the site running")
    members = await walk(reader, "list_team_members", **ACME, team=f"@acme/{reviewers['slug']}", limit=1)
    assert [one["login"] for one in members] == ["hubot", "mona"]


async def test_an_unknown_team_names_the_nearest(reader: Client) -> None:
    words = await refusal(reader, "list_team_members", **ACME, team="code-reviewer")
    assert "There is no team `code-reviewer`" in words
    assert "Nearest: code-reviewers" in words
    for tool, arguments in (("list_teams", {}), ("list_team_members", {"team": "platform"})):
        words = await refusal(reader, tool, organization="globex", **arguments)
        assert "no teams of globex" in words
    words = await refusal(reader, "list_teams", organization="acmee")
    assert "Nearest: acme" in words


async def test_teams_need_a_grant_of_the_whole_owner(hub: Hub) -> None:
    async with hub.client(new_caller(**grants("acme/website", "globex/*"))) as client:
        assert "acme/*" in await refusal(client, "list_teams", **ACME)
        assert "acme/*" in await refusal(client, "list_team_members", **ACME, team="platform")
    assert hub.requests("GET", "/orgs/*") == 0
    async with hub.client(new_caller(**grants("acme/*"))) as client:
        assert len((await call(client, "list_teams", **ACME))["items"]) == 2

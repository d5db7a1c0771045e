"""Creating and forking repositories, deleting branches."""

from typing import Any

import pytest

from devkit.simulators.github.records.protection import Protection, Ruleset
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.repositories import Repository
from tests.fixtures.calls import call, preview, refusal

from .scene import PAYMENTS, SITE, Hub, key, new_caller

NEW = {"owner": "acme", "repo": "fresh"}


def limited(*names: str) -> Any:
    return new_caller(grants={"repositories": list(names)})


def made(hub: Hub, name: str = "acme/fresh") -> Repository | None:
    return hub.simulator.world.repositories.get(name)


async def test_repository_starts_with_readme_and_ci_in_two_calls(hub: Hub) -> None:
    async with hub.client() as client:
        created = await call(client, "create_repository", description="A start", **NEW)
        assert (created["full_name"], created["private"], created["default_branch"]) == ("acme/fresh", True, "main")
        assert "commit_files on main, without expected_head" in created["notice"]
        files = [
            {"path": "README.md", "content": "# Fresh\n"},
            {"path": ".github/workflows/ci.yml", "content": "on: push"},
        ]
        await call(client, "commit_files", branch="main", message="Begin", files=files, **NEW)
    repository = made(hub)
    assert repository is not None
    assert (repository.description, repository.private) == ("A start", True)
    assert len(list(repository.git.history(repository.git.branches()["main"]))) == 1


async def test_repository_with_readme_can_be_changed_at_once(hub: Hub) -> None:
    async with hub.client() as client:
        created = await call(client, "create_repository", owner="mona", repo="dotfiles", private=False, auto_init=True)
        assert created["private"] is False
        assert "notice" not in created
        files = [{"path": "README.md", "edits": [{"old": "# dotfiles", "new": "# Dot files"}]}]
        asked = {"owner": "mona", "repo": "dotfiles", "branch": "main", "message": "M"}
        await call(client, "commit_files", files=files, expected_head=created["head_sha"], **asked)


async def test_full_name_in_one_argument_names_the_repository(hub: Hub) -> None:
    async with hub.client() as client:
        assert (await call(client, "create_repository", repo="acme/fresh"))["full_name"] == "acme/fresh"


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"owner": "acme", "repo": "website"}, "acme/website exists already. Nothing was created."),
        (
            {"owner": "drifter", "repo": "x"},
            "drifter is another user. Nothing was created. This server acts as the account",
        ),
        ({"owner": "acne", "repo": "x"}, "Nearest: acme"),
        ({"owner": "globex", "repo": "x"}, "You need admin access to the organization"),
    ],
)
async def test_repository_that_cannot_be_created(hub: Hub, target: dict[str, str], words: str) -> None:
    before = set(hub.simulator.world.repositories)
    async with hub.client() as client:
        assert words in await refusal(client, "create_repository", **target)
    assert set(hub.simulator.world.repositories) == before


@pytest.mark.parametrize("grants", [("acme/*",), ("acme/fr*", "acme/website"), ("*/*",), ("ACME/Fresh?",)])
async def test_pattern_for_the_owner_allows_a_new_repository(hub: Hub, grants: tuple[str, ...]) -> None:
    async with hub.client(limited(*grants)) as client:
        repo = "fresh1" if "?" in grants[0] else "fresh"
        await call(client, "create_repository", owner="acme", repo=repo)
        await call(client, "fork_repository", to_owner="acme", to_repo=f"{repo}2", **SITE) if grants == (
            "*/*",
        ) else None


@pytest.mark.parametrize("grants", [(), ("acme/website",), ("acme/fresh",), ("acme/website", "globex/*")])
async def test_names_of_single_repositories_allow_no_new_one(hub: Hub, grants: tuple[str, ...]) -> None:
    async with hub.client(limited(*grants)) as client:
        words = await refusal(client, "create_repository", **NEW)
        assert "That needs a grant for its owner, such as acme/*" in words
        if "acme/website" in grants:
            assert "such as mona/*" in await refusal(client, "fork_repository", **SITE)
    assert hub.requests("POST") == 0


async def test_policy_and_token_must_both_allow_a_new_repository(hub: Hub, tmp_path: Any) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("version: 1\nclients: {narrow: {grants: {repositories: ['acme/fresh']}}}\n")
    who = new_caller(client_id="narrow", grants={"repositories": ["acme/*"]})
    async with hub.client(who, policy_file=str(file)) as client:
        assert "grant for its owner" in await refusal(client, "create_repository", **NEW)


async def test_public_repository_after_private_reading_is_confirmed(hub: Hub) -> None:
    async with hub.client() as client:
        await call(client, "get_issue", issue_number=1, **PAYMENTS)
        asked = {"private": False, "description": "Northwind was paid double", **NEW}
        shown, code = await preview(client, "create_repository", **asked)
        assert "acme/fresh would be public" in shown["effect"]
        assert shown["shown"]["description"] == "Northwind was paid double"
        assert made(hub) is None
        await call(client, "create_repository", owner="acme", repo="secret", private=True)
        await call(client, "github_confirm_action", code=code)
        files = [{"path": "x", "content": "y"}]
        shown, _ = await preview(client, "commit_files", branch="main", message="M", files=files, **NEW)
        assert "acme/fresh is public" in shown["effect"]


async def test_lost_answer_to_a_creation_is_found(hub: Hub) -> None:
    asked = {"description": "D", "idempotency_key": key(), **NEW}
    hub.misbehave("truncated", method="POST", path="/orgs/*/repos", times=1)
    async with hub.client() as client:
        first = await client.call_tool("create_repository", asked)
        assert first.is_error
        assert (await call(client, "create_repository", **asked))["full_name"] == "acme/fresh"
        other = {**asked, "idempotency_key": key()}
        assert "exists already" in await refusal(client, "create_repository", **other)


async def test_fork_is_announced_before_it_can_be_read(hub: Hub) -> None:
    async with hub.client() as client:
        fork = await call(client, "fork_repository", **SITE)
        assert (fork["full_name"], fork["source"], fork["ready"]) == ("mona/website", "acme/website", False)
        assert "still copying" in fork["notice"]
        mine = {"owner": "mona", "repo": "website"}
        made_fork = made(hub, "mona/website")
        assert made_fork is not None
        made_fork.copying = 2
        assert "may still be copying this fork" in await refusal(client, "get_commit", ref="main", **mine)
        files = [{"path": "x", "content": "y"}]
        words = await refusal(client, "commit_files", branch="main", message="M", files=files, **mine)
        assert "may still be copying this fork" in words
        assert (await call(client, "get_commit", ref="main", **mine))["sha"]


async def test_present_fork_is_given_and_ready(hub: Hub) -> None:
    hub.simulator.world.copying_reads = 0
    async with hub.client() as client:
        first = await call(client, "fork_repository", to_owner="acme", repo="rockets", owner="globex", to_repo="orbits")
        assert (first["full_name"], first["ready"]) == ("acme/orbits", True)
        again = await call(client, "fork_repository", to_owner="acme", repo="rockets", owner="globex")
        assert again["full_name"] == "acme/orbits"
    async with hub.client(limited("globex/rockets", "acme/rock*")) as client:
        words = await refusal(client, "fork_repository", to_owner="acme", repo="rockets", owner="globex")
    assert "under a name outside your grants" in words
    assert "orbits" not in words


async def test_empty_repository_cannot_be_forked(hub: Hub) -> None:
    world = hub.simulator.world
    world.add_repository(world.accounts["globex"], "nothing", private=False, description="")
    async with hub.client() as client:
        assert "cannot be forked" in await refusal(client, "fork_repository", owner="globex", repo="nothing")


async def test_lost_answer_to_a_fork_is_found(hub: Hub) -> None:
    asked = {"idempotency_key": key(), **SITE}
    hub.misbehave("truncated", method="POST", path="*/forks", times=1)
    async with hub.client() as client:
        assert (await client.call_tool("fork_repository", asked)).is_error
        assert (await call(client, "fork_repository", **asked))["source"] == "acme/website"
    assert hub.requests("POST", "*/forks") == 1


def head(hub: Hub, branch: str) -> str:
    return hub.simulator.world.repositories["acme/website"].git.branches()[branch]


async def test_branch_is_deleted_after_its_preview(hub: Hub) -> None:
    world = hub.simulator.world
    site = world.repositories["acme/website"]
    stacked = Pull("feature/ranking", "fix/health", head(hub, "feature/ranking"), head(hub, "fix/health"))
    world.add_issue(site, world.accounts["mona"], "Stacked", None, pull=stacked)
    sha = head(hub, "fix/health")
    asked = {"branch": "fix/health", "head_sha": sha, "idempotency_key": key(), **SITE}
    async with hub.client() as client:
        shown, code = await preview(client, "delete_branch", **asked)
        assert f"Deletes branch fix/health of acme/website, which is at {sha[:12]}" in shown["effect"]
        assert "main lacks 1 commit." in shown["effect"]
        assert "closes its open pull requests: #4 from it and #5 into it" in shown["effect"]
        assert shown["closed_pull_requests"] == [4, 5]
        assert "fix/health" in site.git.branches()
        assert await call(client, "github_confirm_action", code=code) == {"branch": "fix/health", "sha": sha}
        assert "fix/health" not in site.git.branches()
        restored = await call(client, "create_branch", branch="fix/health", from_ref=sha, **SITE)
        assert restored["sha"] == sha
    assert site.issues[4].state == site.issues[5].state == "closed"


@pytest.mark.parametrize(
    ("branch", "words"),
    [
        ("main", "cannot be deleted: it is the default branch"),
        ("feature/ranking", "cannot be deleted: it is protected"),
        ("fix/health", "cannot be deleted: a rule of the repository forbids to delete it"),
        ("fix/healt", "Nearest: fix/health"),
    ],
)
async def test_branch_that_must_stay_is_refused(hub: Hub, branch: str, words: str) -> None:
    site = hub.simulator.world.repositories["acme/website"]
    site.protections["feature/ranking"] = Protection()
    site.rulesets.append(Ruleset(1, "Keep", frozenset({"fix/health"}), [("deletion", {})]))
    sha = site.git.branches().get(branch, "0" * 40)
    async with hub.client() as client:
        asked = {"branch": branch, "head_sha": sha, "idempotency_key": key(), **SITE}
        assert words in await refusal(client, "delete_branch", **asked)
    assert hub.requests("DELETE") == 0


async def test_branch_that_moved_is_not_deleted(hub: Hub) -> None:
    site = hub.simulator.world.repositories["acme/website"]
    sha, moved = head(hub, "fix/health"), head(hub, "feature/ranking")
    asked = {"branch": "fix/health", "head_sha": sha, "idempotency_key": key(), **SITE}
    async with hub.client() as client:
        _, code = await preview(client, "delete_branch", **asked)
        site.git.set_ref("refs/heads/fix/health", moved)
        assert f"it is at {moved} now" in await refusal(client, "github_confirm_action", code=code)
        wrong = {**asked, "head_sha": "a" * 40}
        assert f"it is at {moved} now" in await refusal(client, "delete_branch", **wrong)
    assert "fix/health" in site.git.branches()


async def test_unknown_number_of_unmerged_commits_is_said(hub: Hub) -> None:
    hub.misbehave("error", status=404, path="*/compare/*", times=5)
    asked = {"branch": "fix/health", "head_sha": head(hub, "fix/health"), "idempotency_key": key(), **SITE}
    async with hub.client() as client:
        shown, _ = await preview(client, "delete_branch", **asked)
    assert "Whether main has all of its commits is unknown." in shown["effect"]
    assert "unmerged_commits" not in shown


async def test_lost_answer_to_a_deletion_is_found(hub: Hub) -> None:
    asked = {"branch": "fix/health", "head_sha": head(hub, "fix/health"), "idempotency_key": key(), **SITE}
    hub.misbehave("truncated", method="DELETE", times=1)
    async with hub.client() as client:
        _, code = await preview(client, "delete_branch", **asked)
        await client.call_tool("github_confirm_action", {"code": code})
        again = await client.call_tool("delete_branch", asked)
        assert not again.is_error
    assert hub.requests("DELETE") == 1

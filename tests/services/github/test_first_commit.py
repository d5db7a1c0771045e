"""The first commit of an empty repository."""

from typing import Any

import pytest

from devkit.simulators.github.records.repositories import Repository
from tests.fixtures.calls import call, refusal, text_of

from .scene import Hub, key

NEW = {"owner": "acme", "repo": "fresh"}
README = {"path": "README.md", "content": "# Fresh\n"}
CI = {"path": ".github/workflows/ci.yml", "content": "on: push\n"}
FIRST: dict[str, Any] = {"branch": "main", "message": "Begin\n\nWith a reason.", **NEW}


@pytest.fixture
def fresh(hub: Hub) -> Repository:
    """An empty repository."""
    world = hub.simulator.world
    return world.add_repository(world.accounts["acme"], "fresh", private=False, description="")


def history(repository: Repository, branch: str = "main") -> list[str]:
    """The messages of a branch, newest first."""
    git = repository.git
    return [git.commit(sha).message.decode() for sha in git.history(git.branches()[branch])]


def files(repository: Repository, branch: str = "main") -> dict[str, tuple[int, bytes]]:
    git = repository.git
    return {path: (mode, git.blob(sha)) for path, (mode, sha) in git.files(git.branches()[branch]).items()}


async def test_one_file_is_one_request(hub: Hub, fresh: Repository) -> None:
    async with hub.client() as client:
        made = await call(client, "commit_files", files=[README], **FIRST)
        assert made["sha"] == fresh.git.branches()["main"]
        assert (made["files"], made["branch"]) == (1, "main")
        next_one = {"files": [CI], "branch": "main", "message": "Add CI", **NEW}
        await call(client, "commit_files", expected_head=made["sha"], **next_one)
    assert hub.requests("PUT") == 1
    assert [text.splitlines()[0] for text in history(fresh)] == ["Add CI", "Begin"]
    assert "With a reason." in history(fresh)[1]


async def test_several_files_are_one_commit(hub: Hub, fresh: Repository) -> None:
    run = {"path": "bin/run.sh", "content": "true\n", "executable": True}
    logo = {"path": "logo.png", "content": "AAECAw==", "base64": True}
    async with hub.client() as client:
        made = await call(client, "commit_files", files=[CI, README, run, logo], **FIRST)
        assert made == {"branch": "main", "sha": fresh.git.branches()["main"], "files": 4}
    assert files(fresh) == {
        ".github/workflows/ci.yml": (0o100644, b"on: push\n"),
        "README.md": (0o100644, b"# Fresh\n"),
        "bin/run.sh": (0o100755, b"true\n"),
        "logo.png": (0o100644, b"\x00\x01\x02\x03"),
    }
    assert len(history(fresh)) == 1
    assert "Fleet-Write: " in history(fresh)[0]


async def test_another_first_branch_becomes_the_default(hub: Hub, fresh: Repository) -> None:
    async with hub.client() as client:
        await call(client, "commit_files", files=[README, CI], **{**FIRST, "branch": "trunk"})
        assert "# Fresh" in (await call(client, "get_file_contents", path="README.md", **NEW))["text"]
        assert [one["name"] for one in (await call(client, "list_branches", **NEW))["items"]] == ["trunk"]
    assert fresh.default_branch == "trunk"


async def test_null_sha_means_no_commit(hub: Hub, fresh: Repository) -> None:
    async with hub.client() as client:
        await call(client, "commit_files", files=[README], expected_head="0" * 40, **FIRST)
    assert len(history(fresh)) == 1


@pytest.mark.parametrize("change", [{"edits": [{"old": "a", "new": "b"}]}, {"delete": True}, {"executable": True}])
async def test_there_is_nothing_to_change_yet(hub: Hub, fresh: Repository, change: dict[str, Any]) -> None:
    async with hub.client() as client:
        words = await refusal(client, "commit_files", files=[README, {"path": "x.py", **change}], **FIRST)
    assert "there is no file x.py to change" in words
    assert fresh.git.is_empty


async def test_expected_commit_of_an_empty_repository_is_refused(hub: Hub, fresh: Repository) -> None:
    async with hub.client() as client:
        words = await refusal(client, "commit_files", files=[README], expected_head="a" * 40, **FIRST)
    assert "Leave out expected_head" in words
    assert fresh.git.is_empty


async def test_commit_without_expected_head_names_the_present_one(hub: Hub) -> None:
    head = hub.simulator.world.repositories["acme/website"].git.branches()["main"]
    site = {"owner": "acme", "repo": "website", "branch": "main", "message": "M"}
    async with hub.client() as client:
        words = await refusal(client, "commit_files", files=[README], **site)
    assert f"it is at {head}" in words
    assert "expected_head" in words
    assert hub.requests("PATCH") == 0


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("path", ["PUT", "POST */git/trees", "POST */git/commits", "PATCH"])
async def test_retry_after_a_lost_response_completes_the_commit(
    hub: Hub, fresh: Repository, count: int, path: str
) -> None:
    method, _, pattern = path.partition(" ")
    several = [{"path": f"{number}.txt", "content": f"{number}\n"} for number in range(count)]
    asked = {"files": several, "idempotency_key": key(), **FIRST}
    hub.misbehave("truncated", method=method, path=pattern or "*", times=1)
    async with hub.client() as client:
        first = await client.call_tool("commit_files", asked)
        if first.is_error:
            assert "unknown" in text_of(first) or "again" in text_of(first), text_of(first)
            again = await call(client, "commit_files", **asked)
            assert again["sha"] == fresh.git.branches()["main"]
    assert sorted(files(fresh)) == sorted(one["path"] for one in several)
    assert len(history(fresh)) == 1


async def test_protected_history_begins_with_two_commits(hub: Hub, fresh: Repository) -> None:
    """Rules of an organisation can forbid to rewrite any branch."""
    body = '{"message": "Repository rule violations found: Cannot force-push to this branch"}'
    hub.misbehave("answer", method="PATCH", path="*/git/refs/*", status=422, body=body, times=1)
    async with hub.client() as client:
        made = await call(client, "commit_files", files=[README, CI], **FIRST)
    assert "begins with two commits" in made["notice"]
    assert len(history(fresh)) == 2
    assert sorted(files(fresh)) == [".github/workflows/ci.yml", "README.md"]


async def test_commit_that_came_between_is_kept(hub: Hub, fresh: Repository) -> None:
    def push(*_: Any) -> None:
        git = fresh.git
        other = git.add_commit(git.add_tree({}), [], "Other", "A <a@example.com>", hub.simulator.world.now())
        git.set_ref("refs/heads/main", other)

    original = fresh.git.add_commit
    calls: list[str] = []

    def add_commit(*args: Any, **kwargs: Any) -> str:
        sha = original(*args, **kwargs)
        calls.append(sha)
        if len(calls) == 2:  # the whole commit was made, and the branch does not point at it yet
            push()
        return sha

    fresh.git.add_commit = add_commit  # type: ignore[method-assign]
    async with hub.client() as client:
        await client.call_tool("commit_files", {"files": [README, CI], **FIRST})
    assert history(fresh) == ["Other"]

"""Five jobs of a developer's day from start to end, each in a few calls. Confirmations are not counted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from devkit.simulators.github.records.repositories import Repository
from tests.fixtures.calls import call, confirmed
from tests.fixtures.jobs import Job

from .scene import SITE, Hub, plain

CI = "name: CI\non: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make test\n"


@asynccontextmanager
async def job(hub: Hub, *, most: int, toolsets: str = "default") -> AsyncIterator[Job]:
    """A client that has these toolsets."""
    async with hub.client(toolsets=tuple(toolsets.split(","))) as client:
        yield Job(client, most)


def website(hub: Hub) -> Repository:
    found: Repository = hub.simulator.world.repositories["acme/website"]
    return found


def text_at(repository: Repository, branch: str, path: str) -> str:
    """A file at the head of a branch."""
    _, sha = repository.git.files(repository.git.branches()[branch])[path]
    return repository.git.blob(sha).decode()


async def test_a_typo_is_fixed_in_a_pull_request(hub: Hub) -> None:
    before = text_at(website(hub), "main", "docs/operations.md")
    async with job(hub, most=4) as work:
        read = await work.call("get_file_contents", path="docs/operations.md", **SITE)
        assert "on-call engineer" in plain(read["text"])
        branch = await work.call("create_branch", branch="fix/typo", **SITE)
        edit = {"path": read["path"], "edits": [{"old": "on-call engineer", "new": "engineer on call"}]}
        commit = {"branch": branch["branch"], "expected_head": branch["sha"], "message": "Fix a typo"}
        await work.call("commit_files", files=[edit], **commit, **SITE)
        opened = await work.call("create_pull_request", head="fix/typo", base="main", title="Fix a typo", **SITE)
    issue = website(hub).issues[opened["number"]]
    assert issue.pull is not None
    assert (issue.state, issue.pull.head_ref, issue.pull.base_ref) == ("open", "fix/typo", "main")
    after = text_at(website(hub), "fix/typo", "docs/operations.md")
    assert after == before.replace("on-call engineer", "engineer on call")
    assert text_at(website(hub), "main", "docs/operations.md") == before


async def test_changes_are_requested_with_two_inline_comments(hub: Hub) -> None:
    async with job(hub, most=3) as work:
        pull = await work.call("get_pull_request", pull_number=3, **SITE)
        diff = await work.call("get_pull_request_diff", pull_number=3, **SITE)
        assert "+from collections import Counter" in plain(diff["diff"])
        comments = [
            {"path": "site/search.py", "line": 3, "body": "Is a Counter needed?"},
            {"path": "site/search.py", "line": 1, "suggestion": '"""Ranked search."""'},
        ]
        review = {"event": "REQUEST_CHANGES", "body": "Two remarks.", "comments": comments}
        await work.call("review_pull_request", pull_number=3, head_sha=pull["head_sha"], **review, **SITE)
    reviewed = website(hub).issues[3].pull
    assert reviewed is not None
    review_made = reviewed.reviews[-1]
    assert (review_made.user.login, review_made.state) == ("mona", "CHANGES_REQUESTED")
    first, second = reviewed.threads[-2:]
    assert (first.path, first.line, first.comments[0].body) == ("site/search.py", 3, "Is a Counter needed?")
    assert (second.line, second.comments[0].body) == (1, '```suggestion\n"""Ranked search."""\n```')


async def test_failed_ci_of_a_pull_request_is_explained_and_rerun(hub: Hub) -> None:
    async with job(hub, most=2) as work:
        found = await work.call("get_job_logs", pull_number=3, **SITE)
        (log,) = found["logs"]
        assert (log["name"], log["failed_steps"]) == ("test", ["Run make test"])
        assert "AssertionError: assert ['/b', '/a'] == ['/a', '/b']" in plain(log["text"])
        await work.call("rerun_failed_jobs", run_id=log["run_id"], **SITE)
    (run,) = [one for one in website(hub).runs if one.id == log["run_id"]]
    assert [(one.name, one.attempt) for one in run.jobs_of()] == [("lint", 1), ("test", 2)]


async def test_a_repository_starts_with_readme_and_ci(hub: Hub) -> None:
    place = {"owner": "acme", "repo": "starter"}
    async with job(hub, most=2, toolsets="default,repository_setup") as work:
        await work.call("create_repository", description="A start", **place)
        files = [{"path": "README.md", "content": "# Starter\n"}, {"path": ".github/workflows/ci.yml", "content": CI}]
        await work.call("commit_files", branch="main", message="Begin with a README and CI", files=files, **place)
    starter = hub.simulator.world.repositories["acme/starter"]
    assert starter.private
    assert text_at(starter, "main", "README.md") == "# Starter\n"
    assert text_at(starter, "main", ".github/workflows/ci.yml") == CI
    assert len(list(starter.git.history(starter.git.branches()["main"]))) == 1


async def test_release_notes_name_what_was_merged_since_the_last_tag(hub: Hub) -> None:
    async with hub.client() as client:
        pull = await call(client, "get_pull_request", pull_number=4, **SITE)
        await confirmed(client, "merge_pull_request", pull_number=4, head_sha=pull["head_sha"], **SITE)
    released = len(website(hub).releases)
    async with job(hub, most=2, toolsets="default,releases") as work:
        drafted = await work.call("generate_release_notes", **SITE)
        assert drafted["previous_tag"] == "v1.0.0"
        assert "* Name the health route by @hubot in " in plain(drafted["notes"])
        await work.call("create_release", tag="v1.1.0", notes=drafted["notes"], draft=True, **SITE)
    assert len(website(hub).releases) == released + 1
    release = website(hub).releases[-1]
    assert (release.tag, release.draft) == ("v1.1.0", True)
    assert "* Name the health route by @hubot in " in (release.body or "")
    assert "user_content" not in (release.body or "")

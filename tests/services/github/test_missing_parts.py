"""What GitHub does not give is said to be missing, each part for its own reason; nothing missing reads as none."""

from datetime import UTC, datetime

import pytest
from mcp.client import Client

from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.workflows import Job, Run, Status, Step
from tests.fixtures.calls import call, refusal, walk

from .scene import PAYMENTS, SITE, Hub, plain

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def site(hub: Hub) -> Repository:
    """The repository acme/website of the test's own simulator."""
    return hub.simulator.world.repositories["acme/website"]


def head_of(repository: Repository) -> str:
    return repository.git.branches()["main"]


def add_run(hub: Hub, repository: Repository, *jobs: Job) -> Run:
    run = Run(hub.simulator.world.new_id(), "ci", "main", head_of(repository), NOW, list(jobs))
    repository.runs.append(run)
    return run


def job(hub: Hub, name: str, conclusion: str = "failure", log_status: int = 200) -> Job:
    step = Step(f"step of {name}", "failure" if conclusion == "failure" else "success", [f"output of {name}"])
    return Job(hub.simulator.world.new_id(), name, [step], log_status=log_status, result=conclusion)


async def test_each_missing_log_has_its_own_reason(hub: Hub, site: Repository, writer: Client) -> None:
    cancelled, expired = job(hub, "deploy", "cancelled", 404), job(hub, "old", log_status=410)
    failed, stopped = job(hub, "unit"), job(hub, "lint", "cancelled")
    run = add_run(hub, site, cancelled, stopped, expired, failed)
    found = await call(writer, "get_job_logs", run_id=run.id, **SITE)
    assert [log["job_id"] for log in found["logs"]] == [failed.id, stopped.id]
    assert "output of unit" in found["logs"][0]["text"]
    old, deploy = found["missing"]
    assert (old["part"], "logs expire" in old["reason"]) == (
        f"log of job {expired.id} of run {run.id}, old (failure)",
        True,
    )
    assert deploy["part"] == f"log of job {cancelled.id} of run {run.id}, deploy (cancelled)"
    assert deploy["reason"] == "GitHub stored no log of this job: it was cancelled while it ran."
    one = await call(writer, "get_job_logs", job_id=expired.id, **SITE)
    assert (one["logs"], "logs expire" in one["missing"][0]["reason"]) == ([], True)


@pytest.mark.parametrize("status", [403, 500])
async def test_issue_is_read_without_its_comments(hub: Hub, writer: Client, status: int) -> None:
    hub.misbehave("error", path="*/issues/1/comments", status=status, times=9)
    found = await call(writer, "get_issue", issue_number=1, **SITE)
    assert found["number"] == 1
    assert "shown_comments" not in found
    assert [one["part"] for one in found["missing"]] == ["comments"]


async def test_missing_logs_do_not_take_the_place_of_others(hub: Hub, site: Repository, writer: Client) -> None:
    jobs = [job(hub, f"j{number}", log_status=410 if number < 4 else 200) for number in range(12)]
    found = await call(writer, "get_job_logs", run_id=add_run(hub, site, *jobs).id, **SITE)
    assert [log["job_id"] for log in found["logs"]] == [one.id for one in jobs[4:9]]
    assert len(found["missing"]) == 4
    assert found["notice"].startswith("Cut: the first 9 of 12 jobs are shown. Read one of the others by job_id: ")
    assert all(str(one.id) in found["notice"] for one in jobs[9:])


async def test_a_log_host_that_fails_is_a_missing_part(hub: Hub, site: Repository, writer: Client) -> None:
    first, second = job(hub, "a"), job(hub, "b")
    run = add_run(hub, site, first, second)
    hub.misbehave("error", path=f"*/jobs/{first.id}/logs", status=403)
    found = await call(writer, "get_job_logs", run_id=run.id, **SITE)
    assert [log["job_id"] for log in found["logs"]] == [second.id]
    assert str(first.id) in found["missing"][0]["part"]


async def test_statuses_and_checks_are_one_answer(site: Repository, writer: Client) -> None:
    sha = site.git.branches()["main"]
    site.runs.clear()
    assert "neither checks nor statuses" in (await call(writer, "get_check_runs", ref=sha, **SITE))["notice"]
    for number, state in enumerate(("pending", "success", "failure")):
        status = Status(number, sha, f"ci/{state}", state, "It said so.", "https://ci.example/1", NOW)  # type: ignore[arg-type]
        site.statuses.append(status)
    found = await call(writer, "get_check_runs", ref="main", **SITE)
    assert found["failed"] == ["ci/failure"]
    assert [one["name"] for one in found["checks"]] == ["ci/failure", "ci/pending", "ci/success"]
    assert "id" not in found["checks"][0]
    assert not {"notice", "missing"} & found.keys()


@pytest.mark.parametrize(("path", "part"), [("*/status", "commit statuses"), ("*/check-runs", "check runs")])
async def test_a_part_of_the_checks_that_is_forbidden_is_said(
    hub: Hub, site: Repository, writer: Client, path: str, part: str
) -> None:
    site.runs.clear()
    hub.misbehave("error", path=path, status=403, times=9)
    found = await call(writer, "get_check_runs", ref="main", **SITE)
    assert [one["part"] for one in found["missing"]] == [part]
    assert "notice" not in found, "whether there are checks is unknown"


async def test_a_truncated_tree_is_read_by_directory(site: Repository, writer: Client) -> None:
    whole = await walk(writer, "get_repository_tree", **SITE)
    folder = next(entry["path"] for entry in reversed(whole) if entry["type"] == "tree")
    below = [entry["path"] for entry in whole if entry["path"].startswith(f"{folder}/")]
    site.tree_limit = 1
    cut = await call(writer, "get_repository_tree", ref=head_of(site), **SITE)
    assert cut["notice"].startswith("Cut: GitHub lists only a part")
    site.tree_limit = None  # the list of the whole tree is cached as it was: a commit does not change
    found = await walk(writer, "get_repository_tree", ref=head_of(site), path=folder, **SITE)
    assert [entry["path"] for entry in found] == below
    text = await refusal(writer, "get_repository_tree", ref=head_of(site), path="zz", **SITE)
    assert text.startswith("There is no directory `zz` (path).")


async def test_results_that_cannot_be_checked_are_counted(hub: Hub, writer: Client) -> None:
    world = hub.simulator.world
    for name in ("acme/payments", "acme/website"):
        world.add_issue(world.repositories[name], world.accounts["mona"], "needle", None)
    hub.misbehave("error", path="/repos/acme/payments", status=403, times=9)
    found = await call(writer, "search_issues", query="needle")
    assert [one["repository"] for one in found["items"]] == ["acme/website"]
    assert found["notice"].startswith("1 result is missing")


async def test_wrong_ref_and_wrong_path_are_named(reader: Client) -> None:
    asked = {"path": "README.md", **SITE}
    wrong_ref = await refusal(reader, "get_file_contents", **asked, ref="mian")
    assert wrong_ref.startswith("There is no branch, tag or commit `mian` (ref). Nearest: main")
    assert "The default branch is main" in wrong_ref
    wrong_path = await refusal(reader, "get_file_contents", **{**asked, "path": "REDME.md"})
    assert wrong_path.startswith("There is no file or directory `REDME.md` (path). Nearest: README.md")


async def test_an_open_pull_request_is_named_by_its_number(hub: Hub, writer: Client) -> None:
    issue = next(one for one in hub.simulator.world.repositories["acme/website"].issues.values() if one.pull)
    assert issue.pull is not None
    branches = {"head": issue.pull.head_ref, "base": issue.pull.base_ref}
    text = await refusal(writer, "create_pull_request", title="Again", **branches, **SITE)
    assert text.startswith(f"Pull request #{issue.number} from {branches['head']} into {branches['base']} is open")
    wrong = {**branches, "base": "mian"}
    assert "`mian` (base). Nearest: main" in await refusal(writer, "create_pull_request", title="x", **wrong, **SITE)


async def test_nearest_names_stay_within_grants(shared_hub: Hub) -> None:
    from .test_grants import limited

    async with shared_hub.client(limited("acme/website", "acme/paymentz", "zzz/*")) as client:
        for asked in ({"owner": "acme", "repo": "paymentz"}, {"owner": "zzz", "repo": "payments"}):
            text = await refusal(client, "list_branches", **asked)
            assert "acme/payments" not in text
            assert "handbook" not in text
        hidden = await refusal(client, "list_branches", **PAYMENTS)
        absent = await refusal(client, "list_branches", owner="acme", repo="nowhere")
        assert hidden.replace("acme/payments", "") == absent.replace("acme/nowhere", "")


async def test_names_cost_nothing_on_the_happy_path(hub: Hub, writer: Client) -> None:
    hub.simulator.request_log.clear()
    found = await call(writer, "list_issues", labels=["bug"], **SITE)
    assert plain(found["items"][0]["title"])
    assert await call(writer, "list_commits", path="README.md", **SITE)
    assert hub.requests() <= 4
    assert hub.requests(path="*/labels") == hub.requests(path="*/trees/*") == 0

"""Tools over responses that GitHub itself sent, as its SDKs recorded them; links and addresses are those of GitHub."""

import json
from functools import cache
from typing import Any

import pytest
from mcp.client import Client

from tests.fixtures.calls import call, refusal
from tests.fixtures.published import RECORDED, published

from .scene import Hub, key, plain

OWNER = "octokit-fixture-org"


@cache
def exchanges(scenario: str) -> list[dict[str, Any]]:
    """What was recorded, in order. Skips the test if npm or its registry is unavailable."""
    folder = published(RECORDED) / "scenarios" / "api.github.com" / scenario
    found: list[dict[str, Any]] = json.loads((folder / "normalized-fixture.json").read_text(encoding="utf-8"))
    return found


def replay(hub: Hub, exchange: dict[str, Any], path: str | None = None) -> Any:
    """Answer the next request to a path as GitHub did; returns the recorded response."""
    response, headers = exchange["response"], dict(exchange["headers"])
    hub.misbehave(
        "answer",
        method=exchange["method"].upper(),
        path=path or exchange["path"].partition("?")[0],
        status=exchange["status"],
        headers={name: headers[name] for name in ("link", "location", "content-type") if name in headers},
        body=response if isinstance(response, str) else json.dumps(response),
    )
    return response


def scene(hub: Hub, scenario: str) -> dict[str, str]:
    """The owner and repository of a scenario, which the server looks at first."""
    (whole,) = (one for one in exchanges("get-repository") if one["method"] == "get")
    name = scenario.removeprefix("get-content") or "hello-world"
    response = {**whole["response"], "name": name, "full_name": f"{OWNER}/{name}"}
    replay(hub, {**whole, "response": response}, f"/repos/{OWNER}/{name}")
    return {"owner": OWNER, "repo": name}


async def test_pages_are_followed_by_their_links(hub: Hub, writer: Client) -> None:
    asked = scene(hub, "paginate-issues")
    recorded = exchanges("paginate-issues")
    titles = [issue["title"] for one in recorded for issue in replay(hub, one, f"/repos/{OWNER}/*/issues")]
    found: list[str] = []
    cursor: dict[str, Any] = {}
    for _ in recorded:
        page = await call(writer, "list_issues", limit=3, **asked, **cursor)
        found += [plain(one["title"]) for one in page["items"]]
        cursor = {"cursor": page.get("next_cursor")}
    assert (found, cursor) == (titles, {"cursor": None})
    assert len(titles) == 13


async def test_directory_and_file_are_read(hub: Hub, writer: Client) -> None:
    asked = scene(hub, "get-content")
    listing, content = exchanges("get-content")
    (entry,) = replay(hub, listing, f"/repos/{OWNER}/hello-world/contents")
    assert (await call(writer, "get_file_contents", **asked))["entries"] == [
        {"path": "README.md", "type": "file", "size": entry["size"], "sha": entry["sha"]}
    ]
    about = {**listing, "response": {**entry, "encoding": "none", "content": ""}}
    replay(hub, about, "*/contents/README.md")
    replay(hub, content, "*/contents/README.md")
    file = await call(writer, "get_file_contents", path="README.md", **asked)
    assert plain(file["text"]) == content["response"]


async def test_search_shows_what_was_found(hub: Hub, writer: Client) -> None:
    scene(hub, "search-issues")
    (found,) = (replay(hub, one) for one in exchanges("search-issues") if one["path"].startswith("/search"))
    shown = (await call(writer, "search_issues", query="sesame"))["items"]
    assert [(one["number"], plain(one["title"])) for one in shown] == [
        (one["number"], one["title"]) for one in found["items"]
    ]


async def test_statuses_are_shown_without_checks(hub: Hub, writer: Client) -> None:
    asked = scene(hub, "create-status")
    (status,) = (one for one in exchanges("create-status") if one["path"].endswith("/status"))
    replay(hub, status, "*/commits/*/status")
    hub.misbehave("answer", path="*/check-runs", status=200, body='{"total_count": 0, "check_runs": []}')
    found = await call(writer, "get_check_runs", ref="0" * 39 + "1", **asked)
    expected = [(one["context"], one["state"]) for one in status["response"]["statuses"]]
    assert sorted((one["name"], one["conclusion"]) for one in found["checks"]) == sorted(expected)
    assert found["failed"] == [context for context, state in expected if state == "failure"]


async def test_reason_of_a_refusal_is_given(hub: Hub, writer: Client) -> None:
    asked = scene(hub, "errors")
    (refused,) = exchanges("errors")
    replay(hub, refused, "*/issues")
    words = await refusal(writer, "create_issue", title="T", **asked)
    assert "rejected that as invalid" in words
    assert "Validation Failed; color is invalid" in words


async def test_renamed_repository_is_refused(hub: Hub, writer: Client) -> None:
    _, moved, target, *_ = exchanges("rename-repository")
    path = "/repositories/1000"
    replay(hub, {**moved, "headers": {"location": f"{hub.running.url}{path}"}})
    replay(hub, target)
    words = await refusal(writer, "list_branches", owner=OWNER, repo="rename-repository")
    assert "has another name now" in words


async def test_written_issue_is_understood(hub: Hub, writer: Client) -> None:
    asked = scene(hub, "add-labels-to-issue")
    made = replay(hub, exchanges("add-labels-to-issue")[0], "*/issues")
    found = await call(writer, "create_issue", title="Issue without a label", idempotency_key=key(), **asked)
    assert (found["number"], found["url"]) == (made["number"], made["html_url"])


async def test_written_branch_is_understood(hub: Hub, writer: Client) -> None:
    asked = scene(hub, "git-refs")
    recorded = exchanges("git-refs")
    main, made = recorded[0]["response"][0], replay(hub, recorded[1], "*/git/refs")
    hub.misbehave("answer", path="*/git/ref/heads/*", status=404, body='{"message": "Not Found"}')
    commit = {"sha": main["object"]["sha"], "commit": {"message": "Begin"}}
    hub.misbehave("answer", path="*/commits/*", status=200, body=json.dumps(commit))
    found = await call(writer, "create_branch", branch="test", from_ref="main", idempotency_key=key(), **asked)
    assert found["branch"] == made["ref"].removeprefix("refs/heads/")


@pytest.mark.parametrize("scenario", ["release-assets", "release-assets-conflict"])
async def test_release_is_read(hub: Hub, writer: Client, scenario: str) -> None:
    asked = scene(hub, scenario)
    release = replay(hub, exchanges(scenario)[0], "*/releases/latest")
    found = await call(writer, "get_latest_release", **asked)
    assert (found["tag"], found["author"]) == (release["tag_name"], release["author"]["login"])
    assert found["published_at"].rstrip("Z") == release["published_at"].rstrip("Z")

"""Pull requests and reviews."""

from datetime import datetime

from github_mcp.models.wire import Code, MarkedBody, Name, Names, Title, Wire, at, required_at
from servicekit.schema import Excerpt


class PullHead(Wire):
    """The head of a pull request."""

    sha: str = required_at("head", "sha")
    branch: Name | None = at("head", "ref")
    repository: Name | None = at("head", "repo", "full_name")


class PullSummary(Wire):
    """A pull request in a list."""

    number: int
    title: Title
    state: Name
    draft: bool | None = None
    author: Name | None = at("user", "login")
    head: Name = required_at("head", "ref")
    head_sha: str = required_at("head", "sha")
    base: Name = required_at("base", "ref")
    labels: Names = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    merged_at: datetime | None = None
    url: str | None = at("html_url")


class PullRequest(PullSummary):
    """A pull request. Pass `head_sha` to merge_pull_request, review_pull_request and get_check_runs."""

    body: MarkedBody | None = None
    head_repository: Name | None = at("head", "repo", "full_name")
    merged: bool | None = None
    mergeable: bool | None = None
    mergeable_state: Name | None = None
    commits: int | None = None
    additions: int | None = None
    deletions: int | None = None
    changed_files: int | None = None
    comments: int | None = None
    requested_reviewers: Names = ()
    requested_teams: Names = ()
    merge_commit_sha: str | None = None


class PullDiff(Excerpt):
    """A unified diff, or the part of it from `first_line` on."""

    repository: str
    number: int
    diff: Code
    first_line: int
    last_line: int
    total_lines: int
    notice: str | None = None

"""Milestones, issue types and sub-issues."""

from datetime import datetime
from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.planning import IssueType, Milestone
from devkit.simulators.github.responses import ApiError, ApiResponse, invalid, not_found, unprocessable
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.issues import issue_object
from devkit.simulators.github.serializers.planning import issue_type_object, milestone_object

_MOST_SUB_ISSUES = 100
_MOST_LEVELS = 8
_NOT_ADDED = "An error occurred while adding the sub-issue to the parent issue."


def milestones(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/milestones: by due date, those without one last."""
    repository = request.repository()
    wanted = request.query.get("state", "open")
    found = [one for one in repository.milestones.values() if wanted in ("all", one.state)]
    found.sort(key=lambda one: (one.due_on is None, one.due_on, one.number))
    if request.query.get("direction") == "desc":
        found.reverse()
    return request.page(found, lambda one: milestone_object(request.urls, repository, one))


def one_milestone(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/milestones/{milestone_number}."""
    repository = request.repository()
    found = repository.milestones.get(request.number("milestone"))
    if found is None:
        raise not_found()
    return milestone_object(request.urls, repository, found)


def create_milestone(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/milestones."""
    repository = request.own_repository()
    title = request.text("title", "Milestone", required=True) or ""
    _require_free_title(request, title, None)
    _check_milestone(request)
    made = request.world.add_milestone(repository, request.signed_in(), title)
    _change(request, made)
    return ApiResponse(milestone_object(request.urls, repository, made), 201)


def update_milestone(request: ApiRequest) -> Any:
    """PATCH /repos/{owner}/{repo}/milestones/{milestone_number}."""
    repository = request.own_repository()
    milestone = repository.milestones.get(request.number("milestone"))
    if milestone is None:
        raise not_found()
    title = request.text("title", "Milestone")
    if title is not None:
        _require_free_title(request, title, milestone)
    _check_milestone(request)
    milestone.title = title or milestone.title
    _change(request, milestone)
    return milestone_object(request.urls, repository, milestone)


def _require_free_title(request: ApiRequest, title: str, own: Milestone | None) -> None:
    others = (one for one in request.repository().milestones.values() if one is not own)
    if any(one.title.casefold() == title.casefold() for one in others):
        raise invalid("Milestone", "title", "already_exists")


def _check_milestone(request: ApiRequest) -> None:
    if request.body.get("state", "open") not in ("open", "closed"):
        raise invalid("Milestone", "state", "invalid")
    due = request.body.get("due_on")
    try:
        moment = datetime.fromisoformat(due) if due is not None else None
    except (TypeError, ValueError):
        moment = None
    if due is not None and (moment is None or moment.tzinfo is None):
        raise unprocessable(f"Invalid request.\n\nFor 'properties/due_on', {due!r} is not a valid date-time.")


def _change(request: ApiRequest, milestone: Milestone) -> None:
    body, now = request.body, request.world.now()
    if "description" in body:
        milestone.description = request.text("description", "Milestone") or None
    if "due_on" in body:
        milestone.due_on = datetime.fromisoformat(body["due_on"]) if body["due_on"] is not None else None
    state = body.get("state", milestone.state)
    if state != milestone.state:
        milestone.closed_at = now if state == "closed" else None
    milestone.state = state
    milestone.updated_at = now


def issue_types(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/issue-types: those of the organisation that owns it."""
    return _types(request, request.repository().owner.login)


def issue_types_of_organization(request: ApiRequest) -> Any:
    """GET /orgs/{org}/issue-types."""
    return _types(request, request.values["org"])


def _types(request: ApiRequest, login: str) -> Any:
    account = request.world.account(login)
    if account is None or account.kind != "Organization":
        raise not_found()
    known: list[IssueType] = request.world.issue_types.get(login.lower(), [])
    return [issue_type_object(one) for one in known]


def sub_issues(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/issues/{issue_number}/sub_issues: by priority, those that the credential may read."""
    issue = request.issue(request.repository())
    return request.page(_visible(request, issue.sub_issues), lambda one: _shown(request, one))


def parent(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/issues/{issue_number}/parent."""
    found = request.issue(request.repository()).parent
    if found is None or not _visible(request, [found]):
        raise not_found()
    return _shown(request, found)


def add_sub_issue(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/issues/{issue_number}/sub_issues."""
    repository = request.own_repository()
    issue, child = request.issue(repository), _child(request)
    if child.repository is None or child.repository.owner != repository.owner:
        raise unprocessable(f"{_NOT_ADDED} Sub-issue must belong to the same owner as the parent issue")
    if child is issue or _is_above(child, issue):
        raise unprocessable(f"{_NOT_ADDED} Sub-issue cannot be a parent of itself")
    if child in issue.sub_issues:
        words = "Issue may not contain duplicate sub-issues and Sub issue may only have one parent"
        raise unprocessable(f"{_NOT_ADDED} {words}")
    if child.parent is not None and request.body.get("replace_parent") is not True:
        raise unprocessable(f"{_NOT_ADDED} Sub issue may only have one parent")
    if len(issue.sub_issues) >= _MOST_SUB_ISSUES:
        raise unprocessable(f"{_NOT_ADDED} Parent cannot have more than {_MOST_SUB_ISSUES} sub-issues")
    if issue.level + 1 + child.depth >= _MOST_LEVELS:
        raise unprocessable(f"{_NOT_ADDED} Sub-issues cannot be nested more than {_MOST_LEVELS} levels deep")
    if child.parent is not None:
        child.parent.sub_issues.remove(child)
    child.parent = issue
    issue.sub_issues.append(child)
    return ApiResponse(issue_object(request.urls, repository, issue), 201)


def remove_sub_issue(request: ApiRequest) -> Any:
    """DELETE /repos/{owner}/{repo}/issues/{issue_number}/sub_issue."""
    repository = request.own_repository()
    issue, child = request.issue(repository), _child(request)
    if child not in issue.sub_issues:
        raise ApiError(404, "The provided sub-issue does not exist")
    issue.sub_issues.remove(child)
    child.parent = None
    return issue_object(request.urls, repository, issue)


def reprioritize_sub_issue(request: ApiRequest) -> Any:
    """PATCH /repos/{owner}/{repo}/issues/{issue_number}/sub_issues/priority."""
    repository = request.own_repository()
    issue, child = request.issue(repository), _child(request)
    after, before = request.body.get("after_id"), request.body.get("before_id")
    if (after is None) == (before is None):
        raise unprocessable("Either after_id or before_id should be specified")
    other = request.world.issue_by_id(before if after is None else after)
    if child not in issue.sub_issues or other is None or other not in issue.sub_issues or other is child:
        raise unprocessable("The sub-issue could not be reprioritized")
    issue.sub_issues.remove(child)
    issue.sub_issues.insert(issue.sub_issues.index(other) + (before is None), child)
    return issue_object(request.urls, repository, issue)


def _child(request: ApiRequest) -> Issue:
    """The issue of `sub_issue_id`, in any repository that the credential may read."""
    number = request.body.get("sub_issue_id")
    if type(number) is not int:
        raise unprocessable(f"Invalid request.\n\nFor 'properties/sub_issue_id', {number!r} is not an integer.")
    found = request.world.issue_by_id(number)
    if found is None or not _visible(request, [found]):
        raise ApiError(404, "The provided sub-issue does not exist")
    if found.pull is not None:
        raise unprocessable(f"{_NOT_ADDED} Sub-issue cannot be a pull request")
    return found


def _is_above(issue: Issue, other: Issue) -> bool:
    """Whether an issue is an ancestor of another."""
    return other.parent is not None and (other.parent is issue or _is_above(issue, other.parent))


def _visible(request: ApiRequest, found: list[Issue]) -> list[Issue]:
    world, identity = request.world, request.identity
    return [one for one in found if one.repository is not None and world.can_see(identity, one.repository)]


def _shown(request: ApiRequest, issue: Issue) -> Any:
    assert issue.repository is not None  # noqa: S101  # for the type checker
    return issue_object(request.urls, issue.repository, issue)


_ISSUE = "/repos/{owner}/{repo}/issues/{number}"

TABLE: Table = (
    ("GET", "/orgs/{org}/issue-types", issue_types_of_organization),
    ("GET", "/repos/{owner}/{repo}/issue-types", issue_types),
    ("GET", "/repos/{owner}/{repo}/milestones", milestones),
    ("POST", "/repos/{owner}/{repo}/milestones", create_milestone),
    ("GET", "/repos/{owner}/{repo}/milestones/{milestone}", one_milestone),
    ("PATCH", "/repos/{owner}/{repo}/milestones/{milestone}", update_milestone),
    ("GET", f"{_ISSUE}/parent", parent),
    ("GET", f"{_ISSUE}/sub_issues", sub_issues),
    ("POST", f"{_ISSUE}/sub_issues", add_sub_issue),
    ("DELETE", f"{_ISSUE}/sub_issue", remove_sub_issue),
    ("PATCH", f"{_ISSUE}/sub_issues/priority", reprioritize_sub_issue),
)

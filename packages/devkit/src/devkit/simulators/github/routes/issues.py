"""Issues and comments."""

from typing import Any, Literal

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.records.accounts import Account
from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.planning import IssueType, Milestone
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.responses import ApiError, ApiResponse, invalid, not_found
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.accounts import user
from devkit.simulators.github.serializers.issues import comment_object, issue_object, label

_REASONS = (None, "completed", "not_planned", "reopened", "duplicate")


def issues(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/issues, including pull requests, as at GitHub."""
    repository = request.repository()
    milestone = request.query.get("milestone", "*")
    if milestone not in ("*", "none", "") and milestone not in map(str, repository.milestones):
        raise invalid("Issue", "milestone", "invalid", value=milestone)
    found = [issue for issue in repository.issues.values() if _wanted(request, issue)]
    key = {"updated": "updated_at", "comments": "comments"}.get(request.query.get("sort", ""), "created_at")
    found.sort(
        key=lambda issue: (len(issue.comments) if key == "comments" else getattr(issue, key), issue.number),
        reverse=request.query.get("direction", "desc") != "asc",
    )
    return request.page(found, lambda issue: issue_object(request.urls, repository, issue))


def _wanted(request: ApiRequest, issue: Issue) -> bool:
    query = request.query
    labels = [name for name in query.get("labels", "").split(",") if name]
    assignees = [account.login.lower() for account in issue.assignees]
    return (
        query.get("state", "open") in ("all", issue.state)
        and set(labels) <= set(issue.labels)
        and query.get("creator", issue.user.login).lower() == issue.user.login.lower()
        and _fits(query.get("assignee", ""), assignees)
        and _fits(query.get("milestone", ""), [str(issue.milestone.number)] if issue.milestone else [])
        and _fits(query.get("type", ""), [issue.type.name.lower()] if issue.type else [])
        and query.get("since", "") <= issue.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    )


def _fits(wanted: str, present: list[str]) -> bool:
    """Whether the values of an issue fit a filter: ``*`` for any, ``none`` for none."""
    if wanted in ("", "*", "none"):
        return wanted == "" or bool(present) == (wanted == "*")
    return wanted.lower() in present


def labels(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/labels."""
    names = _label_names(request.repository())
    return request.page(names, lambda name: label(request.urls, request.repository(), name))


def one_label(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/labels/{name}."""
    repository = request.repository()
    for name in _label_names(repository):
        if name.casefold() == request.values["name"].casefold():
            return label(request.urls, repository, name)
    raise not_found()


def assignees(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/assignees: who may be assigned."""
    owner = request.repository().owner
    logins = sorted({*owner.members, *({owner.login} if owner.kind == "User" else ())})
    found = [account for login in logins if (account := request.world.account(login)) is not None]
    return request.page(found, lambda account: user(request.urls, account))


def _label_names(repository: Repository) -> list[str]:
    return sorted({name for issue in repository.issues.values() for name in issue.labels})


def create_issue(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/issues, for everyone with read access."""
    repository, account = request.repository(), request.signed_in()
    title = request.text("title", "Issue", required=True, longest=256) or ""
    body = request.text("body", "Issue")
    if request.identity is not None and request.identity.repositories is not None:
        request.own_repository()  # a credential limited to certain repositories cannot open issues in others
    may_push = request.world.can_push(request.identity, repository)
    milestone, kind = _milestone(request, repository), _type(request, repository)
    labels, assigned = _labels(request), _assignees(request, repository) if may_push else []
    issue = request.world.add_issue(repository, account, title, body)
    if may_push:
        issue.labels, issue.assignees, issue.milestone, issue.type = labels, assigned, milestone, kind
    return ApiResponse(
        issue_object(request.urls, repository, issue), 201, {"Location": request.urls.repository(repository)}
    )


def one_issue(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/issues/{issue_number}."""
    repository = request.repository()
    return issue_object(request.urls, repository, request.issue(repository))


def update_issue(request: ApiRequest) -> Any:
    """PATCH /repos/{owner}/{repo}/issues/{issue_number}."""
    repository = request.own_repository()
    issue, body = request.issue(repository), request.body
    state, reason = body.get("state", issue.state), body.get("state_reason")
    if state not in ("open", "closed"):
        raise invalid("Issue", "state", "invalid", value=state)
    if reason not in _REASONS:
        raise invalid("Issue", "state_reason", "invalid", value=reason)
    duplicate = request.world.issue_by_id(body.get("duplicate_issue_id"))
    if reason == "duplicate" and "duplicate_issue_id" in body and duplicate is None:
        raise invalid("Issue", "duplicate_issue_id", "invalid", value=body["duplicate_issue_id"])
    milestone, kind = _milestone(request, repository), _type(request, repository)
    issue.title = request.text("title", "Issue", longest=256) or issue.title
    if "milestone" in body:
        issue.milestone = milestone
    if "type" in body:
        issue.type = kind
    if "body" in body:
        issue.body = request.text("body", "Issue")
    if "labels" in body:
        issue.labels = _labels(request)
    if "assignees" in body:
        issue.assignees = _assignees(request, repository)
    _change_state(request, issue, state, reason, duplicate)
    issue.updated_at = request.world.now()
    return issue_object(request.urls, repository, issue)


def _change_state(
    request: ApiRequest, issue: Issue, state: Literal["open", "closed"], reason: str | None, duplicate: Issue | None
) -> None:
    if state != issue.state:
        issue.closed_at = request.world.now() if state == "closed" else None
    if issue.pull is None and "state" in request.body:  # GitHub ignores a reason without a state
        reopened = "reopened" if state != issue.state else issue.state_reason
        issue.state_reason = (reason or "completed") if state == "closed" else reopened
        issue.duplicate_of = duplicate if issue.state_reason == "duplicate" else None
    issue.state = state


def comments(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/issues/{issue_number}/comments: oldest first."""
    repository = request.repository()
    issue = request.issue(repository)
    return request.page(issue.comments, lambda one: comment_object(request.urls, repository, issue, one))


def create_comment(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/issues/{issue_number}/comments."""
    repository, account = request.repository(), request.signed_in()
    issue = request.issue(repository)
    body = request.text("body", "IssueComment", required=True)
    comment = request.world.add_comment(issue, account, body or "")
    return ApiResponse(comment_object(request.urls, repository, issue, comment), 201)


def _milestone(request: ApiRequest, repository: Repository) -> Milestone | None:
    wanted = request.body.get("milestone")
    if wanted is None:
        return None
    number = int(wanted) if isinstance(wanted, str) and wanted.isdecimal() else wanted
    if number not in repository.milestones:
        raise invalid("Issue", "milestone", "invalid", value=wanted)
    return repository.milestones[number]


def _type(request: ApiRequest, repository: Repository) -> IssueType | None:
    wanted = request.body.get("type")
    if wanted is None:
        return None
    found = request.world.issue_type(repository.owner, str(wanted))
    if found is None:
        raise invalid("Issue", "type", "invalid", value=wanted)
    return found


def _labels(request: ApiRequest) -> list[str]:
    names = request.body.get("labels") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ApiError(422, "Invalid request.\n\nFor 'properties/labels', it is not a list of strings.")
    return list(dict.fromkeys(names))


def _assignees(request: ApiRequest, repository: Repository) -> list[Account]:
    found = []
    for login in request.body.get("assignees") or []:
        account = request.world.account(login)
        member = account is not None and account.login in {repository.owner.login, *repository.owner.members}
        if account is None or not member:
            raise invalid("Issue", "assignees", "invalid", value=login)
        found.append(account)
    return found


TABLE: Table = (
    ("GET", "/repos/{owner}/{repo}/labels", labels),
    ("GET", "/repos/{owner}/{repo}/labels/{name}", one_label),
    ("GET", "/repos/{owner}/{repo}/assignees", assignees),
    ("GET", "/repos/{owner}/{repo}/issues", issues),
    ("POST", "/repos/{owner}/{repo}/issues", create_issue),
    ("GET", "/repos/{owner}/{repo}/issues/{number}", one_issue),
    ("PATCH", "/repos/{owner}/{repo}/issues/{number}", update_issue),
    ("GET", "/repos/{owner}/{repo}/issues/{number}/comments", comments),
    ("POST", "/repos/{owner}/{repo}/issues/{number}/comments", create_comment),
)

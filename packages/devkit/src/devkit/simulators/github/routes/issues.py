"""Issues and comments."""

from typing import Any

from devkit.simulators.github.api_request import Ask
from devkit.simulators.github.responses import ApiError, Reply, invalid
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.issues import comment_object, issue_object
from devkit.simulators.github.world import Account, Issue, Repository

_REASONS = (None, "completed", "not_planned", "reopened", "duplicate")


def issues(ask: Ask) -> Reply:
    """GET /repos/{owner}/{repo}/issues: pull requests too, as GitHub has it."""
    repository = ask.repository()
    found = [issue for issue in repository.issues.values() if _wanted(ask, issue)]
    key = {"updated": "updated_at", "comments": "comments"}.get(ask.query.get("sort", ""), "created_at")
    found.sort(
        key=lambda issue: (len(issue.comments) if key == "comments" else getattr(issue, key), issue.number),
        reverse=ask.query.get("direction", "desc") != "asc",
    )
    return ask.page(found, lambda issue: issue_object(ask.urls, repository, issue))


def _wanted(ask: Ask, issue: Issue) -> bool:
    query = ask.query
    labels = [name for name in query.get("labels", "").split(",") if name]
    assignees = [account.login for account in issue.assignees]
    assignee = query.get("assignee", "")
    return (
        query.get("state", "open") in ("all", issue.state)
        and set(labels) <= set(issue.labels)
        and query.get("creator", issue.user.login).lower() == issue.user.login.lower()
        and (not assignee or (assignee == "*" and bool(assignees)) or assignee in assignees)
        and query.get("since", "") <= issue.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    )


def create_issue(ask: Ask) -> Reply:
    """POST /repos/{owner}/{repo}/issues: whoever may read may open one."""
    repository, account = ask.repository(), ask.signed_in()
    title = ask.text("title", "Issue", required=True, longest=256) or ""
    body = ask.text("body", "Issue")
    if ask.identity is not None and ask.identity.repositories is not None:
        ask.own_repository()  # a credential for certain repositories opens none elsewhere
    issue = ask.world.add_issue(repository, account, title, body)
    if ask.world.can_push(ask.identity, repository):
        issue.labels, issue.assignees = _labels(ask), _assignees(ask, repository)
    return Reply(issue_object(ask.urls, repository, issue), 201, {"Location": ask.urls.repository(repository)})


def one_issue(ask: Ask) -> Any:
    """GET /repos/{owner}/{repo}/issues/{issue_number}."""
    repository = ask.repository()
    return issue_object(ask.urls, repository, ask.issue(repository))


def update_issue(ask: Ask) -> Any:
    """PATCH /repos/{owner}/{repo}/issues/{issue_number}."""
    repository = ask.own_repository()
    issue, body = ask.issue(repository), ask.body
    state, reason = body.get("state", issue.state), body.get("state_reason")
    if state not in ("open", "closed"):
        raise invalid("Issue", "state", "invalid", value=state)
    if reason not in _REASONS:
        raise invalid("Issue", "state_reason", "invalid", value=reason)
    issue.title = ask.text("title", "Issue", longest=256) or issue.title
    if "body" in body:
        issue.body = ask.text("body", "Issue")
    if "labels" in body:
        issue.labels = _labels(ask)
    if "assignees" in body:
        issue.assignees = _assignees(ask, repository)
    if state != issue.state:
        issue.closed_at = ask.world.now() if state == "closed" else None
        issue.state_reason = (reason or "completed") if state == "closed" else "reopened"
    elif reason is not None:
        issue.state_reason = reason
    issue.state = state
    issue.updated_at = ask.world.now()
    return issue_object(ask.urls, repository, issue)


def comments(ask: Ask) -> Reply:
    """GET /repos/{owner}/{repo}/issues/{issue_number}/comments: oldest first."""
    repository = ask.repository()
    issue = ask.issue(repository)
    return ask.page(issue.comments, lambda one: comment_object(ask.urls, repository, issue, one))


def create_comment(ask: Ask) -> Reply:
    """POST /repos/{owner}/{repo}/issues/{issue_number}/comments."""
    repository, account = ask.repository(), ask.signed_in()
    issue = ask.issue(repository)
    body = ask.text("body", "IssueComment", required=True)
    comment = ask.world.add_comment(issue, account, body or "")
    return Reply(comment_object(ask.urls, repository, issue, comment), 201)


def _labels(ask: Ask) -> list[str]:
    names = ask.body.get("labels") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ApiError(422, "Invalid request.\n\nFor 'properties/labels', it is not a list of strings.")
    return list(dict.fromkeys(names))


def _assignees(ask: Ask, repository: Repository) -> list[Account]:
    found = []
    for login in ask.body.get("assignees") or []:
        account = ask.world.account(login)
        member = account is not None and account.login in {repository.owner.login, *repository.owner.members}
        if account is None or not member:
            raise invalid("Issue", "assignees", "invalid", value=login)
        found.append(account)
    return found


TABLE: Table = (
    ("GET", "/repos/{owner}/{repo}/issues", issues),
    ("POST", "/repos/{owner}/{repo}/issues", create_issue),
    ("GET", "/repos/{owner}/{repo}/issues/{number}", one_issue),
    ("PATCH", "/repos/{owner}/{repo}/issues/{number}", update_issue),
    ("GET", "/repos/{owner}/{repo}/issues/{number}/comments", comments),
    ("POST", "/repos/{owner}/{repo}/issues/{number}/comments", create_comment),
)

"""Issues, comments and pull requests."""

from typing import Any

from devkit.simulators.github.api_request import Urls
from devkit.simulators.github.records.comments import Comment
from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.serializers.accounts import node_id, team_object, time_of, user
from devkit.simulators.github.serializers.planning import issue_type_object, milestone_object, sub_issues_summary
from devkit.simulators.github.serializers.repositories import repository_object

_DEPENDENCIES = ("blocked_by", "blocking", "total_blocked_by", "total_blocking")
_REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def label(urls: Urls, repository: Repository, name: str) -> dict[str, Any]:
    """`label`."""
    number = sum(name.encode()) + 1
    return {
        "id": number,
        "node_id": node_id("Label", number),
        "url": urls.repository(repository, "labels", name),
        "name": name,
        "color": f"{number % 0x1000000:06x}",
        "default": name in ("bug", "documentation", "enhancement"),
        "description": None,
    }


def issue_object(urls: Urls, repository: Repository, issue: Issue) -> dict[str, Any]:
    """`issue`, also for pull requests."""
    own = urls.repository(repository, "issues", issue.number)
    page = urls.page(repository, "pull" if issue.pull else "issues", issue.number)
    whole = {
        "url": own,
        "repository_url": urls.repository(repository),
        "labels_url": f"{own}/labels{{/name}}",
        "comments_url": f"{own}/comments",
        "events_url": f"{own}/events",
        "html_url": page,
        "id": issue.id,
        "node_id": node_id("PullRequest" if issue.pull else "Issue", issue.id),
        "number": issue.number,
        "title": issue.title,
        "user": user(urls, issue.user),
        "labels": [label(urls, repository, name) for name in issue.labels],
        "state": issue.state,
        "locked": False,
        "assignee": user(urls, issue.assignees[0]) if issue.assignees else None,
        "assignees": [user(urls, account) for account in issue.assignees],
        "milestone": milestone_object(urls, repository, issue.milestone) if issue.milestone else None,
        "comments": len(issue.comments),
        "created_at": time_of(issue.created_at),
        "updated_at": time_of(issue.updated_at),
        "closed_at": time_of(issue.closed_at),
        "author_association": association(repository, issue.user.login),
        "active_lock_reason": None,
        "body": issue.body,
        "closed_by": None,
        "reactions": reactions(f"{own}/reactions"),
        "timeline_url": f"{own}/timeline",
        "performed_via_github_app": None,
        "state_reason": issue.state_reason,
        "type": issue_type_object(issue.type) if issue.type else None,
    }
    if issue.pull is None:
        whole["sub_issues_summary"] = sub_issues_summary(issue)
        whole["issue_dependencies_summary"] = dict.fromkeys(_DEPENDENCIES, 0)
        if issue.parent is not None and issue.parent.repository is not None:
            whole["parent_issue_url"] = urls.repository(issue.parent.repository, "issues", issue.parent.number)
    if issue.pull is not None:
        whole["draft"] = issue.pull.draft
        whole["pull_request"] = {
            "url": urls.repository(repository, "pulls", issue.number),
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": time_of(issue.pull.merged_at),
        }
    return whole


def comment_object(urls: Urls, repository: Repository, issue: Issue, comment: Comment) -> dict[str, Any]:
    """`issue-comment`."""
    own = urls.repository(repository, "issues", "comments", comment.id)
    page = urls.page(repository, "pull" if issue.pull else "issues", issue.number)
    return {
        "url": own,
        "html_url": f"{page}#issuecomment-{comment.id}",
        "issue_url": urls.repository(repository, "issues", issue.number),
        "id": comment.id,
        "node_id": node_id("IssueComment", comment.id),
        "user": user(urls, comment.user),
        "created_at": time_of(comment.created_at),
        "updated_at": time_of(comment.created_at),
        "body": comment.body,
        "author_association": association(repository, comment.user.login),
        "reactions": reactions(f"{own}/reactions"),
        "performed_via_github_app": None,
    }


def pull_object(urls: Urls, repository: Repository, issue: Issue, pull: Pull) -> dict[str, Any]:
    """`pull-request-simple`, for lists."""
    own, page = urls.repository(repository, "pulls", issue.number), urls.page(repository, "pull", issue.number)
    as_issue = issue_object(urls, repository, issue)
    links = {
        "self": own,
        "html": page,
        "issue": as_issue["url"],
        "comments": as_issue["comments_url"],
        "review_comments": f"{own}/comments",
        "review_comment": f"{urls.repository(repository)}/pulls/comments{{/number}}",
        "commits": f"{own}/commits",
        "statuses": urls.repository(repository, "statuses", pull.head_sha),
    }
    return {
        "url": own,
        "id": issue.id,
        "node_id": as_issue["node_id"],
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": links["issue"],
        "commits_url": links["commits"],
        "review_comments_url": links["review_comments"],
        "review_comment_url": links["review_comment"],
        "comments_url": links["comments"],
        "statuses_url": links["statuses"],
        **{
            name: as_issue[name]
            for name in (
                "number", "state", "locked", "title", "user", "body", "labels", "milestone", "active_lock_reason",
                "created_at", "updated_at", "closed_at", "assignee", "assignees", "author_association",
            )
        },
        "merged_at": time_of(pull.merged_at),
        "merge_commit_sha": pull.merge_sha,
        "requested_reviewers": [user(urls, account) for account in pull.requested_reviewers],
        "requested_teams": [team_object(urls, repository.owner, team) for team in pull.requested_teams],
        "head": _side(urls, pull.head_repository or repository, pull.head_ref, pull.head_sha),
        "base": _side(urls, repository, pull.base_ref, pull.base_sha),
        "_links": {name: {"href": href} for name, href in links.items()},
        "auto_merge": None,
        "draft": pull.draft,
    }  # fmt: skip


def _side(urls: Urls, repository: Repository, ref: str, sha: str) -> dict[str, Any]:
    owner = repository.owner
    return {
        "label": f"{owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(urls, owner),
        "repo": repository_object(urls, repository),
    }


def association(repository: Repository, login: str) -> str:
    owner = repository.owner
    return "OWNER" if login == owner.login else "MEMBER" if login in owner.members else "NONE"


def reactions(url: str) -> dict[str, Any]:
    return {"url": url, "total_count": 0, **dict.fromkeys(_REACTIONS, 0)}

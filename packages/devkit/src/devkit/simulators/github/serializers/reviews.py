"""Reviews and their comments."""

from typing import Any

from devkit.simulators.github.api_request import Urls
from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.reviews import Review, ReviewComment, Thread
from devkit.simulators.github.review_lines import current_line
from devkit.simulators.github.serializers.accounts import node_id, time_of, user
from devkit.simulators.github.serializers.issues import association, reactions


def review_object(urls: Urls, repository: Repository, issue: Issue, review: Review) -> dict[str, Any]:
    """`pull-request-review`."""
    page = f"{urls.page(repository, 'pull', issue.number)}#pullrequestreview-{review.id}"
    pull_url = urls.repository(repository, "pulls", issue.number)
    return {
        "id": review.id,
        "node_id": node_id("PullRequestReview", review.id),
        "user": user(urls, review.user),
        "body": review.body,
        "state": review.state,
        "html_url": page,
        "pull_request_url": pull_url,
        "author_association": association(repository, review.user.login),
        "_links": {"html": {"href": page}, "pull_request": {"href": pull_url}},
        "submitted_at": time_of(review.created_at),
        "commit_id": review.commit,
    }


def thread_comment(
    urls: Urls, repository: Repository, issue: Issue, pull: Pull, thread: Thread, comment: ReviewComment
) -> dict[str, Any]:
    """`pull-request-review-comment`. An outdated one has neither line nor position."""
    own = urls.repository(repository, "pulls", "comments", comment.id)
    page = f"{urls.page(repository, 'pull', issue.number)}#discussion_r{comment.id}"
    pull_url = urls.repository(repository, "pulls", issue.number)
    line = current_line(repository, pull, thread)
    length = thread.line - thread.start_line if thread.start_line is not None else None
    found = {
        "url": own,
        "pull_request_review_id": comment.review_id,
        "id": comment.id,
        "node_id": node_id("PullRequestReviewComment", comment.id),
        "diff_hunk": thread.hunk,
        "path": thread.path,
        "commit_id": thread.commit if line is None else pull.head_sha,
        "original_commit_id": thread.commit,
        "user": user(urls, comment.user),
        "body": comment.body,
        "created_at": time_of(comment.created_at),
        "updated_at": time_of(comment.created_at),
        "html_url": page,
        "pull_request_url": pull_url,
        "author_association": association(repository, comment.user.login),
        "_links": {"self": {"href": own}, "html": {"href": page}, "pull_request": {"href": pull_url}},
        "reactions": reactions(f"{own}/reactions"),
        "start_line": line - length if line is not None and length is not None else None,
        "original_start_line": thread.start_line,
        "start_side": thread.side if thread.start_line is not None else None,
        "line": line,
        "original_line": thread.line,
        "side": thread.side,
        "original_position": thread.position,
        "position": thread.position if line is not None else None,
        "subject_type": "line",
    }
    return found if comment.id == thread.id else {**found, "in_reply_to_id": thread.id}

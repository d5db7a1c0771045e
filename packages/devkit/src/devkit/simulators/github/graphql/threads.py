"""Threads of reviews: reading, answering and resolving them."""

from collections.abc import Mapping
from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.graphql.nodes import (
    Fields,
    Finders,
    Graph,
    GraphError,
    Node,
    account_node,
    connection,
    repository_node,
)
from devkit.simulators.github.graphql.pulls import pull_node, pull_of, writable
from devkit.simulators.github.pull_branches import present
from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.reviews import ReviewComment, Thread
from devkit.simulators.github.review_lines import current_line
from devkit.simulators.github.review_writes import add_reply
from devkit.simulators.github.serializers.accounts import time_of

Place = tuple[Issue, Thread]


def _thread_node(repository: Repository, issue: Issue, thread: Thread) -> Node:
    """A thread; its record is the issue and the thread."""
    return Node("PullRequestReviewThread", (issue, thread), repository, thread.id)


def _comment_node(repository: Repository, issue: Issue, thread: Thread, comment: ReviewComment) -> Node:
    return Node("PullRequestReviewComment", (issue, thread, comment), repository, comment.id)


def _threads(node: Node, _: Graph, **page: Any) -> Mapping[str, Any]:
    issue: Issue = node.record
    return connection("reviewThreads", pull_of(node).threads, lambda one: _thread_node(node.of, issue, one), **page)


def _comments(node: Node, _: Graph, *, skip: int | None = None, **page: Any) -> Mapping[str, Any]:
    issue, thread = node.record
    found = thread.comments[skip or 0 :]
    return connection("comments", found, lambda one: _comment_node(node.of, issue, thread, one), **page)


def _line(node: Node, _: Graph) -> int | None:
    issue, thread = node.record
    return current_line(node.of, present(node.of, issue), thread)


def _start_line(node: Node, graph: Graph) -> int | None:
    thread = node.record[1]
    line = _line(node, graph)
    return None if line is None or thread.start_line is None else line - (thread.line - thread.start_line)


def _set_resolved(resolved: bool) -> Any:
    def change(_: None, graph: Graph, *, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
        node = writable(graph, graph.find(input["threadId"], "PullRequestReviewThread"))
        node.record[1].resolved_by = graph.request.signed_in() if resolved else None
        return {"thread": node, "clientMutationId": input.get("clientMutationId")}

    return change


def _reply(_: None, graph: Graph, *, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    node = writable(graph, graph.find(input["pullRequestReviewThreadId"], "PullRequestReviewThread"))
    issue, thread = node.record
    if not input["body"].strip():
        raise GraphError("UNPROCESSABLE", "Body can't be blank")
    made = add_reply(graph.request, present(node.of, issue), thread, graph.request.signed_in(), input["body"])
    comment = _comment_node(node.of, issue, thread, made)
    return {"comment": comment, "clientMutationId": input.get("clientMutationId")}


def _find_thread(request: ApiRequest, number: int) -> Node | None:
    for repository in request.world.visible(request.identity):
        for issue in repository.issues.values():
            for thread in issue.pull.threads if issue.pull is not None else ():
                if thread.id == number:
                    return _thread_node(repository, issue, thread)
    return None


FIELDS: Fields = {
    "PullRequest.reviewThreads": _threads,
    "PullRequestReviewThread.comments": _comments,
    "PullRequestReviewThread.diffSide": lambda node, _: node.record[1].side,
    "PullRequestReviewThread.isOutdated": lambda node, graph: _line(node, graph) is None,
    "PullRequestReviewThread.isResolved": lambda node, _: node.record[1].resolved_by is not None,
    "PullRequestReviewThread.line": _line,
    "PullRequestReviewThread.originalLine": lambda node, _: node.record[1].line,
    "PullRequestReviewThread.originalStartLine": lambda node, _: node.record[1].start_line,
    "PullRequestReviewThread.path": lambda node, _: node.record[1].path,
    "PullRequestReviewThread.pullRequest": lambda node, _: pull_node(node.of, node.record[0]),
    "PullRequestReviewThread.repository": lambda node, _: repository_node(node.of),
    "PullRequestReviewThread.resolvedBy": lambda node, _: (
        account_node(node.record[1].resolved_by) if node.record[1].resolved_by is not None else None
    ),
    "PullRequestReviewThread.startLine": _start_line,
    "PullRequestReviewThread.subjectType": lambda *_: "LINE",
    "PullRequestReviewComment.author": lambda node, _: account_node(node.record[2].user),
    "PullRequestReviewComment.body": lambda node, _: node.record[2].body,
    "PullRequestReviewComment.createdAt": lambda node, _: time_of(node.record[2].created_at),
    "PullRequestReviewComment.diffHunk": lambda node, _: node.record[1].hunk,
    "PullRequestReviewComment.fullDatabaseId": lambda node, _: str(node.number),
    "PullRequestReviewComment.path": lambda node, _: node.record[1].path,
    "PullRequestReviewComment.pullRequest": lambda node, _: pull_node(node.of, node.record[0]),
    "PullRequestReviewComment.repository": lambda node, _: repository_node(node.of),
    "PullRequestReviewComment.url": lambda node, graph: (
        graph.request.urls.page(node.of, "pull", node.record[0].number) + f"#discussion_r{node.number}"
    ),
    "Mutation.addPullRequestReviewThreadReply": _reply,
    "Mutation.resolveReviewThread": _set_resolved(True),
    "Mutation.unresolveReviewThread": _set_resolved(False),
}

FINDERS: Finders = {"PullRequestReviewThread": _find_thread}

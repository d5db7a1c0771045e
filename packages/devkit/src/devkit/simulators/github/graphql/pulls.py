"""Pull requests, and turning them into drafts and back."""

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
    repository_node,
)
from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.serializers.accounts import time_of


def pull_node(repository: Repository, issue: Issue) -> Node:
    """A pull request; its record is the issue."""
    return Node("PullRequest", issue, repository, issue.id)


def pull_of(node: Node) -> Pull:
    """The fields that only pull requests have."""
    pull = node.record.pull
    if not isinstance(pull, Pull):
        raise TypeError("an issue, not a pull request")
    return pull


def writable(graph: Graph, node: Node) -> Node:
    """The same node. Raises `GraphError` where the credential may not write to its repository."""
    request = graph.request
    if not request.world.can_push(request.identity, node.of):
        login = request.signed_in().login
        raise GraphError("FORBIDDEN", f"{login} does not have the correct permissions to execute this mutation.")
    return node


def _pull_request(node: Node, _: Graph, *, number: int) -> Node:
    issue = node.of.issues.get(number)
    if issue is None or issue.pull is None:
        raise GraphError("NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}.")
    return pull_node(node.of, issue)


def _head(node: Node) -> str:
    """The head of the branch; a closed pull request keeps its last one."""
    pull = pull_of(node)
    present = node.of.git.branches().get(pull.head_ref) if node.record.state == "open" else None
    return present or pull.head_sha


def _state(node: Node, _: Graph) -> str:
    return "MERGED" if pull_of(node).merged_at else str(node.record.state).upper()


def _set_draft(draft: bool) -> Any:
    def change(_: None, graph: Graph, *, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
        node = writable(graph, graph.find(input["pullRequestId"], "PullRequest"))
        if pull_of(node).draft == draft:
            words = "Pull request is already a draft" if draft else "Pull request is not a draft"
            raise GraphError("UNPROCESSABLE", words)
        pull_of(node).draft = draft
        node.record.updated_at = graph.request.world.now()
        return {"pullRequest": node, "clientMutationId": input.get("clientMutationId")}

    return change


def _find_pull(request: ApiRequest, number: int) -> Node | None:
    for repository in request.world.visible(request.identity):
        for issue in repository.issues.values():
            if issue.id == number and issue.pull is not None:
                return pull_node(repository, issue)
    return None


FIELDS: Fields = {
    "Repository.pullRequest": _pull_request,
    "PullRequest.author": lambda node, _: account_node(node.record.user),
    "PullRequest.baseRefName": lambda node, _: pull_of(node).base_ref,
    "PullRequest.baseRefOid": lambda node, _: pull_of(node).base_sha,
    "PullRequest.body": lambda node, _: node.record.body or "",
    "PullRequest.createdAt": lambda node, _: time_of(node.record.created_at),
    "PullRequest.headRefName": lambda node, _: pull_of(node).head_ref,
    "PullRequest.headRefOid": lambda node, _: _head(node),
    "PullRequest.isDraft": lambda node, _: pull_of(node).draft,
    "PullRequest.merged": lambda node, _: pull_of(node).merged_at is not None,
    "PullRequest.number": lambda node, _: node.record.number,
    "PullRequest.repository": lambda node, _: repository_node(node.of),
    "PullRequest.state": _state,
    "PullRequest.title": lambda node, _: node.record.title,
    "PullRequest.updatedAt": lambda node, _: time_of(node.record.updated_at),
    "PullRequest.url": lambda node, graph: graph.request.urls.page(node.of, "pull", node.record.number),
    "Mutation.convertPullRequestToDraft": _set_draft(True),
    "Mutation.markPullRequestReadyForReview": _set_draft(False),
}

FINDERS: Finders = {"PullRequest": _find_pull}

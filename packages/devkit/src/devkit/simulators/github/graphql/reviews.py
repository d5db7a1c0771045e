"""Reviews of pull requests."""

from devkit.simulators.github.graphql.nodes import Fields, Finders, Graph, Node, connection
from devkit.simulators.github.graphql.pulls import pull_of
from devkit.simulators.github.merge_rules import opinions_of
from devkit.simulators.github.routes.pulls import pull_verdict


def _decision(node: Node, graph: Graph) -> str | None:
    """By the latest opinion of each reviewer; None where no review is required and none was given."""
    pull = pull_of(node)
    opinions = opinions_of(graph.request.world, node.of, pull)
    if "CHANGES_REQUESTED" in opinions.values():
        return "CHANGES_REQUESTED"
    found = pull_verdict(graph.request, node.of, node.record) if node.record.state == "open" else None
    if found is not None and found.lacks_review:
        return "REVIEW_REQUIRED"
    return "APPROVED" if "APPROVED" in opinions.values() else None


FIELDS: Fields = {
    "PullRequest.reviewDecision": _decision,
    "PullRequest.reviewThreads": lambda _, __, **arguments: connection("reviewThreads", [], lambda one: one, **arguments),
}

FINDERS: Finders = {}

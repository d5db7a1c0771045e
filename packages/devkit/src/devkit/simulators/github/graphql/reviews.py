"""Reviews of pull requests."""

from devkit.simulators.github.graphql.nodes import Fields, Finders, Graph, Node
from devkit.simulators.github.graphql.pulls import pull_of
from devkit.simulators.github.merge_rules import opinions_of, pull_verdict


def _decision(node: Node, graph: Graph) -> str | None:
    """By the latest opinion of each reviewer; None where no review is required and none was given."""
    pull = pull_of(node)
    opinions = opinions_of(graph.request.world, node.of, pull)
    if "CHANGES_REQUESTED" in opinions.values():
        return "CHANGES_REQUESTED"
    request = graph.request
    is_open = node.record.state == "open"
    if is_open and pull_verdict(request.world, node.of, node.record, request.identity).lacks_review:
        return "REVIEW_REQUIRED"
    return "APPROVED" if "APPROVED" in opinions.values() else None


FIELDS: Fields = {"PullRequest.reviewDecision": _decision}

FINDERS: Finders = {}

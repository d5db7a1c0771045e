"""Reviews of pull requests."""

from devkit.simulators.github.graphql.nodes import Fields, Finders, Graph, Node
from devkit.simulators.github.graphql.pulls import pull_of


def _decision(node: Node, _: Graph) -> str | None:
    """By the latest opinion of each reviewer; None where no branch protection requires a review and none has one."""
    latest = {
        review.user.login: review.state
        for review in pull_of(node).reviews
        if review.state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
    }
    for state in ("CHANGES_REQUESTED", "APPROVED"):
        if state in latest.values():
            return state
    return None


FIELDS: Fields = {"PullRequest.reviewDecision": _decision}

FINDERS: Finders = {}

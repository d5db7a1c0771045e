"""Whether GitHub lets a credential move a branch without a pull request."""

from devkit.simulators.github.merge_rules import PASSED, may_bypass, results_of, rulesets_of
from devkit.simulators.github.records.accounts import Identity
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.responses import unprocessable
from devkit.simulators.github.world import World


def require_direct_push(world: World, repository: Repository, identity: Identity | None, branch: str, sha: str) -> None:
    """Check the protection and the rulesets of a branch.

    Raises:
        ApiError: 422, in GitHub's words for the first requirement that is not met.
    """
    rule = repository.protections.get(branch)
    if rule is not None and not may_bypass(world, repository, identity, rule):
        if rule.approvals:
            reviews = "review is" if rule.approvals == 1 else "reviews are"
            raise unprocessable(
                f"At least {rule.approvals} approving {reviews} required by reviewers with write access."
            )
        passed = {one.name for one in results_of(repository, sha) if one.state in PASSED}
        for name in rule.checks:
            if name not in passed:
                raise unprocessable(f'Required status check "{name}" is expected.')
    for ruleset in rulesets_of(repository, branch):
        needs_pull = any(kind == "pull_request" for kind, _ in ruleset.rules)
        if needs_pull and not may_bypass(world, repository, identity, ruleset):
            raise unprocessable("Repository rule violations found\n\nChanges must be made through a pull request.\n\n")

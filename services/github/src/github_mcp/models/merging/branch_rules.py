"""What a branch requires of a merge: branch protection and rulesets as one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

MergeMethod = Literal["merge", "squash", "rebase"]
METHODS: Final[tuple[MergeMethod, ...]] = ("merge", "squash", "rebase")
_NOT_ABOUT_MERGES: Final = frozenset({
    "creation", "deletion", "non_fast_forward", "branch_name_pattern", "tag_name_pattern", "max_ref_updates", "tag",
    "authorization", "copilot_code_review",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class RequiredCheck:
    """A check that has to pass. `app_id`: only a result of that App counts."""

    name: str
    app_id: int | None = None


@dataclass(frozen=True, slots=True)
class BranchRules:
    """The requirements of a branch.

    Attributes:
        approvals: number of approving reviews.
        code_owners: an owner of every changed path has to approve.
        last_push: a person other than the one who pushed last has to approve.
        up_to_date: the pull request's branch has to contain the head of the base branch.
        methods: the merge methods that are allowed; None if all are.
        rulesets: ids of the rulesets among the sources.
        unchecked: further rules, by GitHub's names, of which this server cannot see whether they are met.
    """

    approvals: int = 0
    code_owners: bool = False
    last_push: bool = False
    checks: frozenset[RequiredCheck] = frozenset()
    up_to_date: bool = False
    conversations: bool = False
    linear_history: bool = False
    merge_queue: bool = False
    locked: bool = False
    methods: frozenset[str] | None = None
    rulesets: frozenset[int] = frozenset()
    unchecked: frozenset[str] = frozenset()

    def __or__(self, other: "BranchRules") -> "BranchRules":
        """Both: the stricter of each requirement."""
        methods = (
            self.methods & other.methods
            if self.methods is not None and other.methods is not None
            else self.methods
            if other.methods is None
            else other.methods
        )
        found: dict[str, Any] = {"approvals": max(self.approvals, other.approvals), "methods": methods}
        for field in fields(self):
            if field.name not in found:
                found[field.name] = getattr(self, field.name) | getattr(other, field.name)
        return BranchRules(**found)


def of_rulesets(rules: Iterable[Any]) -> BranchRules:
    """The active rules of rulesets, as ``GET /repos/{owner}/{repo}/rules/branches/{branch}`` lists them."""
    whole = BranchRules()
    for rule in rules:
        if isinstance(rule, Mapping):
            number = rule.get("ruleset_id")
            source = BranchRules(rulesets=frozenset({number} if isinstance(number, int) else ()))
            whole |= source | _of_rule(str(rule.get("type", "")), _mapping(rule.get("parameters")))
    return whole


def _of_rule(kind: str, parameters: Mapping[str, Any]) -> BranchRules:
    if kind == "pull_request":
        count = parameters.get("required_approving_review_count")
        return BranchRules(
            approvals=count if isinstance(count, int) else 0,
            code_owners=parameters.get("require_code_owner_review") is True,
            last_push=parameters.get("require_last_push_approval") is True,
            conversations=parameters.get("required_review_thread_resolution") is True,
            methods=_methods(parameters.get("allowed_merge_methods")),
            unchecked=frozenset({"required_reviewers"} if parameters.get("required_reviewers") else ()),
        )
    if kind == "required_status_checks":
        return BranchRules(
            checks=_checks(parameters.get("required_status_checks"), "integration_id"),
            up_to_date=parameters.get("strict_required_status_checks_policy") is True,
        )
    if kind == "required_linear_history":
        return BranchRules(linear_history=True)
    if kind == "required_review_thread_resolution":
        return BranchRules(conversations=True)
    if kind == "merge_queue":
        return BranchRules(merge_queue=True)
    if kind in ("lock_branch", "update"):
        return BranchRules(locked=True)
    return BranchRules() if kind in _NOT_ABOUT_MERGES else BranchRules(unchecked=frozenset({kind[:60]}))


def _methods(allowed: Any) -> frozenset[str] | None:
    found = frozenset(str(one).lower() for one in allowed) if isinstance(allowed, list) else frozenset()
    return None if not found or found >= {*METHODS} else found


def of_protection(protection: Mapping[str, Any]) -> BranchRules:
    """Branch protection, as ``GET /repos/{owner}/{repo}/branches/{branch}/protection`` shows it to administrators."""
    reviews = protection.get("required_pull_request_reviews")
    required = _mapping(reviews)
    checks = _mapping(protection.get("required_status_checks"))
    count = required.get("required_approving_review_count")
    unchecked = {name for name in ("required_signatures", "required_deployments") if _is_on(protection, name)}
    if protection.get("restrictions") is not None:
        unchecked.add("restrictions")
    return BranchRules(
        approvals=count if isinstance(count, int) else int(isinstance(reviews, Mapping) and count is None),
        code_owners=required.get("require_code_owner_reviews") is True,
        last_push=required.get("require_last_push_approval") is True,
        checks=checks_of(checks),
        up_to_date=checks.get("strict") is True,
        conversations=_is_on(protection, "required_conversation_resolution"),
        linear_history=_is_on(protection, "required_linear_history"),
        locked=_is_on(protection, "lock_branch"),
        unchecked=frozenset(unchecked),
    )


def checks_of(required: Mapping[str, Any]) -> frozenset[RequiredCheck]:
    """The required checks of branch protection. `contexts` names those of `checks` again, without their App."""
    found = _checks(required.get("checks"), "app_id")
    names = {one.name for one in found}
    contexts = required.get("contexts")
    more = contexts if isinstance(contexts, list) else []
    return found | {RequiredCheck(one) for one in more if isinstance(one, str) and one not in names}


def _checks(items: Any, app: str) -> frozenset[RequiredCheck]:
    found = set()
    for one in items if isinstance(items, list) else ():
        if isinstance(one, Mapping) and isinstance(name := one.get("context"), str):
            number = one.get(app)
            # -1 lets any App set the check.
            found.add(RequiredCheck(name, number if isinstance(number, int) and number > 0 else None))
    return frozenset(found)


def _is_on(protection: Mapping[str, Any], name: str) -> bool:
    return _mapping(protection.get(name)).get("enabled") is True


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

"""Branch protection and rulesets."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Protection:
    """The protection of a branch.

    Attributes:
        approvals: number of required approving reviews; None where none are required.
        checks: names of required checks, each with the id of the App that has to set it, or None for any.
        strict: a pull request's branch has to be up to date.
        admins_too: it applies to administrators too.
        deployments, restricted: deployments are required; only some accounts may push.
    """

    approvals: int | None = None
    code_owners: bool = False
    last_push: bool = False
    dismisses_stale: bool = False
    checks: dict[str, int | None] = field(default_factory=dict)
    strict: bool = False
    conversations: bool = False
    linear_history: bool = False
    signatures: bool = False
    locked: bool = False
    admins_too: bool = False
    restricted: bool = False


@dataclass
class Ruleset:
    """A ruleset.

    Attributes:
        branches: the branches that it applies to.
        rules: type and parameters of each rule, as in REST.
        bypass: logins of accounts that may bypass it.
    """

    id: int
    name: str
    branches: frozenset[str]
    rules: list[tuple[str, dict[str, Any]]]
    bypass: frozenset[str] = frozenset()

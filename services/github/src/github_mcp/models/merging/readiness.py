"""Whether a pull request can be merged: what is missing, and what is unknown, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from github_mcp.models.merging.branch_rules import METHODS, BranchRules, RequiredCheck
from github_mcp.models.merging.code_owners import owners_of
from github_mcp.models.merging.facts import CheckState, MergeFacts, Opinion
from servicekit.schema import show_line

WORKFLOWS: Final = ".github/workflows/"
_MOST_COMPARED: Final = 500_000
"""Comparisons of a rule of CODEOWNERS with a path, of which half a million take about a second."""
BLOCKED: Final = "GitHub says that the merge is blocked, and does not show this server why"
_LAST_PUSH: Final = "the last push needs the approval of a person who did not make it"
_NAMED: Final = 5
_LONGEST_NAME: Final = 80
_UNCHECKED: Final = {
    "required_signatures": "signed commits",
    "required_deployments": "successful deployments",
    "required_reviewers": "reviews of certain teams",
    "restrictions": "a person or App that may push there",
    "workflows": "certain workflows to pass",
    "code_scanning": "results of code scanning",
}


@dataclass(frozen=True, slots=True)
class Readiness:
    """What stands between a pull request and its merge.

    Attributes:
        certain: GitHub refuses the merge for these to every account.
        ruled: requirements of the branch that are not met. GitHub refuses the merge, unless the account may bypass.
        unknown: what could not be seen.
    """

    certain: tuple[str, ...]
    ruled: tuple[str, ...]
    unknown: tuple[str, ...]
    can_bypass: bool | None

    @property
    def unmet(self) -> tuple[str, ...]:
        return (*self.certain, *self.ruled)

    @property
    def is_refused(self) -> bool:
        """GitHub is certain to refuse. Its verdict alone does not count: it may be older than the last change."""
        return bool(self.certain) or (self.can_bypass is False and any(one != BLOCKED for one in self.ruled))


def readiness(facts: MergeFacts, method: str, base: str, *, draft: bool, mergeable: bool | None) -> Readiness:
    """Compare a pull request with everything that GitHub requires.

    Args:
        base: the branch to merge into.
        mergeable: whether it merges without conflicts, as GitHub says.
    """
    branch = name_of(base)
    certain, ruled, unknown = [], [], []
    if facts.is_archived:
        certain.append("the repository is archived: it takes no changes")
    if draft:
        certain.append("it is a draft: mark it ready for review first (update_pull_request)")
    if mergeable is False or facts.state == "dirty":
        certain.append(f"it conflicts with {branch}: resolve the conflict on its branch first")
    elif mergeable is None and not facts.is_accepted:
        unknown.append(f"whether it conflicts with {branch}: GitHub is still computing that")
    certain += _method(facts.methods, method, "this repository")
    certain += _workflows(facts, unknown)
    if not facts.is_accepted:
        if facts.state == "behind" or (facts.behind_by and facts.rules is not None and facts.rules.up_to_date):
            count = f" by {_count(facts.behind_by, 'commit')}" if facts.behind_by else ""
            next_step = f"update it with {branch} (update_pull_request_branch)"
            ruled.append(f"its branch is behind {branch}{count}, and has to be up to date: {next_step}")
        if facts.rules is not None:
            ruled += method_rules(facts.rules, method, base)
            ruled += _rules(facts, facts.rules, branch)
            ruled += _reviews(facts, facts.rules, unknown)
            unknown += _unchecked(facts.rules, branch)
        else:
            ruled += _reviews(facts, BranchRules(), unknown)
        ruled += _checks(facts, unknown)
        ruled += [BLOCKED] if facts.state == "blocked" and not certain and not ruled else []
    elif facts.rules is not None:  # GitHub's verdict is independent of the method
        ruled += method_rules(facts.rules, method, base)
    unknown += [f"{one.part} ({one.reason})" for one in facts.missing]
    # GitHub says whether an account may bypass rules only while its verdict is that they are not met.
    can_bypass = False if facts.is_bound else facts.can_bypass if not facts.is_accepted else None
    return Readiness(tuple(certain), tuple(ruled), tuple(unknown), can_bypass)


def _method(allowed: frozenset[str] | None, method: str, where: str) -> list[str]:
    if allowed is None or method in allowed:
        return []
    others = [one for one in METHODS if one in allowed]
    use = f"use method {' or '.join(others)}" if others else "no method is allowed"
    return [f"{where} does not allow method {method}: {use}"]


def _workflows(facts: MergeFacts, unknown: list[str]) -> list[str]:
    changed = [path for path in facts.paths.paths if path.startswith(WORKFLOWS)] if facts.paths else []
    if not changed or facts.writes_workflows:
        return []
    words = f"it changes {_listed(changed)}, which needs the `workflow` permission"
    if facts.writes_workflows is None:
        unknown.append(f"{words}: GitHub does not show whether this server's credential has it")
        return []
    words += " that this server's credential does not have"
    if facts.from_fork:
        return [f"{words}. Ask the operator to grant it"]
    # The same file on another branch of the repository, as a pull request's branch, may be enough for GitHub.
    unknown.append(f"{words}: GitHub may refuse")
    return []


def method_rules(rules: BranchRules, method: str, base: str) -> list[str]:
    """What the rules of a branch say against a merge method."""
    branch = name_of(base)
    found = _method(rules.methods, method, branch)
    if rules.linear_history and method == "merge":
        found.append(f"{branch} takes no merge commits (linear history): use method squash or rebase")
    return found


def _rules(facts: MergeFacts, rules: BranchRules, branch: str) -> list[str]:
    found = []
    if rules.locked:
        found.append(f"{branch} is locked: it is read-only")
    if rules.merge_queue:
        found.append(f"{branch} takes changes through its merge queue only: add it to the queue on its page")
    if rules.conversations and facts.threads is not None and facts.threads.count:
        where = f" ({_listed(facts.threads.places, facts.threads.count)})" if facts.threads.places else ""
        found.append(f"{_count(facts.threads.count, 'conversation')}{where} must be resolved")
    return found


def _reviews(facts: MergeFacts, rules: BranchRules, unknown: list[str]) -> list[str]:
    """Missing approvals. GitHub's decision counts; without it, the reviews are compared with the rules."""
    decision = facts.decision
    is_ruled = bool(rules.approvals) or rules.code_owners or rules.last_push
    is_required = is_ruled or decision == "REVIEW_REQUIRED" or (decision is not None and facts.rules is None)
    if decision in ("APPROVED", "NONE") or not is_required:
        return []
    if facts.opinions is None:
        words = {"REVIEW_REQUIRED": "it needs an approving review", "CHANGES_REQUESTED": "a reviewer requested changes"}
        return [words[decision]] if decision in words else []
    approved = [one.author for one in facts.opinions if one.state == "APPROVED"]
    found = _counted(facts.opinions, approved, rules.approvals if is_ruled else int(decision == "REVIEW_REQUIRED"))
    if rules.code_owners:
        found += _owners(facts, {one.casefold() for one in approved}, unknown)
    if decision == "REVIEW_REQUIRED" and not found:
        found.append(_LAST_PUSH if rules.last_push else "a further approving review is required")
    elif rules.last_push and decision is None:
        unknown.append("whether a person other than its author approved the last push, as required")
    return found


def _counted(opinions: Sequence[Opinion], approved: Sequence[str], needed: int) -> list[str]:
    found = []
    against = [one.author for one in opinions if one.state == "CHANGES_REQUESTED"]
    dismissed = [one.author for one in opinions if one.state == "DISMISSED"]
    if against:
        next_step = "an approval by the same reviewer, or a dismissal, is needed"
        found.append(f"{_listed(against)} requested changes: {next_step}")
    if len(approved) < needed:
        by = f" (by {_listed(approved)})" if approved else ""
        stale = f"; the review of {_listed(dismissed)} was dismissed" if dismissed else ""
        found.append(f"it has {len(approved)} of {_count(needed, 'required approving review')}{by}{stale}")
    return found


def _owners(facts: MergeFacts, approved: set[str], unknown: list[str]) -> list[str]:
    """Code owners whose review is missing, with a path of each."""
    if facts.owners is None or facts.paths is None:
        unknown.append("which code owners have to approve")
        return []
    if len(facts.owners) * len(facts.paths.paths) > _MOST_COMPARED:
        unknown.append("which code owners have to approve: CODEOWNERS has too many rules for so many changed files")
        return []
    open_groups: dict[tuple[str, ...], list[str]] = {}
    for path in facts.paths.paths:
        owners = owners_of(facts.owners, path)
        if owners and not any(one.removeprefix("@").casefold() in approved for one in owners):
            open_groups.setdefault(owners, []).append(path)
    if not facts.paths.all:
        unknown.append("the code owners of changed files beyond the first ones")
    found = []
    for owners, paths in open_groups.items():
        words = f"an approval of a code owner of {_listed(paths)}: {_listed(owners, joined=' or ')}"
        # An approver may be a member of a team, or have the mail address.
        is_plain = all("/" not in one and "@" not in one[1:] for one in owners)
        if is_plain or not approved:
            found.append(f"it needs {words}")
        else:
            unknown.append(f"whether it has {words}")
    return found


def _checks(facts: MergeFacts, unknown: list[str]) -> list[str]:
    required = facts.rules.checks if facts.rules is not None else frozenset[RequiredCheck]()
    if facts.checks is None:
        names = sorted({one.name for one in required})
        unknown += [f"whether the required checks pass: {_listed(names)}"] if names else []
        return []
    states: dict[str, set[str]] = {}
    for wanted in sorted(required, key=lambda one: one.name):
        states.setdefault(wanted.name, set()).add(_state(wanted, facts.checks))
    for check in facts.checks:
        if check.required:
            states.setdefault(check.name, set()).add(check.state)
    words = {
        "failed": "required {} failed: {} (get_check_runs and get_job_logs show why)",
        "running": "required {} not finished: {}",
        "missing": "required {} did not report yet: {}",
    }
    found = []
    for state, text in words.items():
        names = [name for name, ones in states.items() if state in ones]
        if names:
            noun = "check" if len(names) == 1 else "checks"
            noun += (" is" if len(names) == 1 else " are") if state == "running" else ""
            found.append(text.format(noun, _listed(names)))
    return found


def _state(wanted: RequiredCheck, checks: Sequence[CheckState]) -> str:
    """passed, failed, running, or missing where no result of the right App exists."""
    fitting = [
        one
        for one in checks
        if one.name == wanted.name and (None in (wanted.app_id, one.app_id) or one.app_id == wanted.app_id)
    ]
    for state in ("failed", "running", "passed"):
        if any(one.state == state for one in fitting):
            return state
    return "missing"


def _unchecked(rules: BranchRules, branch: str) -> list[str]:
    names = [_UNCHECKED.get(name, f"the rule {name_of(name)}") for name in sorted(rules.unchecked)]
    return [f"{branch} requires {_listed(names)}: this server does not see whether that is met"] if names else []


def name_of(text: str) -> str:
    """A name from GitHub in a sentence: on one line, and not too long."""
    short = text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1]}…"
    return show_line(short)


def _listed(names: Iterable[str], total: int | None = None, joined: str = ", ") -> str:
    whole = list(names)
    shown = joined.join(map(name_of, whole[:_NAMED]))
    more = (len(whole) if total is None else total) - len(whole[:_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")

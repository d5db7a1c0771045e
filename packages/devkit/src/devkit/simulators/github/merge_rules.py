"""Whether GitHub would merge a pull request: its verdict, and the words of its refusal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from devkit.simulators.github.pull_branches import changes_of, merged_tree, present
from devkit.simulators.github.records.accounts import Identity
from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.protection import Protection, Ruleset
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.world import World

ACTIONS = 15368
"""The id of the App that sets the checks of workflow runs."""
OPINIONS = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
_CODE_OWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
PASSED = ("success", "neutral", "skipped")


@dataclass(frozen=True)
class CheckResult:
    """The latest result of a check or status; `state` is a conclusion, or ``pending``."""

    name: str
    state: str
    app_id: int | None = None


@dataclass(frozen=True)
class Verdict:
    """What GitHub makes of a pull request.

    Attributes:
        state: `mergeable_state` of REST.
        problems: the words for each requirement that is not met.
        can_bypass: the account may merge in spite of them.
    """

    state: str
    problems: tuple[str, ...]
    can_bypass: bool

    @property
    def lacks_review(self) -> bool:
        """An approval is missing."""
        return any(one.startswith(("At least", "Waiting on")) for one in self.problems)


@dataclass(frozen=True)
class Wanted:
    """What one protection or ruleset requires."""

    approvals: int = 0
    code_owners: bool = False
    checks: tuple[tuple[str, int | None], ...] = ()
    strict: bool = False
    conversations: bool = False
    linear_history: bool = False
    queue: bool = False
    locked: bool = False
    methods: tuple[str, ...] | None = None


def results_of(repository: Repository, sha: str) -> list[CheckResult]:
    """The latest checks and statuses of a commit."""
    found = [
        CheckResult(job.name, job.conclusion or "pending", ACTIONS)
        for run in repository.runs
        if run.head_sha == sha
        for job in run.jobs_of()
    ]
    latest = {one.context: one for one in repository.statuses if one.sha == sha}
    return [*found, *(CheckResult(one.context, one.state) for one in latest.values())]


def opinions_of(world: World, repository: Repository, pull: Pull) -> dict[str, str]:
    """The latest opinion of each reviewer with write access. A protected branch may dismiss stale approvals."""
    rule = repository.protections.get(pull.base_ref)
    stale = rule is not None and rule.dismisses_stale
    latest = {}
    for review in pull.reviews:
        if review.state in OPINIONS and world.can_push(Identity(review.user), repository):
            is_stale = stale and review.state == "APPROVED" and review.commit != pull.head_sha
            latest[review.user.login] = "DISMISSED" if is_stale else review.state
    return latest


def pull_verdict(
    world: World, repository: Repository, issue: Issue, identity: Identity | None, method: str | None = None
) -> Verdict:
    """GitHub's verdict on an open pull request, for one credential.

    Args:
        method: also check this merge method.
    """
    pull = present(repository, issue)
    paths, conflicts = changed_paths(repository, issue), merged_tree(repository, pull) is None
    problems, bypass, behind = list[str](), True, False
    for source, wanted in _sources(repository, pull.base_ref):
        found = list(_problems(world, repository, pull, wanted, paths, method))
        is_behind = wanted.strict and not _contains_base(repository, pull)
        if found or is_behind:
            bypass = bypass and may_bypass(world, repository, identity, source)
        behind, problems = behind or is_behind, [*problems, *found]
    if behind:
        problems.append("The head branch is not up to date with the base branch.")
    blocking = [one for one in problems if not one.startswith("Merge commits")]
    state = _state(repository, pull, blocking, conflicts=conflicts, behind=behind)
    return Verdict(state, tuple(problems), bypass and bool(problems))


def changed_paths(repository: Repository, issue: Issue) -> list[str]:
    """The files that an open pull request changes."""
    return [change.path for change in changes_of(repository, present(repository, issue))]


def _state(repository: Repository, pull: Pull, problems: Sequence[str], *, conflicts: bool, behind: bool) -> str:
    if conflicts:
        return "dirty"
    if pull.draft:
        return "draft"
    if len(problems) > int(behind):
        return "blocked"
    if behind:
        return "behind"
    failed = any(one.state not in PASSED for one in results_of(repository, pull.head_sha))
    return "unstable" if failed else "clean"


def wanted_by(repository: Repository, branch: str) -> list[Wanted]:
    """What a branch requires, by protection and ruleset."""
    return [wanted for _, wanted in _sources(repository, branch)]


def rulesets_of(repository: Repository, branch: str) -> list[Ruleset]:
    """The rulesets that apply to a branch."""
    return [one for one in repository.rulesets if branch in one.branches]


def _sources(repository: Repository, branch: str) -> list[tuple[Protection | Ruleset, Wanted]]:
    found: list[tuple[Protection | Ruleset, Wanted]] = []
    if (rule := repository.protections.get(branch)) is not None:
        wanted = Wanted(
            rule.approvals or 0, rule.code_owners, tuple(rule.checks.items()), rule.strict, rule.conversations,
            rule.linear_history, locked=rule.locked,
        )  # fmt: skip
        found.append((rule, wanted))
    for ruleset in rulesets_of(repository, branch):
        found += [(ruleset, _of_rule(kind, parameters)) for kind, parameters in ruleset.rules]
    return found


def _of_rule(kind: str, parameters: dict[str, Any]) -> Wanted:
    if kind == "pull_request":
        methods = parameters.get("allowed_merge_methods")
        return Wanted(
            approvals=parameters.get("required_approving_review_count", 0),
            code_owners=parameters.get("require_code_owner_review", False),
            conversations=parameters.get("required_review_thread_resolution", False),
            methods=tuple(methods) if methods else None,
        )
    if kind == "required_status_checks":
        checks = tuple((one["context"], one.get("integration_id")) for one in parameters["required_status_checks"])
        return Wanted(checks=checks, strict=parameters.get("strict_required_status_checks_policy", False))
    return Wanted(
        linear_history=kind == "required_linear_history", queue=kind == "merge_queue", locked=kind == "update"
    )


def _problems(
    world: World, repository: Repository, pull: Pull, wanted: Wanted, paths: Sequence[str], method: str | None
) -> Iterable[str]:
    opinions = opinions_of(world, repository, pull)
    approved = [login for login, state in opinions.items() if state == "APPROVED"]
    if wanted.locked:
        yield "Cannot update this protected ref: the branch is locked."
    if wanted.queue:
        yield "Changes must be made through the merge queue"
    yield from _method_problems(wanted, method)
    if wanted.approvals and "CHANGES_REQUESTED" in opinions.values():
        yield "Changes have been requested by reviewers with write access."
    if len(approved) < wanted.approvals:
        reviews = "review is" if wanted.approvals == 1 else "reviews are"
        yield f"At least {wanted.approvals} approving {reviews} required by reviewers with write access."
    if wanted.code_owners and (owners := _missing_owners(repository, pull.base_ref, paths, approved)):
        yield f"Waiting on code owner review from {', '.join(owners)}."
    yield from _check_problems(repository, pull, wanted)
    if wanted.conversations and any(thread.resolved_by is None for thread in pull.threads):
        yield "All comments must be resolved."


def _check_problems(repository: Repository, pull: Pull, wanted: Wanted) -> Iterable[str]:
    for name, app_id in wanted.checks:
        states = {
            one.state
            for one in results_of(repository, pull.head_sha)
            if one.name == name and app_id in (None, one.app_id)
        }
        if not states:
            yield f'Required status check "{name}" is expected.'
        elif "pending" in states:
            yield f'Required status check "{name}" is in progress.'
        elif not states <= {*PASSED}:
            yield f'Required status check "{name}" is failing.'


def _method_problems(wanted: Wanted, method: str | None) -> Iterable[str]:
    if wanted.linear_history and method == "merge":
        yield "Merge commits are not allowed on this branch."
    if wanted.methods is not None and method is not None and method not in wanted.methods:
        yield f"Merge commits: the merge method {method} is not allowed on this branch."


def _missing_owners(repository: Repository, branch: str, paths: Sequence[str], approved: Sequence[str]) -> list[str]:
    """Owners of changed paths of which none has approved. Patterns: ``*``, ``*.md``, ``/docs/`` and ``docs/*``."""
    git, sha = repository.git, repository.git.branches()[branch]
    entry = next((found for path in _CODE_OWNERS if (found := git.entry(sha, path)) is not None), None)
    lines = git.blob(entry.sha).decode().splitlines() if entry is not None else []
    rules = [words for line in lines if (words := line.partition("#")[0].split())]
    members = {f"{repository.owner.login}/{team.slug}": team.members for team in repository.owner.teams}
    missing: list[str] = []
    for path in paths:
        words = next((words[1:] for words in reversed(rules) if _owns(words[0], path)), [])
        owners = [one.removeprefix("@") for one in words]
        people = {login for one in owners for login in members.get(one, {one})}
        if owners and not people & set(approved):
            missing += [one for one in owners if one not in missing]
    return missing


def _owns(pattern: str, path: str) -> bool:
    if pattern.endswith("/"):
        return path.startswith(pattern.lstrip("/"))
    return fnmatchcase(path, pattern.lstrip("/")) if "/" in pattern else fnmatchcase(path.split("/")[-1], pattern)


def _contains_base(repository: Repository, pull: Pull) -> bool:
    return repository.git.merge_base(pull.base_sha, pull.head_sha) == pull.base_sha


def may_bypass(world: World, repository: Repository, identity: Identity | None, source: Protection | Ruleset) -> bool:
    """Whether a credential may act in spite of a protection or ruleset."""
    if identity is None:
        return False
    if isinstance(source, Ruleset):
        return identity.account.login in source.bypass
    return not source.admins_too and world.is_admin(identity, repository)

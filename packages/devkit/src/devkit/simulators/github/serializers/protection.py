"""Branch protection and rules of rulesets."""

from typing import Any

from devkit.simulators.github.api_request import Urls
from devkit.simulators.github.records.protection import Protection, Ruleset
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.serializers.accounts import node_id, time_of
from devkit.simulators.github.serializers.commits import commit_object
from devkit.simulators.github.serializers.repositories import branch
from devkit.simulators.github.world import World


def branch_with_protection(urls: Urls, world: World, repository: Repository, name: str, sha: str) -> dict[str, Any]:
    """`branch-with-protection`: of the protection only the required checks, as every reader sees it."""
    own = urls.repository(repository, "branches", name)
    rule = repository.protections.get(name)
    checks = {"enforcement_level": "off", "contexts": [], "checks": []}
    if rule is not None and rule.checks:
        level = "everyone" if rule.admins_too else "non_admins"
        checks = {**_checks(rule), "enforcement_level": level}
    return {
        **branch(urls, repository, name, sha),
        "commit": commit_object(urls, world, repository, sha),
        "_links": {"self": own, "html": urls.page(repository, "tree", name)},
        "protection": {"enabled": rule is not None, "required_status_checks": checks},
        "protection_url": f"{own}/protection",
    }


def protection_object(urls: Urls, repository: Repository, name: str, rule: Protection) -> dict[str, Any]:
    """`branch-protection`."""
    own = urls.repository(repository, "branches", name, "protection")

    def switch(value: bool) -> dict[str, Any]:
        return {"enabled": value}

    whole: dict[str, Any] = {
        "url": own,
        "enforce_admins": {"url": f"{own}/enforce_admins", "enabled": rule.admins_too},
        "required_signatures": {"url": f"{own}/required_signatures", "enabled": rule.signatures},
        "required_linear_history": switch(rule.linear_history),
        "required_conversation_resolution": switch(rule.conversations),
        "allow_force_pushes": switch(False),
        "allow_deletions": switch(False),
        "block_creations": switch(False),
        "lock_branch": switch(rule.locked),
        "allow_fork_syncing": switch(False),
    }
    if rule.checks or rule.strict:
        whole["required_status_checks"] = {"url": f"{own}/required_status_checks", **_checks(rule)}
    if rule.approvals is not None or rule.code_owners:
        whole["required_pull_request_reviews"] = {
            "url": f"{own}/required_pull_request_reviews",
            "dismiss_stale_reviews": rule.dismisses_stale,
            "require_code_owner_reviews": rule.code_owners,
            "require_last_push_approval": rule.last_push,
            "required_approving_review_count": rule.approvals or 0,
        }
    if rule.restricted:
        whole["restrictions"] = {
            "url": f"{own}/restrictions",
            **{f"{kind}_url": f"{own}/restrictions/{kind}" for kind in ("users", "teams", "apps")},
            **{kind: [] for kind in ("users", "teams", "apps")},
        }
    return whole


def rule_object(repository: Repository, ruleset: Ruleset, kind: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """`repository-rule-detailed`."""
    whole: dict[str, Any] = {
        "type": kind,
        "ruleset_source_type": "Repository",
        "ruleset_source": repository.full_name,
        "ruleset_id": ruleset.id,
    }
    return {**whole, "parameters": parameters} if parameters else whole


def ruleset_object(urls: Urls, repository: Repository, ruleset: Ruleset, *, may_bypass: bool) -> dict[str, Any]:
    """`repository-ruleset`, as an account sees it that does not administer the repository."""
    return {
        "id": ruleset.id,
        "name": ruleset.name,
        "target": "branch",
        "source_type": "Repository",
        "source": repository.full_name,
        "enforcement": "active",
        "node_id": node_id("RepositoryRuleset", ruleset.id),
        "conditions": {
            "ref_name": {"include": [f"refs/heads/{one}" for one in sorted(ruleset.branches)], "exclude": []}
        },
        "rules": [{"type": kind, "parameters": found} if found else {"type": kind} for kind, found in ruleset.rules],
        "current_user_can_bypass": "always" if may_bypass else "never",
        "created_at": time_of(repository.created_at),
        "updated_at": time_of(repository.created_at),
        "_links": {
            "self": {"href": urls.repository(repository, "rulesets", ruleset.id)},
            "html": {"href": urls.page(repository, "rules", ruleset.id)},
        },
    }


def _checks(rule: Protection) -> dict[str, Any]:
    return {
        "strict": rule.strict,
        "contexts": list(rule.checks),
        "checks": [{"context": name, "app_id": app_id} for name, app_id in rule.checks.items()],
    }

"""Requests about repositories, their contents, commits, branches and rules."""

from devkit.simulators.github.records.protection import Protection, Ruleset
from devkit.simulators.github.world import World

from .request import SITE, Asked, Names

PULL_REQUEST_RULE = {
    "required_approving_review_count": 1,
    "dismiss_stale_reviews_on_push": False,
    "require_code_owner_review": True,
    "require_last_push_approval": False,
    "required_review_thread_resolution": True,
    "allowed_merge_methods": ["squash"],
}
MERGE_QUEUE_RULE = {
    "check_response_timeout_minutes": 60,
    "grouping_strategy": "ALLGREEN",
    "max_entries_to_build": 5,
    "max_entries_to_merge": 5,
    "merge_method": "MERGE",
    "min_entries_to_merge": 1,
    "min_entries_to_merge_wait_minutes": 5,
}

ASKED: list[Asked] = [
    ("GET", f"{SITE}/collaborators", None, 200),
    ("GET", SITE, None, 200),
    ("GET", "/repos/globex/vault", None, 404),
    ("GET", f"{SITE}/contents/README.md", None, 200),
    ("GET", f"{SITE}/contents/site", None, 200),
    ("GET", f"{SITE}/contents/assets/logo.png?ref=v1.0.0", None, 200),
    ("GET", f"{SITE}/contents/nothing", None, 404),
    ("GET", "/repos/acme/handbook/contents/data/catalogue.csv", None, 200),
    ("GET", "/repos/acme/handbook/contents/links?ref=shapes", None, 200),
    ("GET", "/repos/acme/handbook/contents/links/outside?ref=shapes", None, 200),
    ("GET", "/repos/acme/handbook/contents/links/readme?ref=shapes", None, 200),
    ("GET", "/repos/acme/handbook/contents/vendor?ref=shapes", None, 200),
    ("GET", "/repos/acme/handbook/contents/vendor/rockets?ref=shapes", None, 200),
    ("GET", "/repos/acme/handbook/git/trees/shapes?recursive=1", None, 200),
    ("GET", "/repos/acme/handbook/commits/shapes", None, 200),
    ("GET", f"{SITE}/commits?per_page=3&path=README.md", None, 200),
    ("GET", f"{SITE}/commits/main", None, 200),
    ("GET", f"{SITE}/commits/nothing", None, 422),
    ("GET", f"{SITE}/branches", None, 200),
    ("GET", f"{SITE}/branches/main", None, 200),
    ("GET", f"{SITE}/branches/protected", None, 200),
    ("GET", f"{SITE}/branches/nothing", None, 404),
    ("GET", f"{SITE}/branches/protected/protection", None, 200),
    ("GET", f"{SITE}/branches/main/protection", None, 404),
    ("GET", f"{SITE}/rules/branches/protected", None, 200),
    ("GET", f"{SITE}/rules/branches/main", None, 200),
    ("GET", f"{SITE}/rulesets/9", None, 200),
    ("GET", f"{SITE}/rulesets/8", None, 404),
    ("GET", "/repos/acme/empty/contents/README.md", None, 404),
    ("GET", "/repos/acme/empty/commits", None, 409),
    ("GET", "/repos/acme/empty/branches/main", None, 404),
    ("GET", "/repos/acme/empty/compare/main...other", None, 404),
    ("POST", "/repos/acme/empty/forks", {}, 403),
    ("PUT", "/repos/acme/empty/contents/docs/a.md", {"message": "M", "content": "aGk="}, 201),
    ("PUT", "/repos/acme/empty/contents/docs/a.md", {"message": "M", "content": "aGk="}, 422),
    ("PUT", "/repos/acme/empty/contents/docs/b.md", {"message": "M", "content": "aGk=", "branch": "no"}, 404),
    ("POST", f"{SITE}/forks", {"default_branch_only": True}, 202),
    ("GET", f"{SITE}/forks", None, 200),
    ("GET", "/repos/mona/website", None, 200),
    ("GET", "/repos/mona/website/branches", None, 200),
    ("GET", f"{SITE}/branches/main", None, 200),
    ("GET", f"{SITE}/branches/fix%2Fhealth", None, 200),
    ("GET", f"{SITE}/compare/main...fix%2Fhealth", None, 200),
    ("GET", f"{SITE}/compare/v1.0.0...mona:main?per_page=2&page=2", None, 200),
    ("GET", f"{SITE}/compare/main...nothing", None, 404),
]


def prepare(world: World) -> Names:
    """An empty repository, and a branch that is protected by a rule and by a ruleset."""
    world.add_repository(world.accounts["acme"], "empty", private=False, description="")
    site = world.repositories["acme/website"]
    site.git.set_ref("refs/heads/protected", site.git.branches()["main"])
    checks = {"test": 15368, "lint": None}
    site.protections["protected"] = Protection(approvals=1, checks=checks, conversations=True, restricted=True)
    rules = [("pull_request", PULL_REQUEST_RULE), ("required_linear_history", {}), ("merge_queue", MERGE_QUEUE_RULE)]
    site.rulesets.append(Ruleset(9, "Main", frozenset({"protected"}), rules))
    return {}

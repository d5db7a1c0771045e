"""Pull requests of acme/website, and the requirements of its main branch for merging them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from mcp.client import Client

from devkit.simulators.github.git_store import FILE_MODE
from devkit.simulators.github.records.protection import Ruleset
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.reviews import Review
from tests.fixtures.calls import refusal
from tests.services.github.scene import SITE, Hub, key

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HEALTH = 4  # a pull request whose checks pass
RANKING = 3  # one whose check `test` fails
PULL_RULE: dict[str, Any] = {
    "required_approving_review_count": 1,
    "dismiss_stale_reviews_on_push": False,
    "require_code_owner_review": False,
    "require_last_push_approval": False,
    "required_review_thread_resolution": False,
}

OPTIONAL_REVIEWS = {**PULL_RULE, "required_approving_review_count": 0}

both = pytest.mark.usefixtures("api")


def pull_of(repository: Repository, number: int) -> Pull:
    pull = repository.issues[number].pull
    assert pull is not None
    return pull


def merge_of(repository: Repository, number: int = HEALTH, **more: Any) -> dict[str, Any]:
    """The arguments of a merge."""
    head = repository.git.branches()[pull_of(repository, number).head_ref]
    return {"pull_number": number, "head_sha": head, "idempotency_key": key(), **more, **SITE}


async def refused(client: Client, repository: Repository, number: int = HEALTH, **more: Any) -> str:
    return await refusal(client, "merge_pull_request", **merge_of(repository, number, **more))


def add_review(hub: Hub, repository: Repository, number: int, login: str, state: str, commit: str = "") -> None:
    world, pull = hub.simulator.world, pull_of(repository, number)
    review = Review(world.new_id(), world.accounts[login], "", NOW, state, commit or pull.head_sha)
    pull.reviews.append(review)


def commit_to(repository: Repository, branch: str, path: str, content: str = "x\n") -> str:
    git = repository.git
    parent = git.branches()[branch]
    tree = git.add_tree({path: (FILE_MODE, git.add_blob(content.encode()))}, git.commit(parent).tree.decode())
    sha = git.add_commit(tree, [parent], "Change it", "Ann <ann@example.com>", NOW)
    git.set_ref(f"refs/heads/{branch}", sha)
    return sha


def in_ruleset(repository: Repository, kind: str, bypass: str = "", **parameters: Any) -> None:
    bypassing = frozenset({bypass} if bypass else ())
    repository.rulesets.append(Ruleset(7, "Main", frozenset({"main"}), [(kind, parameters)], bypassing))

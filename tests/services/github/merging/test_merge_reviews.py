"""Reviews that a merge lacks are named: approvals, code owners and open conversations."""

import pytest
from mcp.client import Client

from devkit.simulators.github.records.protection import Protection
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.records.reviews import Thread
from tests.fixtures.calls import confirmed
from tests.services.github.scene import Hub

from .merges import (
    HEALTH,
    OPTIONAL_REVIEWS,
    PULL_RULE,
    add_review,
    both,
    commit_to,
    in_ruleset,
    merge_of,
    pull_of,
    refused,
)


async def test_missing_approvals_are_counted(hub: Hub, site: Repository, writer: Client) -> None:
    site.protections["main"] = Protection(approvals=2)
    assert "it has 0 of 2 required approving reviews" in await refused(writer, site)
    add_review(hub, site, HEALTH, "mona", "APPROVED")
    assert "it has 1 of 2 required approving reviews (by mona)" in await refused(writer, site)
    assert hub.requests("PUT") == 0


@both
async def test_requested_changes_name_the_reviewer(hub: Hub, site: Repository, writer: Client) -> None:
    in_ruleset(site, "pull_request", **PULL_RULE)
    add_review(hub, site, HEALTH, "mona", "APPROVED")
    add_review(hub, site, HEALTH, "mona", "CHANGES_REQUESTED")
    assert "mona requested changes" in await refused(writer, site)
    add_review(hub, site, HEALTH, "mona", "APPROVED")
    assert (await confirmed(writer, "merge_pull_request", **merge_of(site)))["number"] == HEALTH


async def test_dismissed_approval_does_not_count(hub: Hub, site: Repository, writer: Client) -> None:
    site.protections["main"] = Protection(approvals=1, dismisses_stale=True)
    add_review(hub, site, HEALTH, "mona", "APPROVED", commit="0" * 40)
    words = await refused(writer, site)
    assert "it has 0 of 1 required approving review; the review of mona was dismissed" in words


async def test_approval_without_write_access_does_not_count(hub: Hub, site: Repository, writer: Client) -> None:
    site.protections["main"] = Protection(approvals=1)
    add_review(hub, site, HEALTH, "drifter", "APPROVED")
    assert "it has 0 of 1 required" in await refused(writer, site)


@pytest.mark.parametrize(
    ("owners", "words"),
    [
        ("* @hubot\n", "it needs an approval of a code owner of docs/health.md: @hubot"),
        ("docs/ @mona\n*.md @hubot @acme/docs", "docs/health.md: @hubot or @acme/docs"),
        ("* @hubot\n/docs/ @mona\n", "docs/health.md: @mona"),
        ("# More than 1 MB\n" * 70_000 + "* @hubot\n", "Unknown: which code owners have to approve"),
    ],
    ids=["all", "last", "directory", "too large for GitHub"],
)
async def test_missing_code_owners_are_named(site: Repository, writer: Client, owners: str, words: str) -> None:
    site.protections["main"] = Protection(approvals=1, code_owners=True)
    commit_to(site, "main", ".github/CODEOWNERS", owners)
    assert words in await refused(writer, site)


async def test_too_many_owner_rules_for_the_files_are_said(site: Repository, writer: Client) -> None:
    """Each rule is compared with each path, so both together are bounded."""
    site.protections["main"] = Protection(approvals=1, code_owners=True)
    commit_to(site, "main", "CODEOWNERS", "/a @ann\n" * 60_000)
    for number in range(9):
        commit_to(site, "fix/health", f"docs/{number}.md", "x")
    assert "CODEOWNERS has too many rules for so many changed files" in await refused(writer, site)


@both
async def test_last_matching_owner_counts(hub: Hub, site: Repository, writer: Client) -> None:
    site.protections["main"] = Protection(approvals=1, code_owners=True)
    commit_to(site, "main", "docs/CODEOWNERS", "* @hubot\n")
    commit_to(site, "main", "CODEOWNERS", "* @hubot\n/docs/ @mona  # the writer\n")
    add_review(hub, site, HEALTH, "mona", "APPROVED")
    assert (await confirmed(writer, "merge_pull_request", **merge_of(site)))["number"] == HEALTH


@pytest.mark.parametrize("protected", [True, False], ids=["protection", "ruleset"])
async def test_open_conversations_are_counted_and_placed(site: Repository, writer: Client, protected: bool) -> None:
    if protected:
        site.protections["main"] = Protection(conversations=True)
    else:
        in_ruleset(site, "pull_request", **{**OPTIONAL_REVIEWS, "required_review_thread_resolution": True})
    pull = pull_of(site, HEALTH)
    # The file has one line, so that the second thread is outdated.
    pull.threads += [Thread(900 + line, "docs/health.md", line, "RIGHT", pull.head_sha, "@@", 1) for line in (1, 2)]
    assert "2 conversations (docs/health.md:1, docs/health.md) must be resolved" in await refused(writer, site)
    for thread in pull.threads:
        thread.resolved_by = site.issues[HEALTH].user
    assert await confirmed(writer, "merge_pull_request", **merge_of(site))

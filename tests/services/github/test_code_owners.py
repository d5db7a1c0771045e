"""CODEOWNERS patterns match as GitHub documents them, and GitHub's refusals become this server's words."""

import pytest

from github_mcp.models.merging.code_owners import owner_rules, owners_of
from github_mcp.models.merging.refusals import reasons_in


@pytest.mark.parametrize(
    ("pattern", "owned", "others"),
    [
        ("*", ["a", "a/b.c"], []),
        ("*.js", ["a.js", "x/y.js"], ["a.jsx"]),
        ("/build/logs/", ["build/logs/a", "build/logs/a/b"], ["x/build/logs/a", "build/logs"]),
        ("docs/*", ["docs/start.md"], ["docs/build/x.md", "x/docs/start.md"]),
        ("apps/", ["apps/x", "x/apps/y/z"], ["apps"]),
        ("**/logs", ["logs/x", "deeply/nested/logs/a"], ["logsx"]),
        ("/apps/github", ["apps/github", "apps/github/x"], ["apps/githubx", "x/apps/github"]),
        ("docs", ["docs/x", "a/docs/x"], ["docsx/x"]),
        ("src/**/test", ["src/test", "src/a/b/test/x"], ["test", "x/src/test"]),
        ("/a/**", ["a/b", "a/b/c"], ["a", "b/a/c"]),
        ("a\\ b/c", ["a b/c"], ["a/b/c"]),
        ("/*", ["README.md"], ["a/b"]),
        ("/docs/**/*.md", ["docs/x.md", "docs/a/b/x.md"], ["docs/x.txt"]),
        ("file?.txt", ["file1.txt", "x/file2.txt"], ["file10.txt"]),
    ],
)
def test_pattern_owns_these_paths(pattern: str, owned: list[str], others: list[str]) -> None:
    rules = owner_rules(f"{pattern} @ann")
    assert [path for path in [*owned, *others] if owners_of(rules, path)] == owned


def test_last_matching_rule_decides() -> None:
    rules = owner_rules("* @ann  # everything\n\n# docs\n/docs/ @bob @acme/docs\n/docs/free/\n![x] @eve\n")
    assert owners_of(rules, "docs/a") == ("@bob", "@acme/docs")
    assert owners_of(rules, "docs/free/a") == ()
    assert owners_of(rules, "src/a") == ("@ann",)


def test_hostile_pattern_is_matched_in_little_time() -> None:
    rules = owner_rules("\n".join("**/" * 40 + "*a*" * 20 + " @x" for _ in range(20)))
    assert owners_of(rules, "/".join(["a" * 20] * 12)) == ("@x",)
    assert owners_of(rules, "/".join(["b" * 20] * 12)) == ()


@pytest.mark.parametrize(
    ("message", "reasons"),
    [
        (
            "At least 2 approving reviews are required by reviewers with write access.",
            ["it needs 2 approving review(s) of people with write access"],
        ),
        ('Required status check "ci / test" is expected.', ["required check did not report yet: ci / test"]),
        ('Required status check "ci" is failing.', ["required check failed: ci"]),
        ('Required status check "ci" is in progress.', ["required check is not finished: ci"]),
        ("2 of 3 required status checks are expected.", ["2 required check(s) did not pass"]),
        (
            "Repository rule violations found\n\nChanges must be made through the merge queue\n\n",
            ["the branch takes changes through its merge queue only: add it to the queue on its page"],
        ),
        ("Waiting on code owner review from acme/docs.", ["it needs an approval of a code owner: acme/docs"]),
        ("Merge commits are not allowed on this repository.", ["method merge is not allowed there"]),
        ("Squash merges are not allowed on this repository.", ["method Squash is not allowed there"]),
        ("A conversation must be resolved before this can be merged.", ["review conversations must be resolved"]),
        (
            "refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml`",
            ["it changes .github/workflows/ci.yml, which needs the `workflow` permission"],
        ),
        ("Pull Request is still a draft", ["it is a draft: mark it ready for review first (update_pull_request)"]),
        (
            "Base branch was modified. Review and try the merge again.",
            ["its target branch changed meanwhile: call again"],
        ),
        ("Pull Request is not mergeable", []),
    ],
)
def test_refusal_of_github_is_translated(message: str, reasons: list[str]) -> None:
    assert [*reasons_in(message)] == reasons

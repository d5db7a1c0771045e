"""A pull request's branches: their heads, commits, changes, and the merge of both."""

from functools import lru_cache

from devkit.simulators.github.git_store import FileChange, GitStore
from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.repositories import Repository


def present(repository: Repository, issue: Issue) -> Pull:
    """The pull request with its branches' current heads; a closed one keeps its last heads."""
    pull = issue.pull
    if pull is None:
        raise TypeError("an issue, not a pull request")
    if issue.state == "open":
        branches, source = repository.git.branches(), source_of(repository, pull)
        pull.head_sha = source.git.branches().get(pull.head_ref, pull.head_sha)
        repository.git.take(source.git)
        pull.base_sha = branches.get(pull.base_ref, pull.base_sha)
    return pull


def source_of(repository: Repository, pull: Pull) -> Repository:
    """The repository with the head branch: a fork, or the repository itself."""
    return pull.head_repository or repository


def changes_of(repository: Repository, pull: Pull) -> list[FileChange]:
    """The files that differ between the head and its common ancestor with the base."""
    return _changes(repository.git, pull.base_sha, pull.head_sha)


@lru_cache(maxsize=8)
def _changes(git: GitStore, base: str, head: str) -> list[FileChange]:
    """Kept, since every page of a long list takes all of it, and commits never change."""
    return git.changes(git.merge_base(base, head), head)


def own_commits(repository: Repository, pull: Pull) -> list[str]:
    """The commits of the head that the base does not have."""
    known = set(repository.git.history(pull.base_sha))
    return [sha for sha in repository.git.history(pull.head_sha) if sha not in known]


def merged_tree(repository: Repository, pull: Pull) -> str | None:
    """The merged tree, file by file; None if both sides changed a file differently."""
    git = repository.git
    base = git.merge_base(pull.base_sha, pull.head_sha)
    before, ours, theirs = git.files(base), git.files(pull.base_sha), git.files(pull.head_sha)
    changes: dict[str, tuple[int, str] | None] = {}
    for path in before.keys() | theirs.keys():
        if theirs.get(path) == before.get(path) or theirs.get(path) == ours.get(path):
            continue
        if ours.get(path) != before.get(path):
            return None
        changes[path] = theirs.get(path)
    return git.add_tree(changes, git.commit(pull.base_sha).tree.decode())

"""The state of the simulated GitHub: accounts, repositories and access rights."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from devkit.simulators.github.git_store import GitStore
from devkit.simulators.github.records.accounts import Account, Identity
from devkit.simulators.github.records.comments import Comment
from devkit.simulators.github.records.issues import Issue
from devkit.simulators.github.records.planning import IssueType, Milestone
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.repositories import Repository

SIMULATED_TOKEN = "simulated-token"  # noqa: S105  # valid only for this simulator
"""The token that the development stack uses."""


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class World:
    """All simulated data.

    Args:
        directory: an empty folder for the git repositories; created if missing.
        now: the clock, in whole seconds.
    """

    def __init__(self, directory: Path, now: Callable[[], datetime] = _now) -> None:
        self.directory = directory
        self.now = now
        self.accounts: dict[str, Account] = {}
        self.repositories: dict[str, Repository] = {}
        self.former_names: dict[str, int] = {}
        self.deleted: list[Repository] = []
        """Deleted repositories, which searches still find because the index lags behind."""
        self.search_is_incomplete = False
        self.copying_reads = 1
        """Reads after which a new fork has its commits: GitHub copies a fork after it answered."""
        self.identities: dict[str, Identity] = {}
        self.issue_types: dict[str, list[IssueType]] = {}
        """The issue types of each organisation, by its login in lower case."""
        self.apps: dict[str, tuple[str, int, Identity]] = {}
        """App id to its public key (PEM), the id of its only installation, and the installation's identity."""
        self._ids = count(1000)

    def new_id(self) -> int:
        """A unique id."""
        return next(self._ids)

    def add_account(self, account: Account) -> Account:
        self.accounts[account.login.lower()] = account
        return account

    def account(self, login: str) -> Account | None:
        """The account with that login, or None."""
        return self.accounts.get(login.lower())

    def add_repository(
        self,
        owner: Account,
        name: str,
        *,
        private: bool,
        description: str,
        language: str | None = None,
        branch: str = "main",
    ) -> Repository:
        """Create an empty repository."""
        git = GitStore(self.directory / owner.login / f"{name}.git", branch)
        made = self.now()
        repository = Repository(
            self.new_id(), owner, name, private, description, git, made, made, default_branch=branch, language=language
        )
        self.repositories[repository.full_name.lower()] = repository
        return repository

    def network(self, repository: Repository) -> list[Repository]:
        """A repository with all forks of its network, the original first."""
        root = repository
        while root.parent is not None:
            root = root.parent
        found = [root]
        for one in found:
            found += one.forks
        return found

    def rename(self, full_name: str, name: str) -> None:
        """Rename a repository; the former name redirects, as at GitHub."""
        repository = self.repositories.pop(full_name.lower())
        repository.name = name
        self.former_names[full_name.lower()] = repository.id
        self.repositories[repository.full_name.lower()] = repository

    def delete(self, full_name: str) -> None:
        """Remove a repository; searches find it until they are indexed again."""
        self.deleted.append(self.repositories.pop(full_name.lower()))

    def by_id(self, repository_id: int) -> Repository | None:
        """The repository with that id, or None."""
        return next((one for one in self.repositories.values() if one.id == repository_id), None)

    def can_see(self, identity: Identity | None, repository: Repository) -> bool:
        """Whether a credential may read a repository."""
        return not repository.private or self.can_push(identity, repository)

    def can_push(self, identity: Identity | None, repository: Repository) -> bool:
        """Whether a credential may write to a repository."""
        if identity is None:
            return False
        login, owner = identity.account.login, repository.owner
        own = login == owner.login or login in owner.members
        limited = identity.repositories
        return own and (limited is None or repository.full_name in limited)

    def is_admin(self, identity: Identity | None, repository: Repository) -> bool:
        """Whether a credential may administer a repository."""
        if identity is None or not self.can_push(identity, repository):
            return False
        return repository.admins is None or identity.account.login in repository.admins

    def visible(self, identity: Identity | None) -> list[Repository]:
        """All repositories that a credential may read, by name."""
        found = [one for one in self.repositories.values() if self.can_see(identity, one)]
        return sorted(found, key=lambda one: one.full_name.lower())

    def add_issue(
        self,
        repository: Repository,
        user: Account,
        title: str,
        body: str | None,
        *,
        labels: list[str] | None = None,
        pull: Pull | None = None,
    ) -> Issue:
        """Open an issue or pull request."""
        number, now = max([*repository.issues, *repository.moved_issues], default=0) + 1, self.now()
        issue = Issue(self.new_id(), number, title, body, user, now, now, labels=labels or [], pull=pull)
        issue.repository = repository
        repository.issues[number] = issue
        return issue

    def issue_by_id(self, issue_id: object) -> Issue | None:
        """The issue with that id in any repository, or None."""
        every = (issue for one in self.repositories.values() for issue in one.issues.values())
        return next((issue for issue in every if issue.id == issue_id), None)

    def add_milestone(self, repository: Repository, creator: Account, title: str) -> Milestone:
        """Create a milestone."""
        number, now = max(repository.milestones, default=0) + 1, self.now()
        milestone = Milestone(self.new_id(), number, title, creator, now, now)
        repository.milestones[number] = milestone
        return milestone

    def issue_type(self, owner: Account, name: str) -> IssueType | None:
        """An organisation's issue type, whatever the case of its name; None if there is none."""
        known = self.issue_types.get(owner.login.lower(), [])
        return next((one for one in known if one.name.casefold() == name.casefold()), None)

    def transfer_issue(self, source: Repository, number: int, target: Repository) -> None:
        """Move an issue to another repository; its old address redirects there."""
        issue = source.issues.pop(number)
        moved = self.add_issue(target, issue.user, issue.title, issue.body)
        source.moved_issues[number] = (target.id, moved.number)

    def add_comment(self, issue: Issue, user: Account, body: str) -> Comment:
        """Comment on an issue or pull request."""
        comment = Comment(self.new_id(), user, body, self.now())
        issue.comments.append(comment)
        issue.updated_at = comment.created_at
        return comment

    def add_installation_token(self, token: str, identity: Identity, expires_at: datetime) -> None:
        """Accept an installation token until it expires."""
        self.identities[token] = replace(identity, expires_at=expires_at)

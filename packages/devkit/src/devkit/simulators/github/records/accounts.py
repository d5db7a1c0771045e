"""Accounts and their credentials."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Team:
    """A team of an organisation."""

    id: int
    slug: str
    name: str
    description: str | None
    members: frozenset[str]


@dataclass(frozen=True)
class Account:
    """A user, an organisation or an app's bot.

    Attributes:
        members, teams: of an organisation; members by login.
    """

    id: int
    login: str
    kind: Literal["User", "Organization", "Bot"] = "User"
    name: str | None = None
    members: frozenset[str] = frozenset()
    teams: tuple[Team, ...] = ()

    @property
    def as_author(self) -> str:
        """As git writes an author: ``Name <address>``."""
        return f"{self.name or self.login} <{self.login}@users.noreply.example.com>"


@dataclass(frozen=True)
class Identity:
    """The account and rights of a credential.

    Attributes:
        repositories: full names that the credential is limited to; None for all.
        expires_at: expiry of the credential, if any.
        scopes: of a classic token, which every response names; None for other credentials.
    """

    account: Account
    repositories: frozenset[str] | None = None
    expires_at: datetime | None = None
    scopes: frozenset[str] | None = None

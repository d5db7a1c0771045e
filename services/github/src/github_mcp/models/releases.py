"""Releases, accounts and rate limits."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from github_mcp.models.wire import Body, MarkedBody, Name, Names, Title, Wire, at
from servicekit.schema import Record


class ReleaseSummary(Wire):
    """A release in a list. Only a draft has no `published_at`."""

    tag: Name = Field(validation_alias="tag_name")
    name: Title | None = None
    draft: bool | None = None
    prerelease: bool | None = None
    author: Name | None = at("author", "login")
    target: Name | None = at("target_commitish")
    created_at: datetime | None = None
    published_at: datetime | None = None
    assets: Names = ()
    url: str | None = at("html_url")


class Release(ReleaseSummary):
    """A release with its notes."""

    notes: MarkedBody | None = Field(default=None, validation_alias="body")


class Tag(Record):
    """A tag: the commit it points to and, of an annotated tag, its message and who made it.

    `date` is when an annotated tag was made, or the date of the commit.
    """

    name: Name
    sha: Annotated[str | None, Field(description="SHA of the commit.")] = None
    message: Body | None = None
    tagger: Name | None = None
    date: datetime | None = None


class ReleaseNotes(Record):
    """Release notes that GitHub generated from merged pull requests. Nothing was published."""

    tag: Name
    name: Title | None = None
    notes: Body
    previous_tag: Annotated[Name | None, Field(description="Changes since this tag; without it, since the start.")] = (
        None
    )
    notice: str | None = None


class Account(Record):
    """The GitHub account of this server, which differs from the caller's."""

    login: str
    kind: Annotated[str, Field(description="User, Bot, or App installation.")]
    organizations: tuple[str, ...] = ()


class RateLimit(Record):
    """A rate limit of this server's credential, shared by all callers."""

    resource: str
    limit: int
    remaining: int
    resets_at: datetime


class RateLimits(Record):
    limits: list[RateLimit]
    notice: str | None = None

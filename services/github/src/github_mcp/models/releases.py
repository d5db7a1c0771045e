"""Releases, accounts and rate limits."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from github_mcp.models.wire import MarkedBody, Name, Title, Wire, at
from servicekit.schema import Record


class Release(Wire):
    """A release."""

    tag: Name = Field(validation_alias="tag_name")
    name: Title | None = None
    notes: MarkedBody | None = Field(default=None, validation_alias="body")
    target: Name | None = at("target_commitish")
    draft: bool | None = None
    prerelease: bool | None = None
    author: Name | None = at("author", "login")
    published_at: datetime | None = None
    url: str | None = at("html_url")


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

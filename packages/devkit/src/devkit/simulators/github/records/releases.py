"""Releases."""

from dataclasses import dataclass
from datetime import datetime

from devkit.simulators.github.records.accounts import Account


@dataclass
class Release:
    """A release."""

    id: int
    tag: str
    target: str
    name: str | None
    body: str | None
    author: Account
    created_at: datetime
    draft: bool = False
    prerelease: bool = False

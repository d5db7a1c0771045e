"""Releases."""

from dataclasses import dataclass
from datetime import datetime

from devkit.simulators.github.records.accounts import Account


@dataclass
class Release:
    """A release.

    Attributes:
        make_latest: as it was created: ``true``, ``false`` or ``legacy``.
    """

    id: int
    tag: str
    target: str
    name: str | None
    body: str | None
    author: Account
    created_at: datetime
    draft: bool = False
    prerelease: bool = False
    make_latest: str = "true"

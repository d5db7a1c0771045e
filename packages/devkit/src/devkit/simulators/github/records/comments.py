"""Comments."""

from dataclasses import dataclass
from datetime import datetime

from devkit.simulators.github.records.accounts import Account


@dataclass
class Comment:
    """A comment on an issue or pull request."""

    id: int
    user: Account
    body: str
    created_at: datetime

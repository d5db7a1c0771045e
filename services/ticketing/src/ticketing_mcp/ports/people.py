"""Reading users: staff and requesters."""

from collections.abc import Sequence
from typing import Protocol

from servicekit.schema import CursorKey
from ticketing_mcp.models.users import User, UserKind


class People(Protocol):
    """Reads staff and requesters."""

    async def users(
        self, words: Sequence[str], kind: UserKind | None, count: int, after: CursorKey | None
    ) -> Sequence[User]:
        """At most `count` users whose name or e-mail has words with these prefixes, by id; `after` is (id,)."""
        ...

    async def staff(self, names: Sequence[str]) -> Sequence[User]:
        """The staff members with one of these ids or e-mail addresses, by id."""
        ...

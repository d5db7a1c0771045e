"""The user search tool."""

from typing import Annotated

from pydantic import Field

from servicekit.core import Refused
from servicekit.schema import CursorKey, Limit, Page, Searched
from servicekit.storage.search_terms import WORD, fold
from ticketing_mcp.models.users import User, UserKind
from ticketing_mcp.ports.desk import DeskReader

MAX_WORDS = 5
PersonText = Annotated[
    str,
    Field(min_length=1, max_length=254, description="Words of a name (prefixes match), or an e-mail address."),
    Searched(),
]
Kind = Annotated[UserKind, Field(description="staff can be assigned; requesters create tickets.")]


class UserTools:
    def __init__(self, desk: DeskReader) -> None:
        self._desk = desk

    async def search_users(
        self, query: PersonText, kind: Kind | None = None, limit: Limit = 20, cursor: CursorKey | None = None
    ) -> Page[User]:
        """Look up a person (user id, login) by name or e-mail: a colleague (staff, agent), or a customer who wrote to
        us (requester)."""
        found = await self._desk.users(_words(query), kind, limit + 1, cursor)
        return Page(found, limit, key=lambda user: (user.id,))


def _words(query: str) -> list[str]:
    folded = fold(query).strip()
    words = [folded] if "@" in folded and len(folded.split()) == 1 else WORD.findall(folded)
    if not words:
        raise Refused("query has no letters or digits. Send a name or an e-mail address.")
    if len(words) > MAX_WORDS:
        raise Refused(f"query has more than {MAX_WORDS} words. Send only a name or an e-mail address.")
    return list(dict.fromkeys(words))

"""Pages of ordered lists, and the cursors that lead from one to the next."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field
from pydantic_core import to_json

from servicekit.core.caller import Caller
from servicekit.core.sealed_token import InvalidToken, TokenSealer

# How much is shown of each record, and how many, may change from page to page; what is listed may not.
_MAY_CHANGE = frozenset({"cursor", "limit", "fields"})

Record = TypeVar("Record")

Limit = Annotated[int, Field(ge=1, le=50, description="How many records to return, 1 to 50.")]


class CursorKey(tuple[Any, ...]):
    """A place in an ordered list: the sort key of the last record seen, as JSON scalars.

    A tool that pages declares ``cursor: CursorKey | None = None``. On the wire it is an opaque string, sealed for this
    tool, these arguments, this tenant and this caller; the tool only ever sees the key that it gave out itself.
    """

    __slots__ = ()


class Page(Generic[Record]):
    """Some records of an ordered list, and whether more follow.

    The pipeline adds a `fields` argument to every tool that returns a page, seals the next cursor, and cuts a page
    that outgrows the tool's budget between two records.
    """

    __slots__ = ("items", "key", "more", "notice")

    def __init__(
        self,
        rows: Sequence[Record],
        limit: int,
        key: Callable[[Record], tuple[Any, ...]],
        notice: str | None = None,
        *,
        more: bool = False,
    ) -> None:
        """Make a page from a query that asked for one row more than it may show.

        Args:
            rows: at most ``limit + 1`` records, in order.
            limit: how many may be shown.
            key: the sort key of a record, as JSON scalars, unique in the list.
            notice: a sentence the model should read with the records, such as how its query was understood.
            more: others follow, although no row more was fetched.
        """
        self.items = rows[:limit]
        self.more = more or len(rows) > limit
        self.key = key
        self.notice = notice

    def shorten(self, most: int) -> bool:
        """Show at most so many records, and the rest on the next page. True where that took some away."""
        if len(self.items) <= most:
            return False
        self.items, self.more = self.items[:most], True
        return True


class Cursors:
    """Seals and opens the cursors of one server."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._sealer = TokenSealer(secrets, "cursor")

    def seal(self, position: tuple[Any, ...], operation: str, arguments: Mapping[str, Any], caller: Caller) -> str:
        """The opaque cursor for the place after `position`."""
        return self._sealer.seal(to_json(position), _context(operation, arguments, caller))

    def open(self, cursor: str, operation: str, arguments: Mapping[str, Any], caller: Caller) -> CursorKey:
        """The position inside a cursor.

        Raises:
            NotSealedHere: altered, or given for another tool, filter, tenant or caller.
        """
        position = json.loads(self._sealer.open(cursor, _context(operation, arguments, caller)))
        if not isinstance(position, list):
            raise InvalidToken
        return CursorKey(position)


def _context(operation: str, arguments: Mapping[str, Any], caller: Caller) -> bytes:
    filters = {name: value for name, value in sorted(arguments.items()) if name not in _MAY_CHANGE}
    return to_json([operation, caller.tenant, caller.subject, caller.client_id, filters])

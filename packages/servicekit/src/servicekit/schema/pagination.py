"""Keyset pagination: pages of ordered lists, and sealed cursors between them."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field
from pydantic_core import to_json

from servicekit.core.caller import Caller
from servicekit.core.sealed_token import InvalidToken, TokenSealer
from servicekit.schema.argument_types import Clamped

# A cursor is bound to the other arguments, which select and order the records.
_UNBOUND_ARGUMENTS = frozenset({"cursor", "limit", "fields"})

Record = TypeVar("Record")

Limit = Annotated[int, Field(ge=1, le=50, description="1 to 50."), Clamped()]


class CursorKey(tuple[Any, ...]):
    """The sort key of the last record of a page, as JSON scalars.

    A tool that returns pages declares ``cursor: CursorKey | None = None``. On the wire it is a token sealed for the
    tool, its arguments, the tenant and the caller, so the tool receives only keys that it returned.
    """

    __slots__ = ()


class Page(Generic[Record]):
    """Records of an ordered list, and whether more follow.

    The pipeline adds a `fields` argument to every tool that returns a page, seals the next cursor, and shortens a page
    that exceeds the tool's byte budget.
    """

    __slots__ = ("items", "key", "more", "notice", "total")

    def __init__(
        self,
        rows: Sequence[Record],
        limit: int,
        key: Callable[[Record], tuple[Any, ...]],
        notice: str | None = None,
        *,
        more: bool = False,
        total: int | None = None,
    ) -> None:
        """Make a page from a query that fetched one record more than the page may hold.

        Args:
            rows: at most ``limit + 1`` records, in order.
            limit: maximum number of records in the page.
            key: returns the sort key of a record, as JSON scalars, unique in the list.
            notice: a sentence for the model, such as how its query was understood.
            more: more records follow, even without the additional record.
            total: the exact number of records in the whole list, where it was counted.
        """
        self.items = rows[:limit]
        self.more = more or len(rows) > limit
        self.key = key
        self.notice = notice
        self.total = total

    def shorten(self, most: int) -> bool:
        """Keep the first records and leave the rest for the next page. True if some were removed."""
        if len(self.items) <= most:
            return False
        self.items, self.more = self.items[:most], True
        return True


def record_limit_notice(most: int) -> str:
    """The notice of a list that the operator's policy shortened."""
    return f"The operator's policy allows your client at most {most} records per call."


class Cursors:
    """Seals and opens cursors."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._sealer = TokenSealer(secrets, "cursor")

    def seal(self, key: tuple[Any, ...], operation: str, arguments: Mapping[str, Any], caller: Caller) -> str:
        """The cursor for the page after `key`."""
        return self._sealer.seal(to_json(key), _context(operation, arguments, caller))

    def open(self, cursor: str, operation: str, arguments: Mapping[str, Any], caller: Caller) -> CursorKey:
        """The key in a cursor.

        Raises:
            InvalidToken: altered, or sealed for another tool, other arguments, another tenant or caller.
        """
        key = json.loads(self._sealer.open(cursor, _context(operation, arguments, caller)))
        if not isinstance(key, list):
            raise InvalidToken
        return CursorKey(key)


def _context(operation: str, arguments: Mapping[str, Any], caller: Caller) -> bytes:
    filters = {name: value for name, value in sorted(arguments.items()) if name not in _UNBOUND_ARGUMENTS}
    return to_json([operation, caller.tenant, caller.subject, caller.client_id, filters])

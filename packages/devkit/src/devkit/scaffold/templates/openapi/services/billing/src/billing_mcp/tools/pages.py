"""Lists of the API as pages: of each page that the API gives, a tool shows as many records as it was called for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from billing_mcp.ports import Api, Query
from servicekit.schema import CursorKey, Page, Record

Model = TypeVar("Model", bound=Record)
Place = str | int | None


@dataclass(frozen=True)
class Listing:
    """Where the records of a list are, and how its pages follow each other.

    Attributes:
        rows: the path to the records in a response.
        wrap: the name that each record gets which is no object.
        start: the query parameter that chooses a page.
        kind: what it is: a page's number, the number of records before it, a token, or the last record's id.
        first: its value for the first page.
        size: the query parameter for the records of a page, and their number.
        full: a page with fewer records is the last one.
        following: the path to the token of the next page.
        more: the path to a flag that says whether more follow.
        total: the path to the number of all records.
    """

    rows: tuple[str, ...] = ()
    wrap: str = ""
    start: str = ""
    kind: Literal["", "page", "offset", "token", "after"] = ""
    first: int | None = None
    size: tuple[str, int] | None = None
    full: bool = False
    following: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    total: tuple[str, ...] = ()

    def query(self, place: Place) -> dict[str, str | int | None]:
        """The query parameters for a page."""
        sent: dict[str, str | int | None] = {self.start: place} if self.start else {}
        return sent if self.size is None else {**sent, self.size[0]: self.size[1]}

    def next_place(self, content: Any, rows: Sequence[Any], place: Place) -> Place:
        """Where the next page begins; None after the last one."""
        if not rows or (self.more and _at(content, self.more) is False):
            return None
        if self.full and self.size is not None and len(rows) < self.size[1]:
            return None
        match self.kind:
            case "page":
                return int(place or 0) + 1
            case "offset":
                return int(place or 0) + len(rows)
            case "token":
                return _at(content, self.following) or None
            case "after":
                return rows[-1].get("id") if isinstance(rows[-1], Mapping) and _at(content, self.more) else None
            case _:
                return None


async def page_of(
    api: Api,
    path: Sequence[str | int],
    query: Query,
    listing: Listing,
    model: type[Model],
    limit: int,
    cursor: CursorKey | None,
    *,
    absent: str,
    headers: Mapping[str, str] | None = None,
    ending_slash: bool = False,
) -> Page[Model]:
    """The records after a cursor, from the page of the API that it names."""
    place, skipped = (cursor[0], int(cursor[1])) if cursor else (listing.first, 0)

    def parse(content: Any) -> Page[Model]:
        rows = _at(content, listing.rows)
        if not isinstance(rows, list):
            raise TypeError("no list")
        following = listing.next_place(content, rows, place)
        shown = [_record(model, row, listing.wrap) for row in rows[skipped : skipped + limit + 1]]
        numbers = {id(record): number for number, record in enumerate(shown, skipped + 1)}

        def key(record: Model) -> tuple[Place, int]:
            number = numbers[id(record)]
            return (place, number) if number < len(rows) or following is None else (following, 0)

        total = _at(content, listing.total) if listing.total else None
        return Page(shown, limit, key, more=following is not None, total=total if isinstance(total, int) else None)

    sent = {**query, **listing.query(place)}
    return await api.read(path, sent, parse, absent=absent, headers=headers, ending_slash=ending_slash)


def _record(model: type[Model], row: Any, wrap: str) -> Model:
    return model.model_validate({wrap: row} if wrap else row)


def _at(content: Any, path: Sequence[str]) -> Any:
    """The value at a path; None if there is none."""
    for name in path:
        content = content.get(name) if isinstance(content, Mapping) else None
    return content

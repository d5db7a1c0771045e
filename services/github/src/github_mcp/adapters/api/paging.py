"""Maps GitHub's pages to this server's: hides records outside the caller's grants and gives each a cursor."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from servicekit.schema import CursorKey, Page
from servicekit.upstream import UpstreamResponse

Item = TypeVar("Item")

_MOST_REQUESTS: Final = 5
"""Most GitHub pages read for one page of results, if most of their records are hidden."""
_LEAST_FILTERED: Final = 50
_LAST_PAGE: Final = 1000
_LARGEST_PAGE: Final = 100
_MOST_PAGES: Final = 10
_NEXT_ADDRESS: Final = re.compile(r'<([^<>]{1,2000})>[^,<]*;\s*rel="?next\b', re.IGNORECASE)
_NEXT: Final = re.compile(r';\s*rel="?next\b', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fetched(Generic[Item]):
    """One page of GitHub's; hidden records are None.

    Attributes:
        more: whether another page follows; None if only the next page can tell.
        notice: a remark on the records, for the result.
    """

    items: list[Item | None]
    more: bool | None
    notice: str | None = None


Fetch = Callable[[int, int], Awaitable[Fetched[Item]]]
"""Fetches one page by its number, from 1, and size."""


async def collect(fetch: Fetch[Item], limit: int, cursor: CursorKey | None, *, filtered: bool = False) -> Page[Item]:
    """A page of at most `limit` records after `cursor`.

    Args:
        filtered: some records will be hidden, so larger pages are fetched.
    """
    number, skip, size = _begin(cursor, max(limit, _LEAST_FILTERED) if filtered else limit)
    found: list[Item] = []
    places: dict[int, tuple[int, int, int]] = {}
    more: bool | None = True
    notice = None
    for _ in range(_MOST_REQUESTS):
        page = await fetch(number, size)
        notice = notice or page.notice
        for index, item in enumerate(page.items[skip:], start=skip + 1):
            if item is None:
                continue
            if len(found) == limit:
                return Page(found, limit, key=lambda one: places[id(one)], notice=notice, more=True)
            found.append(item)
            places[id(item)] = (number, index, size)
        number, skip, more = number + 1, 0, page.more if number < _LAST_PAGE else False
        if more is False or len(found) == limit:
            break
    if more is None:
        more = bool((await fetch(number, size)).items)
    if more and not found:
        notice = f"None of the first {_MOST_REQUESTS * size} results are visible to you. Narrow the search or filters."
    return Page(found, limit, key=lambda one: places[id(one)], notice=notice, more=more)


async def everything(fetch: Fetch[Item], first: int = 1) -> list[Item]:
    """All records of a short list, such as the jobs of a run: at most a thousand, from page `first` of 100 records."""
    found: list[Item] = []
    for number in range(first, first + _MOST_PAGES):
        page = await fetch(number, _LARGEST_PAGE)
        found += [item for item in page.items if item is not None]
        if page.more is False:
            break
    return found


def fetched(
    reply: UpstreamResponse, items: Sequence[Item | None], size: int, notice: str | None = None
) -> Fetched[Item]:
    """A page, and whether its `Link` header names a next one (RFC 8288 §3).

    Some servers omit the header, and GitHub omits it if one page holds everything; after a full page without it, only
    the next page can tell.
    """
    link = reply.headers.get("link")
    if link is not None:
        return Fetched([*items], _NEXT.search(link) is not None, notice)
    return Fetched([*items], None if len(items) >= size else False, notice)


def next_address(reply: UpstreamResponse) -> str | None:
    """The address of the next page, for lists that are paged by cursors; None if there is none."""
    found = _NEXT_ADDRESS.search(reply.headers.get("link", ""))
    return found[1] if found else None


def _begin(cursor: CursorKey | None, size: int) -> tuple[int, int, int]:
    if cursor is None:
        return 1, 0, size
    number, skip, kept_size = cursor
    return int(number), int(skip), int(kept_size)

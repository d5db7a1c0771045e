"""GitHub's pages as ours: records that may not be shown left out, and a place to go on from after each."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from servicekit.schema import CursorKey, Page
from servicekit.upstream import UpstreamResponse

Item = TypeVar("Item")

_MOST_REQUESTS: Final = 5
"""Pages of GitHub's that one of ours may take, where most of what they hold may not be shown."""
_LEAST_FILTERED: Final = 50
_LAST_PAGE: Final = 1000
_LARGEST_PAGE: Final = 100
_MOST_PAGES: Final = 10
_NEXT: Final = re.compile(r';\s*rel="?next\b', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fetched(Generic[Item]):
    """One page as GitHub sent it; a record that may not be shown is None.

    Attributes:
        more: others follow; None where only the next page can tell.
        notice: what is to be said about them.
    """

    items: list[Item | None]
    more: bool | None
    notice: str | None = None


Fetch = Callable[[int, int], Awaitable[Fetched[Item]]]
"""Gets one page: its number, from 1, and its size."""


async def collect(fetch: Fetch[Item], limit: int, cursor: CursorKey | None, *, filtered: bool = False) -> Page[Item]:
    """A page of at most `limit` records, beginning after `cursor`.

    Args:
        filtered: records are left out, so larger pages are asked for.
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
        notice = (
            f"Nothing that you may see is among the first {_MOST_REQUESTS * size} results. Ask for something narrower."
        )
    return Page(found, limit, key=lambda one: places[id(one)], notice=notice, more=more)


async def everything(fetch: Fetch[Item], first: int = 1) -> list[Item]:
    """All records of a list that GitHub keeps short, such as the jobs of a run: at most a thousand, from page `first`
    of a hundred on."""
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

    Not every server sends the header, and GitHub leaves it out where one page holds everything: whether others follow a
    full page is not said then.
    """
    link = reply.headers.get("link")
    if link is not None:
        return Fetched([*items], _NEXT.search(link) is not None, notice)
    return Fetched([*items], None if len(items) >= size else False, notice)


def _begin(cursor: CursorKey | None, size: int) -> tuple[int, int, int]:
    if cursor is None:
        return 1, 0, size
    number, skip, kept_size = cursor
    return int(number), int(skip), int(kept_size)

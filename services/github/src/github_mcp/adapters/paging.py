"""GitHub's pages as ours: records that may not be shown left out, and a place to go on from after each."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from servicekit.results import Page, Position
from servicekit.upstream.replies import UpstreamReply

Item = TypeVar("Item")

_MOST_REQUESTS: Final = 5
"""Pages of GitHub's that one of ours may take, where most of what they hold may not be shown."""
_LEAST_FILTERED: Final = 50
_LAST_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Fetched(Generic[Item]):
    """One page as GitHub sent it; a record that may not be shown is None.

    Attributes:
        more: others follow.
    """

    items: list[Item | None]
    more: bool


Fetch = Callable[[int, int], Awaitable[Fetched[Item]]]
"""Gets one page: its number, from 1, and its size."""


async def collect(fetch: Fetch[Item], limit: int, cursor: Position | None, *, filtered: bool = False) -> Page[Item]:
    """A page of at most `limit` records, beginning after `cursor`.

    Args:
        filtered: records are left out, so larger pages are asked for.
    """
    number, skip, size = _begin(cursor, max(limit, _LEAST_FILTERED) if filtered else limit)
    found: list[Item] = []
    places: dict[int, tuple[int, int, int]] = {}
    more = True
    for _ in range(_MOST_REQUESTS):
        page = await fetch(number, size)
        for index, item in enumerate(page.items[skip:], start=skip + 1):
            if item is None:
                continue
            if len(found) == limit:
                return Page(found, limit, key=lambda one: places[id(one)], more=True)
            found.append(item)
            places[id(item)] = (number, index, size)
        number, skip, more = number + 1, 0, page.more and number < _LAST_PAGE
        if not more or len(found) == limit:
            break
    notice = None
    if more and not found:
        notice = (
            f"Nothing that you may see is among the first {_MOST_REQUESTS * size} results. Ask for something narrower."
        )
    return Page(found, limit, key=lambda one: places[id(one)], notice=notice, more=more)


def has_more(reply: UpstreamReply) -> bool:
    """Whether GitHub's `Link` header names a next page (RFC 8288)."""
    return 'rel="next"' in reply.headers.get("link", "")


def _begin(cursor: Position | None, size: int) -> tuple[int, int, int]:
    if cursor is None:
        return 1, 0, size
    number, skip, kept_size = cursor
    return int(number), int(skip), int(kept_size)

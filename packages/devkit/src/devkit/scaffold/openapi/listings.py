"""How the pages of a list follow each other, where a description shows it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from devkit.scaffold.openapi.results import Rows
from devkit.simulators.openapi.description import Description, Node, Unresolvable, mapping_of

_SIZES: Final = frozenset(
    [
        "limit",
        "perpage",
        "pagesize",
        "size",
        "count",
        "maxresults",
        "maxitems",
        "top",
        "take",
        "pagelimit",
        "resultsperpage",
        "itemsperpage",
        "paginationlimit",
    ]
)
_PAGES: Final = frozenset({"page", "pagenumber", "pageno", "pageindex", "paginationpage"})
_OFFSETS: Final = frozenset({"offset", "skip", "start", "startindex", "startat"})
_TOKENS: Final = frozenset(
    {"cursor", "pagetoken", "nexttoken", "continuationtoken", "continuation", "marker", "nextcursor", "next"}
)
_FOLLOWING: Final = frozenset(
    {"nextcursor", "nextpagetoken", "nexttoken", "continuationtoken", "continuation", "nextmarker", "endcursor"}
)
_MORE: Final = frozenset({"hasmore", "hasnext", "hasnextpage", "more"})
_TOTALS: Final = frozenset({"total", "totalcount", "totalresults", "totalitems", "totalrecords"})
_INSIDE: Final = frozenset({"meta", "metadata", "pagination", "paging", "pageinfo", "responsemetadata"})
MOST_ROWS: Final = 100
"""Records that are requested from the API at once."""
_USUAL_ROWS: Final = 20


@dataclass(frozen=True)
class Listing:
    """The pages of a list, as the constant of a tool has them.

    Attributes:
        rows: the path to the records in a response.
        wrap: the name that each record gets which is no object.
        start: the query parameter that chooses a page.
        kind: what it is: ``page``, ``offset``, ``token`` or ``after``; empty without pages.
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
    kind: str = ""
    first: int | None = None
    size: tuple[str, int] | None = None
    full: bool = False
    following: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    total: tuple[str, ...] = ()

    @property
    def parameters(self) -> frozenset[str]:
        """The query parameters that the pages use, which are no arguments of the tool."""
        return frozenset(filter(None, (self.start, self.size[0] if self.size else "")))


def listing_of(description: Description, rows: Rows, parameters: list[Node]) -> Listing:
    """The pages of a list, from the names of its query parameters and of the properties beside its records.

    Raises:
        Unresolvable: a reference cannot be followed.
    """
    query = {
        str(one["name"]): description.schema(one.get("schema"))
        for one in parameters
        if one.get("in") == "query" and isinstance(one.get("name"), str)
    }
    listing = replace(Listing(rows=rows.path), **_beside(description, rows.envelope))
    for name, schema in query.items():
        if _folded(name) in _SIZES and schema.get("type") == "integer" and listing.size is None:
            most = _size(schema)
            listing = replace(listing, size=(name, most or _USUAL_ROWS), full=most is not None)
    whole = {name: schema for name, schema in query.items() if schema.get("type") == "integer"}
    page = next((name for name in whole if _folded(name) in _PAGES), None)
    offset = next((name for name in whole if _folded(name) in _OFFSETS), None)
    token = next((name for name in query if _folded(name) in _TOKENS and name not in whole), None)
    if token is not None and listing.following:
        return replace(listing, start=token, kind="token")
    if "starting_after" in query and listing.more:
        return replace(listing, start="starting_after", kind="after")
    if page is not None:
        return replace(listing, start=page, kind="page", first=_first(whole[page]))
    if offset is not None:
        return replace(listing, start=offset, kind="offset", first=0)
    return listing


def _beside(description: Description, envelope: Mapping[str, Any]) -> dict[str, Any]:
    """The paths to token, flag and total."""
    found: dict[str, Any] = {}

    def look(properties: Mapping[str, Any], before: tuple[str, ...]) -> None:
        for name, node in properties.items():
            try:
                schema = description.schema(node)
            except Unresolvable:
                continue
            folded, kind, path = _folded(str(name)), schema.get("type"), (*before, str(name))
            if not re.fullmatch(r"[\x20-\x7e]{1,100}", str(name)):
                continue
            if folded in _FOLLOWING and kind == "string":
                found.setdefault("following", path)
            elif folded in _MORE and kind == "boolean":
                found.setdefault("more", path)
            elif folded in _TOTALS and kind == "integer":
                found.setdefault("total", path)
            elif folded in _INSIDE and not before:
                look(mapping_of(schema.get("properties")), path)

    look(envelope, ())
    return found


def _size(schema: Node) -> int | None:
    """The records to request: the most that the API gives, else what it gives by default; None if it says neither."""
    most, default = schema.get("maximum"), schema.get("default")
    if isinstance(most, int) and not isinstance(most, bool) and most > 0:
        return min(most, MOST_ROWS)
    is_known = isinstance(default, int) and not isinstance(default, bool) and 0 < default <= MOST_ROWS
    return default if is_known else None


def _first(schema: Node) -> int:
    for key in ("minimum", "default"):
        if schema.get(key) in (0, 1) and not isinstance(schema[key], bool):
            return int(schema[key])
    return 1


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())

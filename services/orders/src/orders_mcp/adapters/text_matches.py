"""What the words of a search text match, counted before the search: statistics cannot estimate it for several words."""

from collections.abc import Iterable, Sequence

from orders_mcp.ports.search import FEW, Matches, Products, Terms
from servicekit.storage.postgres.database import Database
from servicekit.storage.search_terms import LAST_CHARACTER
from servicekit.storage.where_clause import WhereClause

MOST_PRODUCTS = 1000

_RANGE = "SELECT {key} FROM orders.{table} WHERE term >= {first} AND term <= {last}"
_COUNT = "(SELECT count(*) FROM ({matches} LIMIT {limit}) AS m)"
# A tracking number is unique to a carrier for some months only.
_PARCELS = "ARRAY(SELECT DISTINCT order_id::text FROM orders.shipments WHERE tracking_number = ANY ({}) LIMIT 100)"
_ITEMS = "SELECT FROM orders.order_items WHERE sku = ANY (ARRAY(SELECT sku FROM p))"
WORDS_FOUND = """
SELECT
    EXISTS (SELECT FROM orders.customer_terms AS t WHERE t.term >= w.first AND t.term <= w.last),
    EXISTS (SELECT FROM orders.product_terms AS t WHERE t.term >= w.first AND t.term <= w.last)
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (first, last, place)
ORDER BY w.place
"""


def bind_ranges(conditions: WhereClause, prefixes: Iterable[str]) -> list[dict[str, str]]:
    """The first and last term of each prefix as placeholders."""
    return [{"first": conditions.bind(prefix), "last": conditions.bind(prefix + LAST_CHARACTER)} for prefix in prefixes]


def with_all(ranges: Iterable[dict[str, str]], table: str, key: str) -> str:
    """SQL of the keys that have a term in every range."""
    return " INTERSECT ".join(_RANGE.format(table=table, key=key, **one) for one in ranges)


def matches_statement(prefixes: Sequence[str], tracking: Sequence[str]) -> tuple[str, list[object]]:
    """SQL and arguments of `OrderFinder.matches`. The text depends on the number of prefixes alone."""
    conditions = WhereClause(list(tracking))
    ranges = bind_ranges(conditions, prefixes)
    parts = {
        "customers": _COUNT.format(matches=with_all(ranges, "customer_terms", "customer_id"), limit=FEW + 1),
        "addresses": _COUNT.format(matches=with_all(ranges, "order_terms", "order_id"), limit=FEW + 1),
        "products": with_all(ranges, "product_terms", "sku"),
        "items": _COUNT.format(matches=_ITEMS, limit=FEW + 1),
        "parcels": _PARCELS.format("$1::text[]"),
    }
    return (
        "WITH p AS MATERIALIZED ({products} LIMIT {most}) SELECT {customers} AS customers, {addresses} AS addresses, "
        "ARRAY(SELECT sku FROM p) AS skus, {items} AS items, {parcels} AS parcels"
    ).format(**parts, most=MOST_PRODUCTS), conditions.values


class TextMatches:
    """`OrderFinder` without `search`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def matches(self, prefixes: Sequence[str], tracking: Sequence[str] = ()) -> Matches:
        statement, values = matches_statement(prefixes, tracking)
        row = await self._database.fetchrow(statement, *values)
        if row is None:
            raise LookupError("the counts of matches are missing")
        words = tuple(prefixes)
        return Matches(
            Terms(words, row["customers"]),
            Terms(words, row["addresses"]),
            Products(tuple(row["skus"]), row["items"]),
            tuple(row["parcels"]),
        )

    async def words_found(self, prefixes: Sequence[str]) -> list[tuple[bool, bool]]:
        lasts = [prefix + LAST_CHARACTER for prefix in prefixes]
        rows = await self._database.fetch(WORDS_FOUND, list(prefixes), lasts)
        return [(row[0], row[1]) for row in rows]

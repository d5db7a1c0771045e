"""Queries for one customer and for e-mail completions."""

from orders_mcp.adapters.references import CustomerKey, customer_key
from orders_mcp.models.customers import Customer
from servicekit.storage.postgres.database import Database
from servicekit.storage.search_terms import LAST_CHARACTER

_CUSTOMER = """
SELECT json_build_object(
    'id', c.id, 'email', c.email, 'name', c.name, 'company', c.company, 'phone', c.phone,
    'address', c.address, 'region', c.region, 'since', c.created_at,
    'order_count', placed.order_count, 'last_order_at', placed.last_order_at, 'spent', placed.spent,
    'spent_before_refunds', placed.gross, 'refunded', placed.refunded)
FROM orders.customers AS c
CROSS JOIN LATERAL (
    SELECT
        coalesce(sum(own.orders), 0) AS order_count,
        max(own.last_order_at) AS last_order_at,
        coalesce(json_agg(orders.money(own.gross_minor - own.refunded_minor, own.currency) ORDER BY own.currency)
                 FILTER (WHERE own.gross_minor IS NOT NULL), '[]') AS spent,
        coalesce(json_agg(orders.money(own.gross_minor, own.currency) ORDER BY own.currency)
                 FILTER (WHERE own.gross_minor IS NOT NULL), '[]') AS gross,
        coalesce(json_agg(orders.money(own.refunded_minor, own.currency) ORDER BY own.currency)
                 FILTER (WHERE own.refunded_minor > 0), '[]') AS refunded
    FROM (
        SELECT o.currency, count(*) AS orders, max(o.placed_at) AS last_order_at,
            sum(o.total_minor) FILTER (WHERE o.status NOT IN ('draft', 'cancelled'))::bigint AS gross_minor,
            coalesce(sum(r.amount_minor) FILTER (WHERE o.status NOT IN ('draft', 'cancelled')), 0)::bigint
                AS refunded_minor
        FROM orders.orders AS o
        LEFT JOIN LATERAL (
            SELECT sum(x.amount_minor) AS amount_minor FROM orders.refunds AS x
            WHERE x.tenant_id = o.tenant_id AND x.order_id = o.id AND x.status <> 'failed'
        ) AS r ON true
        WHERE o.tenant_id = c.tenant_id AND o.customer_id = c.id
        GROUP BY o.currency
    ) AS own
) AS placed
"""
CUSTOMER: dict[CustomerKey, str] = {"id": f"{_CUSTOMER} WHERE c.id = $1", "email": f"{_CUSTOMER} WHERE c.email = $1"}

EMAILS = "SELECT email FROM orders.customers WHERE email >= $1 AND email <= $2 ORDER BY email LIMIT $3"


class CustomerQueries:
    """`CustomerReader` without `orders_of_customer`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def customer(self, reference: str) -> Customer | None:
        key, value = customer_key(reference)
        document = await self._database.fetchval(CUSTOMER[key], value)
        return None if document is None else Customer.model_validate_json(document)

    async def emails(self, prefix: str, count: int) -> list[str]:
        rows = await self._database.fetch(EMAILS, prefix, prefix + LAST_CHARACTER, count)
        return [row[0] for row in rows]

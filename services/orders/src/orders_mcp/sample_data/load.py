"""Loads the sample data."""

from collections.abc import Iterator

from orders_mcp.models.search_terms import product_terms
from orders_mcp.sample_data.customers import CustomerSeed, customer
from orders_mcp.sample_data.orders import OrderRows, order
from orders_mcp.sample_data.plan import Plan
from orders_mcp.sample_data.price_lists import SHOP_CURRENCY, price_lists, prices, tax_rates
from orders_mcp.sample_data.products import Product, products
from orders_mcp.sample_data.returns import LINE_COLUMNS, RETURN_COLUMNS, Returns
from orders_mcp.sample_data.stock import Store, locations
from orders_mcp.sample_data.vocabulary import TIME_ZONES
from servicekit.sample_data.loading import Advance, Loader, SampleLoader, in_batches
from servicekit.sample_data.plan import TENANTS

# In an order that references allow.
TABLES = (
    "tenants", "locations", "price_lists", "tax_rates", "customers", "customer_terms", "products", "product_terms",
    "prices", "inventory", "inventory_adjustments", "orders", "order_terms", "order_items", "payments",
    "refund_requests", "refund_lines", "refunds", "shipments", "shipment_lines", "returns", "return_lines",
    "order_events", "reservations",
)  # fmt: skip
# Every column except the generated one, in the order of the rows.
_ORDER_COLUMNS = (
    "tenant_id", "id", "number", "customer_id", "status", "currency", "subtotal_minor", "discount_minor",
    "shipping_fee_minor", "tax_minor", "total_minor", "region", "shipping_address", "notes", "cancellation_reason",
    "placed_at", "updated_at", "version", "channel", "price_list", "discount_percent", "discount_reason",
)  # fmt: skip


_TENANT_COLUMNS = ("id", "name", "next_order_number", "created_at", "time_zone", "currency")
_REQUEST_COLUMNS = (
    "tenant_id", "id", "order_id", "status", "currency", "amount_minor", "items_minor", "discount_minor",
    "shipping_minor", "tax_minor", "reason", "note", "restock_location", "requested_by", "requested_at", "expires_at",
    "decided_by", "decided_at", "decision_note", "version",
)  # fmt: skip
_CUSTOMER_COLUMNS = (
    "tenant_id", "id", "email", "name", "address", "region", "created_at", "version", "phone", "company", "price_list",
)  # fmt: skip


async def _fill(load: Loader, plan: Plan, advance: Advance, batch: int) -> None:
    for tenant, (identifier, name) in enumerate(TENANTS):
        row = (identifier, name, plan.count_of(tenant) + 1, plan.start, TIME_ZONES[identifier], SHOP_CURRENCY)
        await load.copy("tenants", [row], _TENANT_COLUMNS)
        await load.copy("locations", locations(identifier))
        await load.copy("price_lists", price_lists(identifier))
        await load.copy("tax_rates", tax_rates(identifier))
    customers = [await _load_customers(load, plan, tenant) for tenant in range(len(TENANTS))]
    products_by_tenant = [await _load_products(load, plan, tenant) for tenant in range(len(TENANTS))]
    stores = {identifier: Store(plan, tenant) for tenant, (identifier, _) in enumerate(TENANTS)}
    returns = {identifier: Returns(plan) for identifier, _ in TENANTS}
    for rows in in_batches(_generate_orders(plan, customers, products_by_tenant), batch):
        await load.copy("orders", [row.order for row in rows], _ORDER_COLUMNS)
        await load.copy("order_terms", [term for row in rows for term in row.terms])
        await load.copy("order_items", [item for row in rows for item in row.items])
        await load.copy("payments", [payment for row in rows for payment in row.payments])
        await load.copy(
            "refund_requests", [request for row in rows for request in row.refund_requests], _REQUEST_COLUMNS
        )
        await load.copy("refund_lines", [line for row in rows for line in row.refund_lines])
        await load.copy("refunds", [refund for row in rows for refund in row.refunds])
        await load.copy("shipments", [shipment for row in rows for shipment in row.shipments])
        await load.copy("shipment_lines", [line for row in rows for line in row.shipment_lines])
        await load.copy("order_events", [event for row in rows for event in row.events])
        for made in rows:
            stores[made.order[0]].reserve(made.order, made.items)
            returns[made.order[0]].ask(made)
        advance(len(rows))
    for store in stores.values():
        await load.copy("inventory", store.inventory())
        await load.copy("inventory_adjustments", store.ledger)
        await load.copy("reservations", store.reservations)
    for asked in returns.values():
        await load.copy("returns", asked.rows, RETURN_COLUMNS)
        await load.copy("return_lines", asked.lines, LINE_COLUMNS)


def _generate_orders(
    plan: Plan, customers: list[list[CustomerSeed]], products_by_tenant: list[list[Product]]
) -> Iterator[OrderRows]:
    for index in range(plan.size):
        tenant, _ = plan.tenant_of(index)
        yield order(plan, index, customers[tenant], products_by_tenant[tenant])


async def _load_customers(load: Loader, plan: Plan, tenant: int) -> list[CustomerSeed]:
    customers = (customer(plan, tenant, index) for index in range(plan.customers_of(tenant)))
    seeds: list[CustomerSeed] = []
    for batch in in_batches(customers):
        seeds.extend(seed for seed, _, _ in batch)
        await load.copy("customers", [row for _, row, _ in batch], _CUSTOMER_COLUMNS)
        await load.copy("customer_terms", [term for _, _, terms in batch for term in terms])
    return seeds


async def _load_products(load: Loader, plan: Plan, tenant: int) -> list[Product]:
    tenant_id = TENANTS[tenant][0]
    found = products(plan, tenant)
    rows = [(tenant_id, product.sku, product.name, product.category, 1) for product in found]
    await load.copy("products", rows)
    terms = ((product.sku, product_terms(product.sku, product.name, product.category)) for product in found)
    await load.copy("product_terms", [(tenant_id, term, sku) for sku, own in terms for term in sorted(own)])
    await load.copy("prices", prices(tenant_id, found))
    return found


load_plan = SampleLoader("orders", TABLES, _fill)

"""The orders server's composition root: adapters, toolsets, resources, prompts and completions."""

from orders_mcp.adapters.order_writer import PostgresOrderWriter
from orders_mcp.adapters.postgres import PostgresOrders
from orders_mcp.adapters.stock_writer import PostgresStockWriter
from orders_mcp.completions import OrderCompletions
from orders_mcp.identity import IDENTITY
from orders_mcp.models.sales_csv import CSV_TEMPLATE
from orders_mcp.models.scopes import READ
from orders_mcp.models.toolsets import LISTED
from orders_mcp.ports.orders import Orders
from orders_mcp.prompts import OrderPrompts
from orders_mcp.resources import OrderResources
from orders_mcp.settings import OrdersSettings
from orders_mcp.tools.reports import ReportTools
from orders_mcp.toolsets.changes import changes
from orders_mcp.toolsets.customers import customers
from orders_mcp.toolsets.fulfilment import fulfilment
from orders_mcp.toolsets.lists import lists
from orders_mcp.toolsets.orders import orders
from orders_mcp.toolsets.registration import OrdersPorts
from orders_mcp.toolsets.reports import reports
from orders_mcp.toolsets.returns import returns
from orders_mcp.toolsets.stock import stock
from servicekit.journal.postgres import PostgresJournal
from servicekit.registry import completion, prompt, resource
from servicekit.server import Service
from servicekit.storage.postgres.serving_roles import reader_and_writer
from servicekit.storage.redis.store import redis_store

SCHEMA = "orders"


def build(settings: OrdersSettings, shop: Orders | None = None) -> Service:
    """Build the server. `shop` replaces the Postgres reads, for tests."""
    store = redis_store(settings)
    reader, writer = reader_and_writer(settings, SCHEMA, store)
    shop = shop or PostgresOrders(reader)
    ports = OrdersPorts(shop, PostgresOrders(writer), PostgresOrderWriter(writer), PostgresStockWriter(writer))
    resources, prompts, completions = OrderResources(shop), OrderPrompts(), OrderCompletions(shop)
    sales = ReportTools(shop)
    return Service(
        settings=settings,
        identity=IDENTITY,
        journal=PostgresJournal(writer, schema=SCHEMA),
        components=[reader, writer],
        store=store,
        toolsets=LISTED,
        tools=[
            *orders(ports),
            *customers(ports),
            *stock(ports),
            *reports(ports),
            *changes(ports),  # drafts, notes, cancellations, refunds
            *fulfilment(ports),  # parcels
            *returns(ports),
            *lists(ports),  # returns, refunds and parcels of all orders
        ],
        resources=[
            resource("order://{order_id}", resources.order, scope=READ, toolset="orders", title="An order"),
            resource(
                "customer://{customer_id}", resources.customer, scope=READ, toolset="customers", title="A customer"
            ),
            resource(CSV_TEMPLATE, sales.sales_csv, scope=READ, toolset="reports", mime_type="text/csv", title="Sales"),
            resource("policy://refunds", resources.refund_policy, scope=READ, mime_type="text/markdown"),
            resource("schema://orders", resources.domain_schema, scope=READ, mime_type="text/markdown"),
        ],
        prompts=[
            prompt(prompts.where_is_my_order, scope=READ, toolset="orders"),
            prompt(prompts.refund_request, scope=READ, toolset="orders"),
            prompt(prompts.daily_sales_brief, scope=READ, toolset="reports"),
            prompt(prompts.exception_review, scope=READ, toolset="orders"),
        ],
        completions=[
            completion("status", completions.status, scope=READ),
            completion("order_id", completions.order_number, scope=READ),
            completion("customer_id", completions.customer_email, scope=READ),
        ],
    )

"""The port `Orders` on Postgres: each call is one statement, in one round trip, of the current caller's tenant."""

from orders_mcp.adapters.customer_queries import CustomerDocuments
from orders_mcp.adapters.order_queries import OrderDocuments
from orders_mcp.adapters.order_search import OrderSearch
from orders_mcp.adapters.report_queries import ReportDocuments
from orders_mcp.adapters.stock_queries import StockDocuments


class PostgresOrders(OrderSearch, OrderDocuments, CustomerDocuments, StockDocuments, ReportDocuments):
    """Everything this service reads, from one `Database`."""

"""The port `Orders` on Postgres: each call is one statement, in one round trip, of the current caller's tenant."""

from orders_mcp.adapters.customer_queries import CustomerQueries
from orders_mcp.adapters.order_queries import OrderQueries
from orders_mcp.adapters.order_search import OrderSearch
from orders_mcp.adapters.report_queries import ReportQueries
from orders_mcp.adapters.stock_queries import StockQueries


class PostgresOrders(OrderSearch, OrderQueries, CustomerQueries, StockQueries, ReportQueries):
    """Everything this service reads, from one `Database`."""

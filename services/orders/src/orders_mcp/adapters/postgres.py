"""The read port `Orders` on Postgres. Each method is one statement, limited to the caller's tenant."""

from orders_mcp.adapters.approval_queries import ApprovalQueries
from orders_mcp.adapters.customer_queries import CustomerQueries
from orders_mcp.adapters.list_queries import ListQueries
from orders_mcp.adapters.order_queries import OrderQueries
from orders_mcp.adapters.order_search import OrderSearch
from orders_mcp.adapters.report_queries import ReportQueries
from orders_mcp.adapters.return_queries import ReturnQueries
from orders_mcp.adapters.stock_queries import StockQueries
from orders_mcp.adapters.time_zone import TimeZoneQuery


class PostgresOrders(
    OrderSearch,
    ApprovalQueries,
    OrderQueries,
    ReturnQueries,
    ListQueries,
    CustomerQueries,
    StockQueries,
    ReportQueries,
    TimeZoneQuery,
):
    """`Orders` on one `Database`."""

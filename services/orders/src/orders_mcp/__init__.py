"""Orders MCP server: customers, orders, payments, shipments and stock on Postgres."""

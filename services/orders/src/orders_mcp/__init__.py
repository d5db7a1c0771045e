"""The orders server: customers, orders, payments, shipments and stock, read from Postgres."""

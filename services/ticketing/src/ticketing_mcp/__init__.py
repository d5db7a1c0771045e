"""Ticketing MCP server: queues, tickets, conversations, service levels and history on Postgres."""

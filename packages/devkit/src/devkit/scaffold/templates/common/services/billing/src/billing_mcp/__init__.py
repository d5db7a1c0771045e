"""Billing MCP server: search, read and archive invoices."""

"""Zendesk's REST API: accounts, credentials, limits, errors."""

"""Toolsets: groups of tools that operators and clients select."""

from typing import Literal

Toolset = Literal["orders", "customers", "stock", "reports", "changes", "fulfilment", "returns", "lists"]
LISTED: tuple[Toolset, ...] = ("orders", "customers", "stock", "reports", "changes", "fulfilment", "returns")
"""Those that clients get by default: their tools fit into 5 000 tokens of a prompt."""

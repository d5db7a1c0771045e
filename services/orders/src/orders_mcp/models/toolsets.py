"""Toolsets: groups of tools that operators and clients select."""

from typing import Literal

Toolset = Literal["orders", "customers", "stock", "reports", "changes", "fulfilment", "returns"]

"""Toolsets: groups of tools that operators and clients select."""

from typing import Literal

Toolset = Literal["forecasts", "history", "environment", "planning", "places"]

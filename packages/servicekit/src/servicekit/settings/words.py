"""Settings that are lists of words."""

from typing import Annotated, Any

from pydantic import Field
from pydantic_settings import NoDecode

from servicekit.telemetry.tenants import MOST as MOST_TENANTS

Words = Annotated[tuple[str, ...], NoDecode]
"""A list in one variable, separated by spaces or commas."""


def split_words(value: object) -> object:
    """The words of a text; another value as it is."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


TOOLSETS: Any = Field(
    ("default",),
    description="Toolsets to offer: all, names, or default. With default, clients may choose any with X-MCP-Toolsets; "
    "with names, only those.",
)
"""The setting of the toolsets, which a service declares again with the names of its own."""
METRICS_TENANTS: Any = Field(
    (), max_length=MOST_TENANTS, description=f"Tenants, at most {MOST_TENANTS}, whose calls have metrics of their own."
)
"""The setting of the tenants with metrics of their own."""

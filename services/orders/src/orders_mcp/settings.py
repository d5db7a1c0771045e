"""Settings of the orders server."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import NoDecode, SettingsConfigDict

from orders_mcp.models.toolsets import Toolset
from servicekit.settings import TOOLSETS, DatabaseSettings


class OrdersSettings(DatabaseSettings):
    """Database server settings with the prefix ORDERS_."""

    model_config = SettingsConfigDict(env_prefix="ORDERS_")

    port: int = Field(8101, ge=1, le=65535, description="Port to listen on.")
    toolsets: Annotated[tuple[Toolset | Literal["default", "all"], ...], NoDecode] = TOOLSETS

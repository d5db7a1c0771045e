"""Settings of the orders server."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from servicekit.settings import DatabaseSettings


class OrdersSettings(DatabaseSettings):
    """Database server settings with the prefix ORDERS_."""

    model_config = SettingsConfigDict(env_prefix="ORDERS_")

    port: int = Field(8101, ge=1, le=65535, description="Port to listen on.")

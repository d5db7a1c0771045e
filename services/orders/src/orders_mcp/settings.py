"""Settings of this service, on top of those that every server with a database has."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from servicekit.settings import DatabaseSettings


class OrdersSettings(DatabaseSettings):
    """What the orders server can be told."""

    model_config = SettingsConfigDict(env_prefix="ORDERS_")

    port: int = Field(8101, ge=1, le=65535, description="Port to listen on.")

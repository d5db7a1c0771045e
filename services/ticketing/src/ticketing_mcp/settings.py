"""Settings of this service, on top of those that every server with a database has."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from servicekit.settings import DatabaseSettings


class TicketingSettings(DatabaseSettings):
    """What the ticketing server can be told."""

    model_config = SettingsConfigDict(env_prefix="TICKETING_")

    port: int = Field(8102, ge=1, le=65535, description="Port to listen on.")
